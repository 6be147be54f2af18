"""Looks into a gzip file: people compress a model and forget it, or a server does it for them."""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, Final, cast

from kdoctor.archive.other import other
from kdoctor.archive.reading import Reading
from kdoctor.archive.zip_member import limit_fault
from kdoctor.document import Fault
from kdoctor.faults import FaultKind
from kdoctor.limits import MIB, Limits

_CHUNK = 64 * 1024
_WITH_HEADER: Final = 16 + zlib.MAX_WBITS
ReadInner = Callable[[BinaryIO, int, str], Reading]


def read_gzip(stream: BinaryIO, size: int, limits: Limits, read_inner: ReadInner) -> Reading:
    """What is compressed in the file, read by ``read_inner`` (stream, size, name); a cut stream is read as far as it goes."""
    wrapped = Fault(FaultKind.WRAPPED.value, "file", {"how": "gzip", "name": ""})
    faults: list[Fault] = []
    with tempfile.SpooledTemporaryFile(max_size=limits.memory_bytes) as spool:
        found = 0
        try:
            for chunk in _inflated(stream):
                found += len(chunk)
                over = _over(found, stream.tell(), limits)
                if over is not None:
                    return other("gzip", {}, (over,))
                spool.write(chunk)
        except EOFError:
            faults.append(_truncated(size))
        except zlib.error as error:
            faults.append(Fault(FaultKind.UNREADABLE_MEMBER.value, "file", {"name": "", "why": f"gzip stream: {error}"}))
        if not found:
            return other("gzip", {}, tuple(faults))
        return read_inner(cast(BinaryIO, spool), found, "").within("gzip", wrapped, *faults)


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
