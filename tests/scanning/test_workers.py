"""Workers of a scan: one bad file never stops the rest. The bad ones are made bad by a pack of checks, as anyone can install one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import jsonschema
import pytest

from kdoctor.report.json import schema
from kdoctor.scanning.crew import Batch, Lost
from kdoctor.scanning.job import Examined, Job
from kdoctor.scanning.workers import AHEAD, LARGEST_BATCH, in_order
from kdoctor.target import Target

SAMPLES = Path(__file__).parents[2] / "sample_models"
PACK = '''
import os
import time

from kdoctor.check import Finding, Severity, check
from kdoctor.pointer import Pointer


@check("ZZ001", Severity.ERROR, since="1.0")
def trouble(document, target):
    """A check that does what the file's name says."""
    name = document.file["name"]
    if "dies" in name:
        os._exit(7)
    if "hangs" in name:
        time.sleep(600)
    if "grows" in name:
        bytearray(64 << 30)
    if "crashes" in name:
        raise ZeroDivisionError("division by zero")
    if "lies" in name:
        yield Finding(Pointer("config"), lambda: "no text, and nothing that can be sent to another process")
    yield from ()
'''

Scan: TypeAlias = Callable[..., tuple[int, Any, str]]


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an installed distribution: a module, and the entry point that names it."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "zz_pack.py").write_text(PACK)
    install(folder, "zz_pack", "ZZ")
    return folder


def install(folder: Path, module: str, prefix: str) -> None:
    information = folder / f"{module}-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text(f"[kdoctor.checks]\n{prefix} = {module}\n")


def scan(site: Path | None, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kdoctor", "scan", *map(str, arguments)]
    environment = {**os.environ, **({} if site is None else {"PYTHONPATH": str(site)})}
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, env=environment)


def models(folder: Path, *names: str) -> Path:
    for name in names:
        shutil.copy(SAMPLES / "healthy" / "lambda_code.keras", folder / f"{name}.keras")
    return folder


@pytest.mark.parametrize("cluster", [None, "local"])
def test_a_file_that_dies_hangs_grows_or_crashes_is_unknown_and_the_others_are_examined(
    pack: Path, tmp_path: Path, cluster: str | None
) -> None:
    where = ("--cluster", cluster) if cluster and pytest.importorskip("distributed") else ()
    names = ["a_dies", "b_fine", "c_hangs", "d_grows", "e_fine", "f_crashes", "g_lies", "h_fine"]
    done = scan(pack, models(tmp_path, *names), "-j", 2, "--timeout", 5, "--format", "json", *where)
    assert (done.returncode, done.stderr) == (3, "")
    found = json.loads(done.stdout)
    jsonschema.Draft202012Validator(schema("report")).validate(found)
    assert [Path(report["path"]).stem for report in found["reports"]] == names
    verdicts = {name: report["verdict"] for name, report in zip(names, found["reports"], strict=True)}
    assert verdicts == {name: "healthy" if "fine" in name else "unknown" for name in names}
    told = {name: report["failures"][0]["error"] for name, report in zip(names, found["reports"], strict=True) if report["failures"]}
    assert "died" in told["a_dies"]
    assert "7" in told["a_dies"]
    assert told["c_hangs"] == "not finished after 5 seconds"
    assert "MemoryError" in told["d_grows"]
    assert told["f_crashes"] == "ZeroDivisionError: division by zero"


def test_the_report_is_the_same_byte_for_byte_with_one_worker_and_with_eight() -> None:
    one, eight = (scan(None, SAMPLES / "sick" / "lambda_*", "-j", jobs, "--format", "json") for jobs in (1, 8))
    assert (one.returncode, one.stderr) == (1, "")
    assert one.stdout == eight.stdout


def test_a_pack_that_cannot_be_used_is_told_once_instead_of_examining_anything(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "yy_pack.py").write_text("")
    install(tmp_path / "site", "surely_not_there", "YY")
    done = scan(tmp_path / "site", models(tmp_path, "a"), "-j", 1)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("kdoctor: pack 'YY' (surely_not_there) cannot be imported")
    assert done.stderr.count("\n") == 1


class Listed:
    """A crew that examines nothing: it notes what it is given, and how much of it is on the way at a time."""

    size = 2

    def __init__(self, poison: str = "") -> None:
        self.on_the_way = self.most = 0
        self.poison = poison

    def take(self, places: Sequence[Path]) -> Batch:
        self.on_the_way += len(places)
        self.most = max(self.most, self.on_the_way)
        return Taken(self, places)


class Taken:
    def __init__(self, crew: Listed, places: Sequence[Path]) -> None:
        self.crew, self.places = crew, places

    def result(self) -> list[Examined]:
        self.crew.on_the_way -= len(self.places)
        if any(place.name == self.crew.poison for place in self.places):
            raise Lost("poison")
        return [Examined(place.name, True) for place in self.places]

    def cancel(self) -> None:
        self.crew.on_the_way -= len(self.places)


JOB = Job(Target("3.15.1"))


def test_files_are_asked_for_as_they_are_needed_and_come_back_in_order() -> None:
    crew = Listed()
    names = (Path(str(number)) for number in range(100_000))
    for number, examined in enumerate(in_order(names, crew, JOB)):
        assert examined == str(number)
    assert number == 99_999
    assert crew.most <= AHEAD * crew.size * LARGEST_BATCH


def test_a_batch_that_is_lost_costs_nothing_but_the_file_that_lost_it() -> None:
    names = [Path(str(number)) for number in range(2_000)]
    found = list(in_order(names, Listed("1234"), JOB))
    assert json.loads(found[1234])["failures"] == [{"check": "archive", "error": "poison"}]
    assert [*found[:1234], *found[1235:]] == [str(number) for number in range(2_000) if number != 1234]


def test_a_scan_that_is_left_in_the_middle_leaves_nothing_on_the_way() -> None:
    crew = Listed()
    found = in_order(map(Path, "abcdefghijklmnopqrstuvwxyz"), crew, JOB)
    next(found)
    found.close()
    assert crew.on_the_way == 0


HERE = (*sys.stdlib_module_names, "kdoctor", "pebble", "pyfive", "h5py", "numpy", "sitecustomize", "usercustomize")
HERE_TOO = ("dask", "distributed", "msgpack", "tornado", "cloudpickle", "psutil", "yaml", "toolz")
SCAN = {
    "command": "from kdoctor.cli import main; main()",
    "cluster": "from kdoctor.cli import main; main()",
    "function": "import kdoctor; assert [one.verdict.value for one in kdoctor.scan(['.'], jobs=2, target='keras==3.15.1')] == ['healthy'] * 2",
}


@pytest.mark.parametrize("by", SCAN)
def test_no_module_in_the_folder_that_the_user_stands_in_is_imported(tmp_path: Path, by: str) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    if by == "cluster":
        pytest.importorskip("distributed")
    for name in (*HERE, *HERE_TOO):
        (folder / f"{name}.py").write_text("open('was_run', 'a').write(__name__)")
    models(folder, "a", "b")
    program = tmp_path / "program.py"
    program.write_text(f"if __name__ == '__main__':\n    {SCAN[by]}\n")
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    command = [sys.executable, str(program), "scan", ".", "-j", "2", "--target", "keras==3.15.1"]
    command += ["--cluster", "local"] if by == "cluster" else []
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=inherited)
    assert (done.returncode, done.stderr) == (0, "")
    assert not (folder / "was_run").exists()


def test_the_module_imports_nothing_from_the_folder_that_it_is_started_in(tmp_path: Path) -> None:
    models(tmp_path, "a")
    for name in ("json", "numpy", "typer", "pebble", "pyfive"):
        (tmp_path / f"{name}.py").write_text("open('was_run', 'a').write(__name__)")
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    command = [sys.executable, "-m", "kdoctor", "scan", ".", "-j", "1", "--target", "keras==3.15.1"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env=inherited)
    assert (done.returncode, done.stderr) == (0, "")
    assert not (tmp_path / "was_run").exists()
