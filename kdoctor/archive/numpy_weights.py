"""Weights as a NumPy archive (``model.weights.npz``): what NumPy makes of the file, and the headers of its arrays for what they declare.

NumPy goes by the first bytes: a zip, one array (NPY), and for anything else a pickle, which Keras before 3.9 lets it read.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import BinaryIO, Final

from kdoctor.archive.hdf5.declared import Declared
from kdoctor.archive.zip.archive import open_zip
from kdoctor.archive.zip.member import MemberError
from kdoctor.archive.zip.names import NUMPY_WEIGHTS
from kdoctor.document import Fault, Json
from kdoctor.faults import FaultKind
from kdoctor.limits import Limits

_MAGIC: Final = b"\x93NUMPY"
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
_NUMBERS: Final = re.compile(r"[|<>=]?[?biufcmMSUV]\d{0,9}(\[\w+\])?")  # what an array is of that holds no objects
_LONGEST: Final = 64 * 1024  # bytes of a header
_OLD_NUMBER: Final = re.compile(r"(\d)L")  # of Python 2


def numpy_faults(stream: BinaryIO, size: int, limits: Limits) -> Iterator[Fault]:
    """Arrays of objects, which are pickles, and shapes that no memory holds. Format: numpy.lib.format of NumPy 2."""
    stream.seek(0)
    head = stream.read(_LONGEST)
    declared = Declared(limits)
    if not head.startswith(_ZIP):
        whole = not head.startswith(_MAGIC)
        if whole or _holds_objects(head, NUMPY_WEIGHTS, declared):
            yield _objects([NUMPY_WEIGHTS], whole)
    elif (opened := open_zip(stream, size, limits)) is not None:
        yield from (Fault(fault.kind, "weights", fault.detail) for fault in opened.faults if fault.kind == FaultKind.LIMIT)
        found = []
        for entry in opened.archive.entries:
            try:
                head = next(opened.archive.chunks(entry), b"")
            except MemberError:
                continue
            if (head.startswith(_MAGIC) and _holds_objects(head, entry.name, declared)) or head[:1] == b"\x80":
                found.append(entry.name)
        if found:
            yield _objects(found, False)
    yield from declared.faults(size)


def _objects(names: list[str], whole: bool) -> Fault:
    return Fault(FaultKind.OBJECT_ARRAY.value, "weights", {"file": NUMPY_WEIGHTS, "names": names, "whole": whole})


def _holds_objects(head: bytes, name: str, declared: Declared) -> bool:
    """Whether an array's numbers are anything but numbers; what it declares is counted. A header that nobody can read is not trusted."""
    width = 2 if head[6:7] == b"\1" else 4
    start = 8 + width
    length = int.from_bytes(head[8:start], "little")
    header = _header(head[start : start + length].decode("latin-1")) if length <= _LONGEST else None
    if header is None:
        return True
    shape = header.get("shape")
    size = _size(header.get("descr"))
    if size is None:
        return True
    lengths = tuple(length for length in shape if isinstance(length, int)) if isinstance(shape, tuple) else ()
    for length in lengths:
        size *= max(0, length)
    declared.add(name, lengths, size)
    return False


def _header(text: str) -> dict[str, Json] | None:
    """The literal that a header is, as NumPy reads it: escapes in it count."""
    for literal in (text, _OLD_NUMBER.sub(r"\1", text)):
        try:
            found = ast.literal_eval(literal.strip())
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            continue
        return found if isinstance(found, dict) else None
    return None


def _size(descr: Json) -> int | None:
    """Bytes of one element; None where it is, or may hold, an object."""
    if isinstance(descr, str) and _NUMBERS.fullmatch(descr):
        digits = re.search(r"\d+", descr)
        return int(digits[0]) if digits else 1
    if isinstance(descr, list) and descr and all(isinstance(field, tuple) and len(field) >= 2 for field in descr):
        sizes = [_size(field[1]) for field in descr]
        return None if None in sizes else sum(size for size in sizes if size is not None)
    return None
