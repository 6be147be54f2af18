"""Reads the members of a zip: stored ones in place, compressed ones as a bounded stream."""

from __future__ import annotations

import bz2
import contextlib
import struct
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, BinaryIO, Final, cast

from kdoctor.archive.window import Window
from kdoctor.archive.zip.directory import ENCRYPTED, UTF8_NAME, Entry, decoded_name
from kdoctor.document import Fault, Json
from kdoctor.errors import ReadError
from kdoctor.faults import FaultKind
from kdoctor.limits import MIB, Limits

LOCAL_HEADER: Final = struct.Struct("<4s5H3L2H")
STORED, DEFLATED, BZIP2, LZMA = 0, 8, 12, 14
_METHODS: Final = {9: "deflate64", 93: "zstandard", 95: "xz", 99: "AES encryption"}
_CHUNK = 64 * 1024
_LARGEST_DICTIONARY: Final = 64 * MIB


class MemberError(ReadError):
    """A member that cannot be read; the text says why."""


@dataclass(frozen=True, slots=True)
class Archive:
    """A zip whose directory is known. The stream is the caller's to close."""

    stream: BinaryIO
    size: int
    entries: tuple[Entry, ...]
    limits: Limits

    def start_of(self, entry: Entry) -> int:
        """Where the member's bytes begin. Raises `MemberError` when the local header is not the one that the directory promises."""
        if entry.flags & ENCRYPTED:
            raise MemberError("encrypted")
        if not 0 <= entry.offset <= self.size - LOCAL_HEADER.size:
            raise MemberError("its header lies outside the file")
        self.stream.seek(entry.offset)
        fields = LOCAL_HEADER.unpack(self.stream.read(LOCAL_HEADER.size))
        if fields[0] != b"PK\x03\x04":
            raise MemberError("no header where the directory says")
        name = self.stream.read(fields[9])
        if decoded_name(name, fields[2] & UTF8_NAME) != entry.name and decoded_name(name, entry.flags) != entry.name:
            raise MemberError("the header there names another member")
        start = entry.offset + LOCAL_HEADER.size + int(fields[9]) + int(fields[10])
        if start + entry.packed > self.size:
            raise MemberError("runs past the end of the file")
        return start

    def chunks(self, entry: Entry) -> Iterator[bytes]:
        """The member's bytes, inflated, at most as many as declared. Raises `MemberError`."""
        start = self.start_of(entry)
        left = entry.size
        for chunk in inflated(self._packed(start, entry.packed), entry.method):
            yield chunk[:left]
            left -= len(chunk)
            if left <= 0:
                return
        if left:
            raise MemberError(f"holds {entry.size - left} bytes of {entry.size}")

    def read(self, entry: Entry) -> bytes:
        """The whole member. The caller has compared its declared size with a limit."""
        return b"".join(self.chunks(entry))

    def read_what_is_there(self, entry: Entry) -> bytes:
        """The member as Python's zipfile reads it: one that holds less than it declares is read all the same."""
        pieces: list[bytes] = []
        try:
            pieces.extend(self.chunks(entry))  # what came before the error stays
        except MemberError:
            if not pieces:
                raise
        return b"".join(pieces)

    def open(self, entry: Entry) -> IO[bytes]:
        """The member as a seekable file to be closed: a window on a stored one, a temporary file of a compressed one."""
        if entry.method == STORED:
            return cast("IO[bytes]", Window(self.stream, self.start_of(entry), min(entry.packed, entry.size)))
        spool = tempfile.SpooledTemporaryFile(max_size=self.limits.memory_bytes)  # noqa: SIM115 (the caller closes it)
        try:
            for chunk in self.chunks(entry):
                spool.write(chunk)
        except BaseException:
            spool.close()
            raise
        spool.seek(0)
        return cast("IO[bytes]", spool)

    def open_beginning(self, entry: Entry) -> IO[bytes]:
        """What a deflated member that is cut off holds in front of the cut, as a file to be closed. Raises `MemberError`."""
        most = min(self.limits.spool_bytes, max(MIB, self.limits.ratio * entry.packed))
        spool = tempfile.SpooledTemporaryFile(max_size=self.limits.memory_bytes)  # noqa: SIM115 (the caller closes it)
        try:
            for chunk in beginning(self._packed(self.start_of(entry), entry.packed)):
                spool.write(chunk[: most - spool.tell()])
                if spool.tell() >= most:
                    break
        except BaseException:
            spool.close()
            raise
        spool.seek(0)
        return cast("IO[bytes]", spool)

    def over_limits(self, entry: Entry, part: str) -> Fault | None:
        """The limit that the declared size of a member breaks, if any; such a member is not read."""
        if entry.size > MIB and entry.size > self.limits.ratio * max(1, entry.packed):
            return limit_fault(part, "ratio", self.limits.ratio, entry.size // max(1, entry.packed), name=entry.name, size=entry.size)
        limit = "json_bytes" if part in ("config", "metadata") else "spool_bytes"
        allowed = getattr(self.limits, limit)
        in_place = entry.method == STORED and limit == "spool_bytes"
        return limit_fault(part, limit, allowed, entry.size, name=entry.name) if entry.size > allowed and not in_place else None

    def _packed(self, start: int, count: int) -> Iterator[bytes]:
        while count > 0:
            self.stream.seek(start)
            data = self.stream.read(min(_CHUNK, count))
            if not data:
                return
            yield data
            start += len(data)
            count -= len(data)


def limit_fault(part: str, limit: str, allowed: int, found: int, **more: Json) -> Fault:
    return Fault(FaultKind.LIMIT.value, part, {"limit": limit, "allowed": allowed, "found": found, **more})


def inflated(packed: Iterator[bytes], method: int) -> Iterator[bytes]:
    """What the packed bytes of a member hold, whatever method of those that Python's zipfile knows. Raises `MemberError`."""
    if method == STORED:
        yield from packed
    elif method == DEFLATED:
        yield from _deflated(packed)
    elif method == BZIP2:
        yield from _bzipped(packed)
    elif method == LZMA:
        yield from _lzma(packed)
    else:
        raise MemberError(f"compressed by method {method} ({_METHODS.get(method, 'unknown')})")


def _deflated(packed: Iterator[bytes]) -> Iterator[bytes]:
    machine = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        for data in packed:
            while data and not machine.eof:
                yield machine.decompress(data, _CHUNK)
                data = machine.unconsumed_tail
        yield machine.flush(_CHUNK)
    except zlib.error as error:
        raise MemberError(f"deflate stream: {error}") from error
    if not machine.eof:
        raise MemberError("deflate stream: it ends too early")


def beginning(packed: Iterable[bytes]) -> Iterator[bytes]:
    """What a deflate stream holds in front of its end, or of its damage."""
    machine = zlib.decompressobj(-zlib.MAX_WBITS)
    with contextlib.suppress(zlib.error):
        for data in packed:
            while data and not machine.eof:
                yield machine.decompress(data, _CHUNK)
                data = machine.unconsumed_tail


def _bzipped(packed: Iterator[bytes]) -> Iterator[bytes]:
    machine = bz2.BZ2Decompressor()
    try:
        for data in packed:
            while not machine.eof and (data or not machine.needs_input):
                yield machine.decompress(data, _CHUNK)
                data = b""
    except OSError as error:
        raise MemberError(f"bzip2 stream: {error}") from error


def _lzma(packed: Iterator[bytes]) -> Iterator[bytes]:
    """LZMA as in zip files (APPNOTE.TXT 5.8.8): version, length of the properties, properties, stream."""
    import lzma  # seldom met

    data, machine = b"", None
    try:
        for piece in packed:
            data += piece
            if machine is None and len(data) >= 9:
                length = int.from_bytes(data[2:4], "little")
                if length != 5:
                    raise MemberError(f"lzma stream: properties of {length} bytes")
                machine = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[_lzma_filter(data[4 : 4 + length])])
                data = data[4 + length :]
            while machine is not None and not machine.eof and (data or not machine.needs_input):
                yield machine.decompress(data, _CHUNK)
                data = b""
    except (lzma.LZMAError, ValueError) as error:
        raise MemberError(f"lzma stream: {error}") from error


def _lzma_filter(properties: bytes) -> dict[str, int]:
    """What the five bytes of the properties say; a dictionary larger than memory is refused. Raises `MemberError`."""
    import lzma

    dictionary = int.from_bytes(properties[1:5], "little")
    if properties[0] >= 225 or dictionary > _LARGEST_DICTIONARY:
        raise MemberError(f"lzma stream: properties {properties.hex()}")
    rest, literal = divmod(properties[0], 9)
    position, low = divmod(rest, 5)
    return {"id": lzma.FILTER_LZMA1, "dict_size": max(4096, dictionary), "lc": literal, "lp": low, "pb": position}
