"""A command in a child process that can hurt nobody: bounded time and memory, an empty folder to stand in, no survivors.

The child reads its request on standard input and answers on standard output. Both, and standard error, are
unnamed temporary files: no pipe can fill up and block, and what a child says before it dies is kept.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Literal

_ANSWER_BYTES = 16 << 20
_LINE_BYTES = 256
_CHATTER_BYTES = 64 << 10
_INTERVAL_SECONDS = 0.05 if sys.platform == "linux" else 0.5  # macOS pays a `ps` for every look


@dataclass(frozen=True, slots=True)
class Ending:
    """How a confined command ended.

    `returncode` is the exit code, or on POSIX minus the signal that ended it. `answer` is its standard output (first
    16 MiB), `chatter` its standard error (last 64 KiB). `peak_memory_bytes` is resident memory as last seen, `None`
    where the platform does not tell. `stopped_for` says which bound it ran into, `None` if it ended by itself.
    """

    returncode: int
    answer: bytes
    chatter: bytes
    seconds: float
    peak_memory_bytes: int | None
    stopped_for: Literal["time", "memory"] | None


def run_confined(
    command: Sequence[str],
    *,
    request: bytes,
    environment: Mapping[str, str],
    seconds: float,
    memory_bytes: int,
    watch: Callable[[str], None] | None = None,
) -> Ending:
    """Run `command`, wait for it and return how it ended; whatever happens, it and its children are gone afterwards.

    Its working and temporary folders are fresh, empty and removed at the end. Memory is the resident memory of the
    command itself, watched on Linux (/proc) and macOS (`ps`); elsewhere, Windows included, it is **not** bounded.
    `watch` hears, several times a second, the last line on its standard error.

    Nothing is forked by Python code, so threads in the caller are safe. Raises OSError if the command cannot be started.
    """
    with _room() as room, tempfile.TemporaryFile() as question, tempfile.TemporaryFile() as answer, tempfile.TemporaryFile() as chatter:
        question.write(request)
        question.seek(0)
        started = time.monotonic()
        process = _start(command, environment, room, question, answer, chatter)
        try:
            stopped_for, peak = _watch(process, started + seconds, memory_bytes, partial(_tell, chatter, watch) if watch else None)
        finally:
            if process.poll() is None:  # a limit, or an exception such as Ctrl-C in the caller
                kill_tree(process)
        elapsed = time.monotonic() - started
        return Ending(process.returncode, _head(answer), _tail(chatter), elapsed, peak, stopped_for)


@contextlib.contextmanager
def _room() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="kdoctor-", ignore_cleanup_errors=True) as name:
        room = Path(name)
        (room / "empty").mkdir()
        (room / "temporary").mkdir()
        yield room


def _start(
    command: Sequence[str], environment: Mapping[str, str], room: Path, question: IO[bytes], answer: IO[bytes], chatter: IO[bytes]
) -> subprocess.Popen[bytes]:
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NO_WINDOW
    temporary = str(room / "temporary")
    return subprocess.Popen(
        command,
        stdin=question,
        stdout=answer,
        stderr=chatter,
        cwd=room / "empty",
        env={**environment, "TMPDIR": temporary, "TEMP": temporary, "TMP": temporary},
        start_new_session=True,  # a process group of its own, so that its children can be ended with it
        creationflags=flags,
    )


def _tell(chatter: IO[bytes], watch: Callable[[str], None]) -> None:
    """Reads without moving the place in the file, at which the child writes on."""
    if not hasattr(os, "pread"):
        return  # Windows: no progress is shown
    size = os.fstat(chatter.fileno()).st_size
    lines = os.pread(chatter.fileno(), _LINE_BYTES, max(0, size - _LINE_BYTES)).decode("utf-8", "replace").split("\n")
    if len(lines) > 1:
        watch(lines[-2])


def _watch(
    process: subprocess.Popen[bytes], deadline: float, memory_bytes: int, tell: Callable[[], None] | None
) -> tuple[Literal["time", "memory"] | None, int | None]:
    peak: int | None = None
    while True:
        left = deadline - time.monotonic()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, min(_INTERVAL_SECONDS, left)))
            return None, peak
        if tell is not None:
            tell()
        resident = resident_memory(process.pid)
        if resident is not None:
            peak = max(peak or 0, resident)
            if peak > memory_bytes:
                return "memory", peak
        if left <= _INTERVAL_SECONDS and time.monotonic() >= deadline:
            return "time", peak


def resident_memory(pid: int) -> int | None:
    """Resident memory of a process in bytes (on Linux its high-water mark), or `None` where it cannot be told."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError), open(f"/proc/{pid}/status", "rb") as status:
            for line in status:
                if line.startswith(b"VmHWM:"):
                    return int(line.split()[1]) * 1024
    elif sys.platform == "darwin":
        shown = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, check=False).stdout.strip()
        return int(shown) * 1024 if shown.isdigit() else None
    return None


def kill_tree(process: subprocess.Popen[bytes]) -> None:
    """End a process that `run_confined` started, and its children, and wait until it is gone."""
    if sys.platform == "win32":
        subprocess.run(["taskkill", "/T", "/F", "/PID", str(process.pid)], capture_output=True, check=False)
        process.kill()
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS denies signals to zombies
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _head(stream: IO[bytes]) -> bytes:
    stream.seek(0)
    return stream.read(_ANSWER_BYTES)


def _tail(stream: IO[bytes]) -> bytes:
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, size - _CHATTER_BYTES))
    return stream.read()
