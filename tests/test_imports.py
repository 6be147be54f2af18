"""What a command must not import: each of these costs more than the command itself."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parent.parent / "sample_models" / "healthy"
PROBE = """
import sys
from kdoctor.cli import main
try:
    main()
finally:
    print(*sorted({"h5py", "numpy", "pyfive", "keras", "tensorflow", "http.client", "kdoctor.bytecode", "kdoctor.archive.writing"} & {*sys.modules}), file=sys.stderr)
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("checks",),
        ("inspect", str(SAMPLES / "not_compiled.keras")),
        ("inspect", str(SAMPLES / "not_compiled__keras_2.h5")),
        ("inspect", "--format", "json", str(SAMPLES / "not_compiled.keras")),
    ],
    ids=lambda arguments: " ".join(Path(argument).name for argument in arguments),
)
def test_a_command_that_needs_no_numbers_and_no_network_imports_no_library_of_either(arguments: tuple[str, ...]) -> None:
    done = subprocess.run([sys.executable, "-c", PROBE, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    assert {*done.stderr.split()} == set()


def test_a_repair_that_is_only_shown_looks_at_the_numbers_and_brings_nothing_else() -> None:
    arguments = ("fix", str(SAMPLES / "not_compiled.keras"), "--diff")
    done = subprocess.run([sys.executable, "-c", PROBE, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert {*done.stderr.split()} == {"kdoctor.archive.writing", "numpy"}


SELDOM = {
    "kdoctor.recipe_steps", "kdoctor.keras_api.wheel", "kdoctor.saved_model.module", "kdoctor.translate.values", "tarfile", "importlib.resources",
}  # fmt: skip
LOOKING = PROBE.replace(
    '{"h5py", "numpy", "pyfive", "keras", "tensorflow", "http.client", "kdoctor.bytecode", "kdoctor.archive.writing"}', repr(SELDOM)
)


def test_a_look_at_a_healthy_archive_does_not_import_what_cures_and_hub_modules_need() -> None:
    assert repr(SELDOM) in LOOKING
    arguments = ("inspect", "--format", "json", str(SAMPLES / "not_compiled.keras"))
    done = subprocess.run([sys.executable, "-c", LOOKING, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert {*done.stderr.split()} == set()


STARTED = {
    "rich",
    "multiprocessing",
    "pebble",
    "asyncio",
    "fsspec",
    "yaml",
    "distributed",
    "importlib.metadata",
    "zipfile",
    "tarfile",
    "tomllib",
}
CACHED = """
import sys
from kdoctor.cli import main
try:
    main()
finally:
    ours = [name for name in sys.modules if name.startswith(("kdoctor.checks", "kdoctor.archive.", "kdoctor.cli."))]
    print(*sorted(ours), *sorted(STARTED & {*sys.modules}), file=sys.stderr)
""".replace("STARTED", repr(STARTED))


def test_a_scan_that_finds_all_in_its_cache_starts_nobody_and_imports_nothing_that_examines(tmp_path: Path) -> None:
    shutil.copy(SAMPLES / "not_compiled.keras", tmp_path)
    shutil.copy(SAMPLES.parent / "sick" / "lambda_code.keras", tmp_path)
    scan = [sys.executable, "-c", CACHED, "scan", str(tmp_path), "--cache", str(tmp_path / "cache.db")]
    time.sleep(0.2)  # until the files are no longer young
    first, again = (subprocess.run(scan, capture_output=True, text=True, check=False, cwd=tmp_path) for _ in range(2))
    assert (first.returncode, again.returncode) == (1, 1)
    assert "pebble" in first.stderr.split()
    modules = again.stderr.split()
    assert not STARTED & {*modules}
    assert [name for name in modules if name.startswith("kdoctor.checks")] == []
    assert {name for name in modules if name.startswith("kdoctor.cli.")} == {
        f"kdoctor.cli.{name}" for name in ("app", "judging", "options", "outputs", "scan")
    }
    assert {name for name in modules if name.startswith("kdoctor.archive.")} <= {
        "kdoctor.archive.positioned", "kdoctor.archive.remote", "kdoctor.archive.remote.address", "kdoctor.archive.remote.file",
        "kdoctor.archive.remote.listing",
    }  # fmt: skip
