"""Weights as a NumPy archive (``model.weights.npz``): the headers of its arrays alone, for what they declare."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, Final

from kdoctor.archive.hdf5.declared import Declared
from kdoctor.archive.zip.archive import open_zip
from kdoctor.archive.zip.member import MemberError
from kdoctor.archive.zip.names import NUMPY_WEIGHTS
from kdoctor.document import Fault
from kdoctor.faults import FaultKind
from kdoctor.limits import Limits

_MAGIC: Final = b"\x93NUMPY"
_OBJECTS: Final = re.compile(rb"""['"][|<>=]?O\d*['"]""")
_DTYPE: Final = re.compile(rb"""descr['"]\s*:\s*['"][|<>=]?[a-zA-Z](\d{1,9})['"]""")
_SHAPE: Final = re.compile(rb"""shape['"]\s*:\s*\(([\d,\sL]*)\)""")


def numpy_faults(stream: BinaryIO, size: int, limits: Limits) -> Iterator[Fault]:
    """Arrays of objects, which are pickles, and shapes that no memory holds. Format: numpy.lib.format of NumPy 2."""
    opened = open_zip(stream, size, limits)
    if opened is None:
        return
    yield from (Fault(fault.kind, "weights", fault.detail) for fault in opened.faults if fault.kind == FaultKind.LIMIT)
    objects: list[str] = []
    declared = Declared(limits)
    for entry in opened.archive.entries:
        try:
            head = next(opened.archive.chunks(entry), b"")
        except MemberError:
            continue
        header = head[: 12 + int.from_bytes(head[8:10], "little")] if head.startswith(_MAGIC) else b""
        if _OBJECTS.search(header) or (head[:1] == b"\x80" and not header):
            objects.append(entry.name)
        dtype, shape = _DTYPE.search(header), _SHAPE.search(header)
        if dtype and shape:
            lengths = tuple(int(length) for length in re.findall(rb"\d{1,19}", shape[1]))
            total = int(dtype[1])
            for length in lengths:
                total *= length
            declared.add(entry.name, lengths, total)
    if objects:
        yield Fault(FaultKind.OBJECT_ARRAY.value, "weights", {"file": NUMPY_WEIGHTS, "names": objects})
    yield from declared.faults(size)
