"""Looks into a file that is packed with gzip, bzip2 or xz: people compress a model and forget it, or a server does it for them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from typing import IO, BinaryIO, Final, TypeAlias, cast

from kdoctor.archive.compression import CHUNK, PACKINGS, Damaged, inflated
from kdoctor.archive.other import other
from kdoctor.archive.reading import Reading
from kdoctor.archive.sniffing.text_mode import HDF5_SIGNATURE
from kdoctor.archive.zip.member import limit_fault
from kdoctor.document import Fault
from kdoctor.faults import FaultKind
from kdoctor.limits import MIB, Limits

_WORTH_UNPACKING: Final = (HDF5_SIGNATURE, b"PK\x03\x04", *(packing.start for packing in PACKINGS.values()))
_HEAD: Final = 262  # bytes, up to where a tar archive says that it is one
ReadInner: TypeAlias = Callable[[BinaryIO, int, str], Reading]


def read_compressed(stream: BinaryIO, size: int, packing: str, limits: Limits, read_inner: ReadInner) -> Reading:
    """What is compressed in the file, read by ``read_inner`` (stream, size, name); a cut stream is read as far as it goes."""
    faults = [Fault(FaultKind.WRAPPED.value, "file", {"how": packing, "name": ""})]
    with tempfile.SpooledTemporaryFile(max_size=limits.memory_bytes) as spool:
        found, head = 0, b""
        try:
            for chunk in _inflated(stream, packing):
                spool.write(chunk)
                found += len(chunk)
                head = head if len(head) >= _HEAD else (head + chunk)[:_HEAD]
                if (over := _over(found, stream.tell(), limits)) is not None:
                    return other(packing, {}, (over,))
                if found >= CHUNK and not (head.startswith(_WORTH_UNPACKING) or head.endswith(b"ustar")):
                    break  # whatever it is, its beginning is enough to name it
        except EOFError:
            faults.append(_truncated(size, packing))
        except Damaged as error:
            faults.append(Fault(FaultKind.UNREADABLE_MEMBER.value, "file", {"name": "", "why": f"{packing} stream: {error}"}))
        return read_inner(cast(BinaryIO, spool), found, "").within(packing, *faults)


def unpacked(stream: BinaryIO, size: int, limits: Limits, allowed: int) -> IO[bytes] | None:
    """What a gzip stream holds as a file to be closed, where it is whole and of at most ``allowed`` bytes; None otherwise."""
    spool = tempfile.SpooledTemporaryFile(max_size=limits.memory_bytes)  # noqa: SIM115 (the caller closes it)
    found = 0
    try:
        for chunk in _inflated(stream, "gzip"):
            spool.write(chunk)
            found += len(chunk)
            if found > allowed or _over(found, size, limits) is not None:
                raise EOFError
    except (EOFError, Damaged):
        spool.close()
        return None
    spool.seek(0)
    return cast("IO[bytes]", spool)


def _inflated(stream: BinaryIO, packing: str) -> Iterator[bytes]:
    stream.seek(0)
    return inflated(iter(partial(stream.read, CHUNK), b""), packing)


def _over(found: int, packed: int, limits: Limits) -> Fault | None:
    if found > limits.spool_bytes:
        return limit_fault("file", "spool_bytes", limits.spool_bytes, found)
    if found > MIB and found > limits.ratio * packed:
        return limit_fault("file", "ratio", limits.ratio, found // max(1, packed))
    return None


def _truncated(present: int, packing: str) -> Fault:
    detail = {"content": packing, "present": present, "expected": None, "complete": False, "lost": []}
    return Fault(FaultKind.TRUNCATED.value, "file", detail)
