"""Streams that are packed as a whole: gzip, bzip2 and xz."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, NamedTuple, Protocol

CHUNK: Final = 64 * 1024  # bytes that come out at a time
_WITH_HEADER: Final = 16 + zlib.MAX_WBITS
_XZ_BYTES: Final = 128 << 20  # of memory that a stream of xz may ask for; ``xz -9`` asks for 65 MiB


class Damaged(ValueError):
    """A packed stream that cannot be unpacked any further."""


class _Machine(Protocol):
    """What unpacks one stream, as bz2 and lzma have it."""

    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int = ...) -> bytes: ...


class _Gunzip:
    """zlib's machine with the manners of the others: what it could not take in yet it keeps."""

    def __init__(self) -> None:
        self._machine = zlib.decompressobj(_WITH_HEADER)
        self._rest = b""

    @property
    def eof(self) -> bool:
        return self._machine.eof

    @property
    def needs_input(self) -> bool:
        return not self._rest

    @property
    def unused_data(self) -> bytes:
        return self._machine.unused_data

    def decompress(self, data: bytes, max_length: int = 0) -> bytes:
        found = self._machine.decompress(self._rest + data, max_length)
        self._rest = self._machine.unconsumed_tail
        return found


def _bzip2() -> _Machine:
    import bz2

    return bz2.BZ2Decompressor()


def _xz() -> _Machine:
    import lzma

    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_BYTES)


def _errors_of_xz() -> tuple[type[Exception], ...]:
    import lzma

    return (lzma.LZMAError,)


class _Packing(NamedTuple):
    """How a stream begins, what unpacks it, and what that raises. Nothing is imported before a stream is there; a Python may lack the one for it."""

    start: bytes
    machine: Callable[[], _Machine]
    errors: Callable[[], tuple[type[Exception], ...]]


PACKINGS: Final[Mapping[str, _Packing]] = {
    "gzip": _Packing(b"\x1f\x8b", _Gunzip, lambda: (zlib.error,)),
    "bzip2": _Packing(b"BZh", _bzip2, lambda: (OSError, ValueError)),
    "xz": _Packing(b"\xfd7zXZ\0", _xz, _errors_of_xz),
}


def inflated(chunks: Iterable[bytes], packing: str) -> Iterator[bytes]:
    """The bytes of all streams that stand one behind the other, in pieces of at most 64 KiB; padding or anything else behind them is left.

    Raises EOFError where the last one is cut, and `Damaged`.
    """
    try:
        machine = PACKINGS[packing].machine()
        errors = PACKINGS[packing].errors()
    except ImportError as error:
        raise Damaged(f"this Python cannot unpack it: {error}") from error
    for data in chunks:
        while data or not machine.needs_input:
            if machine.eof:
                if not data.startswith(PACKINGS[packing].start):
                    return
                machine = PACKINGS[packing].machine()
            yield _step(machine, data, errors)
            data = machine.unused_data if machine.eof else b""
            if machine.eof and not data:
                break
    while not machine.eof and (piece := _step(machine, b"", errors)):
        yield piece
    if not machine.eof:
        raise EOFError


def _step(machine: _Machine, data: bytes, errors: tuple[type[Exception], ...]) -> bytes:
    try:
        return machine.decompress(data, CHUNK)
    except errors as error:
        raise Damaged(str(error)) from error
