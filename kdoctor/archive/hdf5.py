"""What an HDF5 file holds, read without its values and without trusting a byte of it: attributes, shapes, dtypes, and what is wrong.

Links are looked at and never followed (CVE-2026-1669), a group is visited once, and damage in one place does not hide the rest.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from kdoctor.archive.metered import Exhausted, Metered
from kdoctor.archive.window import Window
from kdoctor.document import Fault, Json, Weight
from kdoctor.faults import FaultKind
from kdoctor.limits import Limits

if TYPE_CHECKING:
    from kdoctor.archive.hdf5_objects import Attribute, Objects

SIGNATURE = b"\x89HDF\r\n\x1a\n"
JSON_TEXTS = ("model_config", "training_config")
FAULTS = 200  # more of them say nothing more


@dataclass(frozen=True, slots=True)
class Hdf5:
    """The content of an HDF5 file.

    attributes: group path ("/", "/model_weights") -> attributes (texts decoded, arrays as lists), for every group that was read; in the
    JSON texts of the root (model_config, training_config) bytes that are no UTF-8 stand as lone surrogates, elsewhere as U+FFFD;
    weights: path of a dataset without leading slash -> `Weight`; signature_offset: length of the user block before it, in bytes.
    """

    attributes: Mapping[str, Mapping[str, Json]]
    weights: Mapping[str, Weight]
    faults: tuple[Fault, ...]
    signature_offset: int = 0


@dataclass(frozen=True, slots=True)
class Superblock:
    """Where the root group is, and how long the file should be from its signature on; in bytes."""

    root: int
    length: int


def find_signature(stream: Window, size: int) -> int | None:
    """Where HDF5 begins: at 0, 512, 1024, 2048 and so on (HDF5 specification, II.A); None where it does not."""
    offset = 0
    while offset + len(SIGNATURE) <= size:
        stream.seek(offset)
        if stream.read(len(SIGNATURE)) == SIGNATURE:
            return offset
        offset = max(512, offset * 2)
    return None


def read_superblock(data: bytes) -> Superblock:
    """The superblock (versions 0 to 3) at the start of ``data``; ValueError or struct.error where it is none that can be read."""
    version = data[8]
    widths = data[13:15] if version < 2 else data[9:11]
    if version > 3 or widths != b"\x08\x08":
        raise ValueError(f"superblock of version {version} with addresses of {widths.hex()} bytes")
    at = {0: 24, 1: 28, 2: 12, 3: 12}[version]
    base, _, end = struct.unpack_from("<QQQ", data, at)
    root = struct.unpack_from("<Q", data, at + 40 if version < 2 else at + 24)[0]
    return Superblock(root, end - base)


def read_hdf5(stream: BinaryIO, size: int, limits: Limits) -> Hdf5:
    """Read the structure of the HDF5 file that fills ``stream`` (``size`` bytes). Never raises on any bytes.

    Values of datasets are not read: the cost grows with the number of objects.
    """
    window = stream if isinstance(stream, Window) else Window(stream, 0, size)
    start = find_signature(window, size)
    if start is None:
        return Hdf5({}, {}, (_unreadable("no HDF5 signature", "/"),))
    window.seek(start)
    try:
        superblock = read_superblock(window.read(96))
    except (ValueError, LookupError, struct.error) as error:
        return Hdf5({}, {}, (_unreadable(str(error), "/"),), start)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy's library starts threads that nothing here needs
    from kdoctor.archive.hdf5_objects import Objects

    walk = Walk(Objects(Metered(window, start, size), limits.attribute_bytes), limits, size - start)
    walk.run(superblock.root)
    missing = superblock.length - (size - start)
    if missing > 0:
        unreadable = [fault.detail["group"].lstrip("/") for fault in walk.faults if fault.kind == FaultKind.HDF5_UNREADABLE.value]
        lost = [*walk.lost, *unreadable]
        detail = {"content": "hdf5", "present": size, "expected": size + missing, "complete": not lost, "lost": lost}
        walk.faults.insert(0, Fault(FaultKind.TRUNCATED.value, "file", detail))
    return Hdf5(walk.attributes, walk.weights, tuple(walk.faults), start)


class Walk:
    """One pass over the groups of a file, parents first, in the order of their links."""

    def __init__(self, objects: Objects, limits: Limits, present: int) -> None:
        from kdoctor.archive.hdf5_objects import DAMAGE

        self.attributes: dict[str, dict[str, Json]] = {}
        self.weights: dict[str, Weight] = {}
        self.faults: list[Fault] = []
        self.lost: list[str] = []
        self._objects, self._limits, self._present, self._damage = objects, limits, present, DAMAGE
        self._open: list[tuple[str, int, tuple[int, ...]]] = []  # path, address, addresses of the groups around it
        self._visited: set[int] = set()

    def run(self, root: int) -> None:
        self._open.append(("", root, ()))
        try:
            while self._open:
                self._visit(*self._open.pop())
        except Exhausted as spent:
            self._limit("hdf5_bytes", str(spent), 0)
        except Full as full:
            self._limit("datasets", full.found, self._limits.datasets)

    def _visit(self, path: str, address: int, around: tuple[int, ...]) -> None:
        try:
            header = self._objects.header(address)
            if self._objects.is_array(header):
                self._array(path, header)
            else:
                self._group(path, header, address, around)
        except self._damage as error:
            self._note(_unreadable(_why(error), path or "/"))

    def _group(self, path: str, header: object, address: int, around: tuple[int, ...]) -> None:
        if address in self._visited:
            self._note(_link(path, "cycle" if address in around else "hard"))
            return
        self._visited.add(address)
        if len(self._visited) > 4 * self._limits.datasets:
            raise Full(len(self._visited))
        kept = self.attributes[path or "/"] = {}
        for attribute in self._objects.attributes(header):
            self._attribute(path or "/", attribute, kept)
        if len(around) >= self._limits.hdf5_depth:
            self._limit("hdf5_depth", len(around) + 1, self._limits.hdf5_depth)
            return
        self._links(path, header, (*around, address))

    def _links(self, path: str, header: object, around: tuple[int, ...]) -> None:
        found: list[tuple[str, int, tuple[int, ...]]] = []
        try:
            for link in self._objects.links(header):
                place = f"{path}/{link.name}"
                self._objects.spend(len(place))
                if link.kind != "hard":
                    self._note(_link(place, link.kind, link.to, link.file))
                elif len(found) > 4 * self._limits.datasets:
                    raise Full(len(found))
                else:
                    found.append((place, link.address, around))
        finally:
            self._open.extend(reversed(found))

    def _attribute(self, path: str, attribute: Attribute, kept: dict[str, Json]) -> None:
        from kdoctor.archive.hdf5_objects import TooLarge

        if isinstance(attribute.error, TooLarge):
            self._limit("attribute_bytes", attribute.error.found, self._limits.attribute_bytes, path, attribute.name)
        elif attribute.error is not None:
            self._note(_unreadable(_why(attribute.error), path, attribute.name))
        else:
            verbatim = path == "/" and attribute.name.startswith(JSON_TEXTS)
            kept[attribute.name] = attribute.value if verbatim else printable(attribute.value)

    def _array(self, path: str, header: object) -> None:
        array = self._objects.array(header)
        name = path[1:]
        if len(self.weights) >= self._limits.datasets:
            raise Full(len(self.weights) + 1)
        self.weights[name] = Weight(array.shape, array.dtype, name)
        if array.files:
            self._note(Fault(FaultKind.HDF5_EXTERNAL_STORAGE.value, "weights", {"name": name, "files": list(array.files)}))
        if array.storage == "virtual":
            self._note(Fault(FaultKind.HDF5_VIRTUAL.value, "weights", {"name": name}))
        if array.end > self._present:
            self.lost.append(name)

    def _limit(self, limit: str, found: Json, allowed: int, group: str = "/", attribute: str = "") -> None:
        detail = {"limit": limit, "allowed": allowed, "found": found, "group": group}
        self.faults.append(Fault(FaultKind.LIMIT.value, "file", {**detail, "attribute": attribute} if attribute else detail))

    def _note(self, fault: Fault) -> None:
        if len(self.faults) < FAULTS:
            self.faults.append(fault)


class Full(Exception):
    """More objects than the limit."""

    def __init__(self, found: int) -> None:
        super().__init__(found)
        self.found = found


def _unreadable(why: str, group: str, attribute: str = "") -> Fault:
    detail = {"why": why, "group": group}
    if attribute:
        return Fault(FaultKind.HDF5_UNREADABLE.value, "attributes", {**detail, "attribute": attribute})
    return Fault(FaultKind.HDF5_UNREADABLE.value, "weights", detail)


def _link(path: str, link: str, to: str = "", file: str = "") -> Fault:
    return Fault(FaultKind.HDF5_LINK.value, "weights", {"name": path.lstrip("/"), "link": link, "to": to, "file": file})


def printable(value: Json) -> Json:
    """The same attribute value with U+FFFD for whatever is no UTF-8."""
    if isinstance(value, str) and not value.isascii():
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return [printable(item) for item in value] if isinstance(value, list) else value


def _why(error: Exception) -> str:
    return str(error)[:200] or type(error).__name__
