"""Names in order, however many there are: beyond a bound they wait in temporary files instead of in memory."""

from __future__ import annotations

import heapq
import os
from collections.abc import Iterator
from typing import IO

HELD = 100_000  # names in memory at a time
_READ_BYTES = 1 << 16


class SortedNames:
    """Collects file names, then gives them back sorted."""

    def __init__(self, held: int = HELD) -> None:
        self._held = held
        self._names: list[str] = []
        self._runs: list[IO[bytes]] = []

    def add(self, name: str) -> None:
        self._names.append(name)
        if len(self._names) >= self._held:
            self._names.sort()
            import tempfile

            run = tempfile.TemporaryFile()  # noqa: SIM115 (closed when it has been read)
            run.write(b"\0".join(map(os.fsencode, self._names)))
            self._runs.append(run)
            self._names = []

    def __iter__(self) -> Iterator[str]:
        """All names, once."""
        self._names.sort()
        yield from heapq.merge(self._names, *(_read(run) for run in self._runs)) if self._runs else self._names


def _read(run: IO[bytes]) -> Iterator[str]:
    with run:
        run.seek(0)
        rest = b""
        while data := run.read(_READ_BYTES):
            *whole, rest = (rest + data).split(b"\0")
            yield from map(os.fsdecode, whole)
        yield os.fsdecode(rest)
