"""How a process that the installed command started ends: at once, but not before what others asked for, and with the exit code that it has."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parents[2] / "sample_models"
HEALTHY, SICK = SAMPLES / "healthy" / "not_compiled.keras", SAMPLES / "sick" / "lambda_code.keras"
ASKED = """
import atexit, sys
from kdoctor.cli import run
atexit.register(print, "asked for")
run()
"""
WORKING = """
import threading, time
from kdoctor.cli import run
def work():
    time.sleep(1)
    print("worked", flush=True)
threading.Thread(target=work).start()
run()
"""


def ended(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("inspect", str(HEALTHY)), 0), (("inspect", str(SICK)), 1), (("inspect",), 2), (("inspect", str(SAMPLES)), 3)],
)
def test_the_end_comes_after_what_others_asked_for_and_with_the_commands_exit_code(arguments: tuple[str, ...], code: int) -> None:
    done = ended(ASKED, *arguments)
    assert done.returncode == code, done.stderr
    assert done.stdout.endswith("asked for\n")


def test_a_thread_that_works_is_waited_for() -> None:
    done = ended(WORKING, "checks")
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("worked\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full is Linux's")
def test_a_report_that_cannot_be_written_is_no_success() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "kdoctor", "inspect", str(HEALTHY)], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode not in (0, 1)
