"""``--format`` and ``--output``: several formats of one run, each whole or not there at all."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
from cli.command import Run

from kdoctor.report.formats import formats
from kdoctor.report.json import schema

FORMATS = [*formats()]


def outputs(folder: Path) -> list[str]:
    return [argument for name in FORMATS for argument in ("--output", f"{name}={folder / name}")]


def test_every_format_is_the_same_byte_for_byte_with_one_worker_and_with_eight(kdoctor: Run, samples: Path, tmp_path: Path) -> None:
    files = sorted((samples / "sick").glob("lambda_c*"))
    printed = {}
    for jobs in (1, 8):
        (tmp_path / str(jobs)).mkdir()
        printed[jobs] = kdoctor("scan", *files, "-j", jobs, "--format", "json", *outputs(tmp_path / str(jobs)))
    assert printed[1] == printed[8]
    assert printed[1].code == 1
    for name in FORMATS:
        one, eight = (tmp_path / str(jobs) / name for jobs in (1, 8))
        assert one.read_bytes() == eight.read_bytes(), name
        assert one.stat().st_size > 0
    assert (tmp_path / "1" / "json").read_text("utf-8") == printed[1].out


def test_an_inspection_says_the_same_formats_as_a_scan(kdoctor: Run, samples: Path, tmp_path: Path) -> None:
    file = samples / "sick/lambda_code.keras"
    for command in ("inspect", "scan"):
        (tmp_path / command).mkdir()
        assert kdoctor(command, file, *outputs(tmp_path / command)).code == 1
    for name in FORMATS:
        assert (tmp_path / "inspect" / name).read_bytes() == (tmp_path / "scan" / name).read_bytes(), name


def test_what_is_printed_and_what_is_written_are_two_things(kdoctor: Run, samples: Path, tmp_path: Path) -> None:
    ended = kdoctor("scan", samples / "healthy/lambda_code.keras", "-j", 1, "--output", f"json={tmp_path / 'a.json'}")
    assert "1 healthy" in ended.out
    assert json.loads((tmp_path / "a.json").read_text("utf-8"))["totals"]["verdicts"]["healthy"] == 1
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_an_empty_folder_gives_a_whole_report_in_every_format(kdoctor: Run, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    assert kdoctor("scan", tmp_path / "models", *outputs(tmp_path)).code == 0
    assert all((tmp_path / name).stat().st_size for name in FORMATS)
    jsonschema.Draft202012Validator(schema("report")).validate(json.loads((tmp_path / "json").read_text("utf-8")))


Wrong = Callable[[Path], tuple[list[str], str]]
WRONG: dict[str, Wrong] = {
    "a format that does not exist": lambda folder: ([f"pdf={folder / 'a'}"], "write FORMAT=PATH"),
    "no path": lambda _: (["json="], "write FORMAT=PATH"),
    "no format": lambda folder: ([str(folder / "a")], "write FORMAT=PATH"),
    "one path twice": lambda folder: ([f"json={folder / 'a'}", f"csv={folder}/./a"], "json is written to that path already"),
    "a folder that does not exist": lambda folder: ([f"json={folder / 'no' / 'a'}"], "there is no folder"),
    "a folder": lambda folder: ([f"json={folder}"], "a folder"),
    "a model": lambda folder: ([f"json={folder / 'model.KERAS'}"], "would take the place of a model"),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_an_output_that_cannot_be_is_told_before_anything_is_examined(kdoctor: Run, samples: Path, tmp_path: Path, wrong: Wrong) -> None:
    texts, message = wrong(tmp_path)
    arguments = [argument for text in texts for argument in ("--output", text)]
    ended = kdoctor("scan", samples / "healthy", *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err
    assert list(tmp_path.iterdir()) == []


def test_an_older_report_is_replaced(kdoctor: Run, samples: Path, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("old")
    assert kdoctor("inspect", samples / "healthy/lambda_code.keras", "--output", f"json={tmp_path / 'a.json'}").code == 0
    assert json.loads((tmp_path / "a.json").read_text("utf-8"))["totals"]["reports"] == 1


def test_no_draft_is_left_where_nothing_could_be_said(kdoctor: Run, samples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("kdoctor.report.csv.each", fail)
    with pytest.raises(RuntimeError):
        kdoctor("inspect", samples / "healthy/lambda_code.keras", "--output", f"csv={tmp_path / 'a.csv'}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="file names are bytes on Linux alone")
def test_a_name_that_is_no_text_is_told_in_every_format(kdoctor: Run, samples: Path, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    name = os.path.join(os.fsencode(tmp_path / "models"), b'\xff<>:"|?*\n.keras')
    Path(os.fsdecode(name)).write_bytes((samples / "sick/lambda_code.keras").read_bytes())
    assert kdoctor("scan", tmp_path / "models", "-j", 1, *outputs(tmp_path)).code == 1
    for format in FORMATS:
        assert "K401" in (tmp_path / format).read_text("utf-8"), format


@pytest.mark.parametrize(("fail_on", "code"), [("none", 0), ("error", 0), ("warning", 1), ("info", 1)])
def test_the_least_severity_that_fails_is_the_users_choice(kdoctor: Run, samples: Path, fail_on: str, code: int) -> None:
    assert kdoctor("inspect", samples / "sick/not_compiled.keras", "--fail-on", fail_on).code == code


def test_what_cannot_be_examined_is_never_let_through(kdoctor: Run, tmp_path: Path) -> None:
    (tmp_path / "gone.keras").symlink_to(tmp_path / "nowhere")
    ended = kdoctor("scan", tmp_path, "-j", 1, "--fail-on", "none", "--format", "json")
    assert ended.code == 3
    (report,) = ended.json["reports"]
    assert (report["verdict"], report["gate"], report["checks"]["passed"]) == ("unknown", "unknown", 0)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_an_interruption_leaves_whole_reports_of_what_was_examined(samples: Path, tmp_path: Path) -> None:
    for number in range(300):
        (tmp_path / f"{number:03}.keras").symlink_to(samples / "sick/lambda_code.keras")
    arguments = ["scan", str(tmp_path), "-j", "1", "--format", "jsonl", "--output", f"json={tmp_path / 'out.json'}"]
    with subprocess.Popen(
        [sys.executable, "-m", "kdoctor", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        seen = [running.stdout.readline() for _ in range(2)]
        time.sleep(0.05)
        running.send_signal(signal.SIGINT)
        rest, _ = running.communicate(timeout=60)
    lines = [json.loads(line) for line in (*seen, *rest.splitlines())]
    assert running.returncode == 130
    assert lines[-1]["complete"] is False
    assert 1 <= lines[-1]["reports"] < 300
    whole = json.loads((tmp_path / "out.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(schema("report")).validate(whole)
    assert whole["totals"] == {key: value for key, value in lines[-1].items() if key != "type"}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_written_to_and_stays_a_pipe(process: Run, samples: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE) as reader:
        assert process("inspect", samples / "healthy/lambda_code.keras", "--output", f"json={pipe}").code == 0
        assert json.loads(reader.communicate(timeout=60)[0])["totals"]["reports"] == 1
    assert pipe.is_fifo()
