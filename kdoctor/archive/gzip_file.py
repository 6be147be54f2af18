"""Looks into a gzip file: people compress a model and forget it, or a server does it for them."""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO, BinaryIO, Final, TypeAlias, cast

from kdoctor.archive.other import other
from kdoctor.archive.reading import Reading
from kdoctor.archive.sniffing.text_mode import HDF5_SIGNATURE
from kdoctor.archive.zip.member import limit_fault
from kdoctor.document import Fault
from kdoctor.faults import FaultKind
from kdoctor.limits import MIB, Limits

_CHUNK = 64 * 1024
_WITH_HEADER: Final = 16 + zlib.MAX_WBITS
_WORTH_UNPACKING: Final = (HDF5_SIGNATURE, b"PK\x03\x04", b"\x1f\x8b")
_HEAD: Final = 262  # bytes, up to where a tar archive says that it is one
ReadInner: TypeAlias = Callable[[BinaryIO, int, str], Reading]


def read_gzip(stream: BinaryIO, size: int, limits: Limits, read_inner: ReadInner) -> Reading:
    """What is compressed in the file, read by ``read_inner`` (stream, size, name); a cut stream is read as far as it goes."""
    faults = [Fault(FaultKind.WRAPPED.value, "file", {"how": "gzip", "name": ""})]
    with tempfile.SpooledTemporaryFile(max_size=limits.memory_bytes) as spool:
        found, head = 0, b""
        try:
            for chunk in _inflated(stream):
                spool.write(chunk)
                found += len(chunk)
                head = head if len(head) >= _HEAD else (head + chunk)[:_HEAD]
                if (over := _over(found, stream.tell(), limits)) is not None:
                    return other("gzip", {}, (over,))
                if found >= _CHUNK and not (head.startswith(_WORTH_UNPACKING) or head.endswith(b"ustar")):
                    break  # whatever it is, its beginning is enough to name it
        except EOFError:
            faults.append(_truncated(size))
        except zlib.error as error:
            faults.append(Fault(FaultKind.UNREADABLE_MEMBER.value, "file", {"name": "", "why": f"gzip stream: {error}"}))
        return read_inner(cast(BinaryIO, spool), found, "").within("gzip", *faults)


def unpacked(stream: BinaryIO, size: int, limits: Limits, allowed: int) -> IO[bytes] | None:
    """What a gzip stream holds as a file to be closed, where it is whole and of at most ``allowed`` bytes; None otherwise."""
    spool = tempfile.SpooledTemporaryFile(max_size=limits.memory_bytes)  # noqa: SIM115 (the caller closes it)
    found = 0
    try:
        for chunk in _inflated(stream):
            spool.write(chunk)
            found += len(chunk)
            if found > allowed or _over(found, size, limits) is not None:
                raise EOFError
    except (EOFError, zlib.error):
        spool.close()
        return None
    spool.seek(0)
    return cast("IO[bytes]", spool)


def _inflated(stream: BinaryIO) -> Iterator[bytes]:
    """The bytes of all gzip members; raises EOFError where the last one is cut, zlib.error where one is damaged."""
    stream.seek(0)
    machine = zlib.decompressobj(_WITH_HEADER)
    while data := stream.read(_CHUNK):
        while data:
            if machine.eof:
                if not data.startswith(b"\x1f\x8b"):
                    return  # padding or something else behind the last member
                machine = zlib.decompressobj(_WITH_HEADER)
            yield machine.decompress(data, _CHUNK)
            data = machine.unconsumed_tail or machine.unused_data
    yield machine.flush(_CHUNK)
    if not machine.eof:
        raise EOFError


def _over(found: int, packed: int, limits: Limits) -> Fault | None:
    if found > limits.spool_bytes:
        return limit_fault("file", "spool_bytes", limits.spool_bytes, found)
    if found > MIB and found > limits.ratio * packed:
        return limit_fault("file", "ratio", limits.ratio, found // max(1, packed))
    return None


def _truncated(present: int) -> Fault:
    detail = {"content": "gzip", "present": present, "expected": None, "complete": False, "lost": []}
    return Fault(FaultKind.TRUNCATED.value, "file", detail)
