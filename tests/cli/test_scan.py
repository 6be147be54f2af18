"""``kdoctor scan`` as a command."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import jsonschema
import keras
import pytest
from cli.command import Run
from remote.servers import web_server

from kdoctor.report.json import schema

# The peak of a command's memory, asked for by a small process: a process inherits the peak of the one that forks it.
PEAK = """
import os, subprocess, sys
scan = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, used = os.wait4(scan.pid, 0)
scan.returncode = os.waitstatus_to_exitcode(status)
print(used.ru_maxrss)
sys.exit(scan.returncode)
"""


def test_a_folder_is_summed_up_in_a_table_of_what_needs_attention(kdoctor: Run, samples: Path) -> None:
    ended = kdoctor("scan", samples / "sick/lambda_code.keras", samples / "healthy/lambda_code.keras", "-j", 1)
    assert (ended.code, ended.err) == (1, "")
    assert "sick" in ended.words
    assert "K401" in ended.words
    assert "1 sick, 1 healthy · 2 files in" in ended.out


def test_a_scan_says_the_same_as_an_inspection(kdoctor: Run, samples: Path) -> None:
    files = [samples / "sick/lambda_reads_global.keras", samples / "healthy/missing_part.h5"]
    scanned, inspected = (kdoctor(command, *files, "--format", "json") for command in ("scan", "inspect"))
    assert (scanned.code, inspected.code) == (1, 1)
    assert scanned.json == inspected.json
    jsonschema.Draft202012Validator(schema("report")).validate(scanned.json)


def test_a_folder_without_models_is_nothing_to_worry_about(kdoctor: Run, tmp_path: Path) -> None:
    ended = kdoctor("scan", tmp_path)
    assert (ended.code, ended.err) == (0, "")
    assert "no model files found" in ended.out
    assert kdoctor("scan", tmp_path, "--format", "json").json["reports"] == []


def test_a_torn_folder_is_no_clean_one_and_tar_archives_are_named(kdoctor: Run, tmp_path: Path, samples: Path) -> None:
    (tmp_path / "torn.keras").mkdir()
    with tarfile.open(tmp_path / "old.tar", "w") as archive:
        archive.add(samples / "sick/lambda_code.keras", "inside.keras")
    ended = kdoctor("scan", tmp_path, "-j", 1)
    assert (ended.code, ended.words.count("unknown")) == (3, 2)  # once in the table, once in its sum
    assert ended.err.startswith("kdoctor: not opened, give by name what may hold models: 1 tar archive (")
    assert kdoctor("scan", tmp_path / "old.tar", "--format", "json").json["totals"]["verdicts"]["sick"] == 1


def test_a_path_that_does_not_exist_is_wrong_usage(kdoctor: Run) -> None:
    ended = kdoctor("scan", "surely_not_there")
    assert (ended.code, ended.out, ended.err) == (2, "", "kdoctor: surely_not_there: no such file or folder\n")


def test_healthy_files_are_listed_on_demand(kdoctor: Run, samples: Path) -> None:
    ended = kdoctor("scan", samples / "healthy/lambda_code.keras", "-j", 1, "--all")
    assert ended.code == 0
    assert "lambda_code.keras" in ended.out


def test_a_warning_fails_a_gate_that_asks_for_it(kdoctor: Run, samples: Path) -> None:
    odd = samples / "sick/not_compiled.keras"
    assert kdoctor("scan", odd, "-j", 1).code == 0
    assert kdoctor("scan", odd, "-j", 1, "--fail-on", "warning").code == 1


def test_no_workers_at_all_are_wrong_usage(kdoctor: Run, samples: Path) -> None:
    assert kdoctor("scan", samples / "healthy", "-j", 0).code == 2


def test_a_second_scan_says_the_same_and_so_does_one_that_goes_on(kdoctor: Run, tmp_path: Path, samples: Path) -> None:
    for name in ("lambda_code.keras", "not_compiled.keras"):
        shutil.copy(samples / "sick" / name, tmp_path / name)
    (tmp_path / "copy").mkdir()
    shutil.copy(tmp_path / "lambda_code.keras", tmp_path / "copy" / "lambda_code.keras")
    time.sleep(0.12)
    asked = ("scan", tmp_path, "--format", "json", "-j", 1)
    first = kdoctor(*asked, "--cache", tmp_path / "cache", "--resume", tmp_path / "journal")
    assert not (tmp_path / "journal").exists()
    assert (first.code, first.err) == (1, "")
    assert first.out == kdoctor(*asked, "--cache", tmp_path / "cache").out == kdoctor(*asked, "--no-cache").out
    assert [Path(report["path"]).parent.name for report in first.json["reports"]] == [tmp_path.name, tmp_path.name, "copy"]


def test_what_lies_on_a_server_is_scanned_and_inspected_like_what_lies_here(kdoctor: Run, tmp_path: Path, samples: Path) -> None:
    pytest.importorskip("aiohttp")
    shutil.copy(samples / "sick/lambda_code.keras", tmp_path / "model.keras")
    with web_server(tmp_path) as server:
        address = f"{server.address.replace('//', '//me:hunter2@')}/model.keras?key=5ecret"
        ended = [kdoctor(command, address, "--format", "json") for command in ("inspect", "scan")]
    (here,) = kdoctor("inspect", tmp_path / "model.keras", "--format", "json").json["reports"]
    for one in ended:
        assert (one.code, one.err) == (1, "")
        assert one.json["reports"] == [{**here, "path": f"{server.address}/model.keras"}]
        assert "ecret" not in one.out


@pytest.mark.skipif(sys.platform == "win32", reason="os.wait4 is POSIX")
def test_what_a_scan_needs_does_not_grow_with_the_number_of_files(samples: Path, tmp_path: Path) -> None:
    """Reports are written and forgotten: 6,000 of them left 17 MB of the encoder's circles behind when nobody looked for such."""

    def peak(count: int) -> float:
        """MiB of the main process."""
        folder = tmp_path / str(count)
        folder.mkdir()
        for number in range(count):
            shutil.copyfile(samples / "healthy/unknown_class.keras", folder / f"{number}.keras")
        command = [sys.executable, "-P", "-m", "kdoctor", "scan", str(folder), "--format", "json", "--jobs", "2"]
        told = subprocess.run([sys.executable, "-c", PEAK, *command], capture_output=True, check=True, text=True).stdout
        return int(told) / (2**20 if sys.platform == "darwin" else 2**10)

    assert peak(6_000) < peak(300) + 6


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_a_map_of_shards_is_looked_at_again_since_its_own_status_tells_nothing_of_them(kdoctor: Run, tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((8,)), *(keras.layers.Dense(8) for _ in range(3))])
    model.save_weights(tmp_path / "model.weights.json", max_shard_size=3e-7)

    def codes() -> list[str]:
        (report,) = kdoctor("scan", tmp_path / "model.weights.json", "--cache", tmp_path / "cache.db", "--format", "json", "-j", 1).json[
            "reports"
        ]
        return [finding["code"] for finding in report["findings"]]

    time.sleep(0.2)  # what was changed a moment ago is not remembered by its status
    assert codes() == codes() == ["K108"]
    (tmp_path / "model_00001.weights.h5").rename(tmp_path / "elsewhere.bin")
    assert "K706" in codes()
    (tmp_path / "elsewhere.bin").rename(tmp_path / "model_00001.weights.h5")
    assert codes() == ["K108"]
