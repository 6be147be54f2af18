"""What a command costs: wall and CPU time and peak memory, of runs that take turns, so that a busy machine slows all alike.

POSIX only: `os.wait4` tells what one child used, its own reaped children included. On Linux the worker processes that a scan leaves to
the system when it ends are taken in and counted, too.
"""

from __future__ import annotations

import ctypes
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

COMPILED = "PYTHONDONTWRITEBYTECODE"  # where it is set every start compiles its sources anew, and that would be measured
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if name != COMPILED},
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "-1",
}
PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
RSS_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes of ru_maxrss


class CommandFailed(Exception):
    """A command that was to be measured ended with an exit code that it should not have."""


@dataclass(frozen=True, slots=True)
class Command:
    """What to run. ``exits``: codes that mean it did its work; ``out``: a file that it makes and that must not be there."""

    argv: tuple[str, ...]
    exits: tuple[int, ...] = (0,)
    out: Path | None = None


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds on the clock, seconds of processor time, and peak resident memory in bytes (of the largest of its processes)."""

    wall: float
    cpu: float
    memory: int


def take_turns(commands: Mapping[str, Command], runs: int) -> dict[str, Cost]:
    """The medians of so many runs of each command, A B A B, after one of each that warms the disk cache and is not counted."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    found: dict[str, list[Cost]] = {name: [] for name in commands}
    for run in range(runs + 1):
        for name, command in commands.items():
            cost = _run(command)
            if run:
                found[name].append(cost)
    return {name: _median(costs) for name, costs in found.items()}


def _run(command: Command) -> Cost:
    if command.out is not None:
        command.out.unlink(missing_ok=True)
    start = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(command.argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said, env=ENVIRONMENT)
        _, status, used = os.wait4(child.pid, 0)
        wall = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        workers = _left_behind()
        said.seek(0)
        complaint = said.read().decode(errors="replace")
    if child.returncode not in command.exits or "Traceback" in complaint:  # a crash of Python, too, ends with exit code 1
        raise CommandFailed(f"exit code {child.returncode}: {' '.join(command.argv)}\n{complaint[-2000:]}")
    return Cost(wall, used.ru_utime + used.ru_stime + workers, used.ru_maxrss * RSS_UNIT)


def _left_behind() -> float:
    """Seconds of processor time of the processes that a command left behind; it waits for their end."""
    seconds = 0.0
    while True:
        try:
            _, _, used = os.wait4(-1, 0)
        except ChildProcessError:
            return seconds
        seconds += used.ru_utime + used.ru_stime


def _median(costs: Sequence[Cost]) -> Cost:
    return Cost(
        statistics.median(cost.wall for cost in costs),
        statistics.median(cost.cpu for cost in costs),
        int(statistics.median(cost.memory for cost in costs)),
    )
