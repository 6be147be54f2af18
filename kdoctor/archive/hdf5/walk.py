"""One pass over the groups of an untrusted HDF5 file."""

from __future__ import annotations

from kdoctor.archive.hdf5.damage import DAMAGE
from kdoctor.archive.hdf5.declared import Declared
from kdoctor.archive.hdf5.headers import PREFIX, Header, begins_header
from kdoctor.archive.hdf5.messages import Link
from kdoctor.archive.hdf5.metered import Exhausted, Metered
from kdoctor.archive.hdf5.objects import Attribute, Objects, TooLarge, Unlike
from kdoctor.archive.hdf5.plain_group import plain_links
from kdoctor.document import Fault, Json, Weight
from kdoctor.faults import FaultKind
from kdoctor.limits import Limits

JSON_TEXTS = ("model_config", "training_config")
READ_BY_KERAS = (*JSON_TEXTS, "layer_names", "weight_names", "keras_version", "backend")
NO_NAMES = ("", ".")
FAULTS = 200  # more of them say nothing more
GROUPS = 4  # for each dataset that is allowed


class Walk:
    """What was found on the way: groups parents first, in the order of their links, each once."""

    def __init__(self, stream: Metered, limits: Limits, base: int = 0) -> None:
        self.attributes: dict[str, dict[str, Json]] = {}
        self.weights: dict[str, Weight] = {}
        self.faults: list[Fault] = []
        self.declared = Declared(limits)
        self.lost: list[str] = []  # what cannot be read, or has its values behind the end of the file
        self.displaced = False  # something cannot be read that does not reach the end of the file
        self._stream, self._limits, self._base = stream, limits, base  # base: the byte of the content that addresses count from
        self._groups = GROUPS * limits.datasets
        self._objects = Objects(stream, limits.attribute_bytes)
        self._open: list[tuple[str, int, tuple[int, ...]]] = []  # path, address, addresses of the groups around it
        self._visited: set[int] = set()

    def run(self, root: int) -> None:
        """Visit everything below the root group at this address, as far as the limits allow."""
        self._open.append(("", root, ()))
        try:
            while self._open:
                self._visit(*self._open.pop())
        except Exhausted:
            self._limit("hdf5_bytes", self._stream.spent, self._stream.allowance)
        except Full as full:
            self._limit("datasets", full.found, self._limits.datasets)

    def _visit(self, path: str, address: int, around: tuple[int, ...]) -> None:
        short = self._stream.short
        try:
            header = self._objects.header(address)
            if header.outline.array:
                self._array(path[1:], header)
            elif header.outline.unknown:
                raise ValueError("it is neither a group nor an array")
            else:
                self._group(path or "/", header, address, around)
        except DAMAGE as error:
            self.displaced = self.displaced or short == self._stream.short or not begins_header(self._stream.take(address, PREFIX))
            self.lost.append(path[1:] or "/")
            self._note(FaultKind.HDF5_UNREADABLE, "weights", why=_why(error), group=path or "/")

    def _group(self, path: str, header: Header, address: int, around: tuple[int, ...]) -> None:
        if address in self._visited:
            self._link(Link(path[1:], "cycle" if address in around else "hard"))
            return
        self._visited.add(address)
        if len(self._visited) > self._groups:
            raise Full(len(self._visited))
        kept = self.attributes[path] = {}
        for attribute in self._objects.attributes(header) if header.outline.attributes else ():
            self._attribute(path, attribute, kept)
        if len(around) >= self._limits.hdf5_depth:
            self._limit("hdf5_depth", len(around) + 1, self._limits.hdf5_depth, group=path)
        else:
            self._children(path.rstrip("/"), header, (*around, address))

    def _children(self, path: str, header: Header, around: tuple[int, ...]) -> None:
        plain = plain_links(self._stream, header)
        if plain is None:
            self._odd_children(path, header, around)
            return
        if len(plain) > self._groups:
            raise Full(len(plain))
        found = [(f"{path}/{name}", address, around) for name, address in reversed(plain)]
        self._stream.spend(sum(len(place) for place, _, _ in found))
        self._open += found

    def _odd_children(self, path: str, header: Header, around: tuple[int, ...]) -> None:
        """What can be found of a group in which something is not as Keras writes it, told link by link."""
        found: list[tuple[str, int, tuple[int, ...]]] = []
        names: set[str] = set()
        try:
            for name, kind, address, to, file in self._objects.links(header):
                place = f"{path}/{name}"
                if name in names:
                    self._note(FaultKind.HDF5_SAME_NAME, "weights", name=name, what="link", group=path or "/")
                names.add(name)
                self._stream.spend(len(place))
                if name in NO_NAMES or "/" in name:  # its path would be that of another object, and hide it
                    self._note(FaultKind.HDF5_SAME_NAME, "weights", name=name, what="path", group=path or "/")
                    continue
                if kind != "hard":
                    self._link(Link(place[1:], kind, to=to, file=file))
                    continue
                found.append((place, address, around))
                if len(found) > self._groups:
                    raise Full(len(found))
        finally:
            self._open += reversed(found)

    def _attribute(self, path: str, attribute: Attribute, kept: dict[str, Json]) -> None:
        name, error = attribute.name, attribute.error
        if name in kept:
            self._note(FaultKind.HDF5_SAME_NAME, "attributes", name=name, what="attribute", group=path)
        if isinstance(error, TooLarge):
            self._limit("attribute_bytes", error.found, self._limits.attribute_bytes, group=path, attribute=name)
        elif isinstance(error, Unlike) and not name.startswith(READ_BY_KERAS):
            return  # a reference, say: whole, and nothing that anyone asks for
        elif error is not None:
            self._note(FaultKind.HDF5_UNREADABLE, "attributes", why=_why(error), group=path, attribute=name)
        else:
            kept[name] = attribute.value if path == "/" and name.startswith(JSON_TEXTS) else printable(attribute.value)

    def _array(self, name: str, header: Header) -> None:
        shape, dtype, storage, end, files, size, start, filters = self._objects.array(header)
        if len(self.weights) >= self._limits.datasets:
            raise Full(len(self.weights) + 1)
        behind = end > self._stream.size
        self.weights[name] = Weight(shape, dtype, name, None, -1 if start is None or behind else self._base + start)
        self.declared.add(name, shape, size)
        if files:
            self._note(FaultKind.HDF5_EXTERNAL_STORAGE, "weights", name=name, files=list(files))
        elif storage == "virtual":
            self._note(FaultKind.HDF5_VIRTUAL, "weights", name=name)
        elif filters:
            self._note(FaultKind.HDF5_FILTER, "weights", name=name, filters=list(filters))
        elif behind:
            self.lost.append(name)

    def beyond(self) -> list[Fault]:
        """Of a file that is as long as it says: the arrays that say to stand behind its end."""
        named = {fault.detail.get("group") for fault in self.faults}
        lost = [name for name in self.lost if f"/{name}" not in named and name in self.weights]
        why = "its numbers should stand beyond the end"
        return [Fault(FaultKind.HDF5_UNREADABLE.value, "weights", {"why": why, "group": f"/{name}"}) for name in lost[:FAULTS]]

    def _link(self, link: Link) -> None:
        self._note(FaultKind.HDF5_LINK, "weights", name=link.name, link=link.kind, to=link.to, file=link.file)

    def _limit(self, limit: str, found: int, allowed: int, **where: str) -> None:
        self.faults.append(Fault(FaultKind.LIMIT.value, "file", {"limit": limit, "allowed": allowed, "found": found, **where}))

    def _note(self, kind: FaultKind, part: str, **detail: Json) -> None:
        if len(self.faults) < FAULTS:
            self.faults.append(Fault(kind.value, part, detail))


class Full(Exception):
    """More objects than the limit."""

    def __init__(self, found: int) -> None:
        super().__init__(found)
        self.found = found


def printable(value: Json) -> Json:
    """The same attribute value with U+FFFD for whatever is no UTF-8."""
    if isinstance(value, str) and not value.isascii():
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return [printable(item) for item in value] if isinstance(value, list) else value


def _why(error: Exception) -> str:
    return str(error)[:200] or type(error).__name__
