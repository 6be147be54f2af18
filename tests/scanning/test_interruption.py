"""A scan that is told to stop ends with a valid report."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from kdoctor.cli.scan import Examination, Tars
from kdoctor.report.json import schema
from kdoctor.scanning.crew import OwnCrew
from kdoctor.scanning.interruption import Interruptible
from kdoctor.target import Target

SAMPLE = Path(__file__).parents[2] / "sample_models/healthy/lambda_code.keras"


def items(at: int, number: signal.Signals) -> Iterator[int]:
    for item in range(10):
        if item == at:
            os.kill(os.getpid(), number)
        yield item


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot send itself these signals there")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_came_before_the_signal_is_kept(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    found = Interruptible(items(3, number))
    assert list(found) == [0, 1, 2]
    assert found.interrupted
    assert signal.getsignal(number) is before


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot send itself these signals there")
def test_a_signal_between_two_items_lets_the_work_on_the_first_end() -> None:
    found = Interruptible(range(10))
    done = []
    for item in found:
        os.kill(os.getpid(), signal.SIGINT)
        done.append(item)
    assert (done, found.interrupted) == ([0], True)


def test_what_ends_by_itself_was_not_interrupted() -> None:
    found = Interruptible(range(3))
    assert (list(found), found.interrupted) == ([0, 1, 2], False)


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to another process there")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_in_the_middle_of_a_scan_leaves_a_valid_partial_report_and_exit_code_130(tmp_path: Path, number: signal.Signals) -> None:
    for file in range(3_000):
        os.link(shutil.copy(SAMPLE, tmp_path / "first.keras") if file == 0 else tmp_path / "first.keras", tmp_path / f"{file:04}.keras")
    command = [sys.executable, "-m", "kdoctor", "scan", str(tmp_path), "-j", "1", "--format", "json"]
    scan = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
    assert scan.stdout is not None
    head = os.read(scan.stdout.fileno(), 20_000)
    if number is signal.SIGINT:
        os.killpg(scan.pid, number)  # a terminal sends it to the workers, too
    else:
        scan.send_signal(number)
    rest, complaint = scan.communicate(timeout=60)
    assert (scan.returncode, complaint) == (130, b"")
    found = json.loads(head + rest)
    jsonschema.Draft202012Validator(schema("report")).validate(found)
    assert found["interrupted"] is True
    assert 0 < len(found["reports"]) < 3_000
    assert all(report["verdict"] == "healthy" for report in found["reports"])


def test_a_scan_for_several_targets_goes_on_with_the_one_that_it_came_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(SAMPLE, tmp_path)
    time.sleep(0.12)  # until the file is no longer young
    one, other, journal = Target("3.15.1"), Target("3.6.0"), tmp_path / "journal"

    def scanned(target: Target) -> list[Any]:
        return [*Examination([str(tmp_path)], [], Tars(set()), 1, 60.0, None, journal, None, last=other)(target)]

    begun = scanned(one)
    with monkeypatch.context() as patch:
        patch.setattr(OwnCrew, "take", lambda crew, places: pytest.fail("it is examined again"))
        assert scanned(one) == begun
    assert journal.exists()
    assert [report["target"] for report in (*begun, *scanned(other))] == ["3.15.1", "3.6.0"]
    assert not journal.exists()
