"""What an HDF5 file holds, read without its values and without trusting a byte of it: attributes, shapes, dtypes, and what is wrong.

Links are looked at and never followed (CVE-2026-1669), a group is visited once, and damage in one place does not hide the rest.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import BinaryIO, NamedTuple

from kdoctor.archive.hdf5.metered import Metered
from kdoctor.archive.hdf5.superblock import SUPERBLOCK_BYTES, find_misplaced, find_signature, read_superblock
from kdoctor.archive.hdf5.walk import Walk
from kdoctor.archive.sniffing.text import printable
from kdoctor.archive.window import Window
from kdoctor.document import Fault, Json, Weight
from kdoctor.faults import FaultKind
from kdoctor.limits import Limits

USER_BLOCK_BYTES = 2**16  # of a user block are looked at


class Hdf5(NamedTuple):
    """The content of an HDF5 file.

    attributes: group path ("/", "/model_weights") -> attributes (texts decoded, arrays as lists), for every group that was read; in the
    JSON texts of the root (model_config, training_config) bytes that are no UTF-8 stand as lone surrogates, elsewhere as U+FFFD;
    weights: path of a dataset without leading slash -> `Weight`; signature_offset: length of the user block before it, in bytes.
    """

    attributes: Mapping[str, Mapping[str, Json]]
    weights: Mapping[str, Weight]
    faults: tuple[Fault, ...]
    signature_offset: int = 0


def read_hdf5(stream: BinaryIO, size: int, limits: Limits) -> Hdf5:
    """Read the structure of the HDF5 file that fills ``stream`` (``size`` bytes). Never raises on any bytes.

    Values of datasets are not read: the cost grows with the number of objects.
    """
    window = Window(stream, 0, size)
    allowed = find_signature(window)
    start = find_misplaced(window) if allowed is None else allowed
    if start is None:
        return _nothing("no HDF5 signature", 0)
    try:
        superblock = read_superblock(window.take(start, SUPERBLOCK_BYTES))
    except (IndexError, struct.error):  # fewer bytes than a superblock has: what it says of the length may be lost as well
        cut = {"content": "hdf5", "present": size, "expected": None, "complete": False, "lost": []}
        return Hdf5({}, {}, (Fault(FaultKind.TRUNCATED.value, "file", cut),), start)
    except ValueError as error:
        return _nothing(str(error), start)
    walk = Walk(Metered(stream, start, size - start), limits, allowed or 0)
    walk.run(superblock.root)
    faults = (*walk.faults, *walk.declared.faults(size))
    missing = superblock.length - (size - start)
    if superblock.unclosed:
        settled = missing == 0 and not faults and not walk.lost
        faults = (Fault(FaultKind.HDF5_UNCLOSED.value, "file", {"settled": settled}), *faults)
    if missing <= 0:
        faults = (*faults, *walk.beyond())
    if missing > 0:
        detail = {
            "content": "hdf5",
            "present": size,
            "expected": size + missing,
            "complete": not faults and not walk.lost,
            "lost": walk.lost,
        }
        detail |= {"within": True} if walk.displaced else {}
        faults = (Fault(FaultKind.TRUNCATED.value, "file", detail), *faults)
    if allowed is None:
        faults = (_in_front(window, start), *faults)
    return Hdf5(walk.attributes, walk.weights, faults, allowed or 0)


def _in_front(window: Window, count: int) -> Fault:
    window.seek(0)
    head = printable(window.read(min(count, 64)))
    return Fault(FaultKind.LEADING_BYTES.value, "file", {"count": count, "head": head, "content": "hdf5"})


def user_block(stream: BinaryIO, found: Hdf5) -> tuple[Fault, ...]:
    """What stands before the signature: no Keras writes anything there, and whatever it is, HDF5 does not look at it."""
    if not found.signature_offset:
        return ()
    stream.seek(0)
    head = stream.read(min(found.signature_offset, USER_BLOCK_BYTES))
    detail = {"count": found.signature_offset, "head": printable(head[:64]), "blank": not head.strip(b"\0 \n")}
    return (Fault(FaultKind.USER_BLOCK.value, "file", detail),)


def _nothing(why: str, start: int) -> Hdf5:
    return Hdf5({}, {}, (Fault(FaultKind.HDF5_UNREADABLE.value, "file", {"why": why, "group": "/"}),), start)
