"""The command line as tests use it: run in this process, or for real in another one."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cli.command import Ended, Run

from kdoctor.cli import main

FOLDER = Path(__file__).parents[2] / "sample_models"


@pytest.fixture
def kdoctor(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run ``kdoctor`` with arguments, in this process."""
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")  # as the command sets it, but for this test alone
    monkeypatch.setenv("PYTHONSAFEPATH", "1")  # as `scan` sets it
    thresholds = gc.get_threshold()

    def run(*arguments: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["kdoctor", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return Ended(int(ended.value.code or 0), out, err)

    yield run
    gc.set_threshold(*thresholds)


@pytest.fixture
def process() -> Run:
    """Run ``python -m kdoctor`` with arguments; keywords go to `subprocess.run`."""

    def run(*arguments: object, **more: Any) -> Ended:
        command = [sys.executable, "-m", "kdoctor", *map(str, arguments)]
        done = subprocess.run(command, **{"capture_output": True, "text": True, "encoding": "utf-8", "check": False, **more})
        return Ended(done.returncode, done.stdout or "", done.stderr or "")

    return run


@pytest.fixture
def sample(tmp_path: Path) -> Callable[[str], Path]:
    """A copy of a sample model that a test may do anything to."""

    def copy(name: str) -> Path:
        path = tmp_path / Path(name).name
        path.write_bytes((FOLDER / name).read_bytes())
        return path

    return copy


@pytest.fixture
def samples() -> Path:
    """The folder of the sample models."""
    return FOLDER
