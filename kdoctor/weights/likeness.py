"""Which arrays of one layer are the same in two containers, where its class does not tell what they are."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence

from kdoctor.document import Document
from kdoctor.weights.accounting import Holding

Side = tuple[Document, Mapping[str, Holding]]


def same_numbers(one: Document, left: Holding, other: Document, right: Holding) -> bool:
    """Whether two arrays of one shape and type hold the same bytes; True where neither was looked at. A mean depends on how it was summed."""
    a, b = one.numbers.get(left.path), other.numbers.get(right.path)
    if a is None or b is None:
        return a is b
    return (a.count, a.checksum) == (b.count, b.checksum)


def alike(one: Side, other: Side) -> Iterator[tuple[str, str]]:
    """The names of two arrays each, of those of one layer.

    The variables of a layer, and of each layer within it, stand together in one order in both containers; what is left has a role, numbers
    or a shape of its own.
    """
    left, right = dict(one[1]), dict(other[1])
    for by_numbers in (True, False):
        ours, theirs = _groups(one[0], left, by_numbers), _groups(other[0], right, by_numbers)
        for mark, groups in ours.items():
            for group, like in zip(groups, theirs.get(mark, ()), strict=False):
                yield from _taken(left, group, right, like)
    for by_role, by_numbers in ((True, True), (True, False), (False, True), (False, False)):
        mine, its = _marked(one[0], left, by_role, by_numbers), _marked(other[0], right, by_role, by_numbers)
        for mark, names in mine.items():
            found = its.get(mark, [])
            yield from _taken(left, names[: len(found)], right, found[: len(names)])


def _taken(left: dict[str, Holding], ours: Sequence[str], right: dict[str, Holding], theirs: Sequence[str]) -> Iterator[tuple[str, str]]:
    for name, other in zip(ours, theirs, strict=True):
        del left[name], right[other]
        yield name, other


def _groups(document: Document, some: Mapping[str, Holding], by_numbers: bool) -> Mapping[Hashable, list[list[str]]]:
    """The groups of a container, by what is in them."""
    members: dict[str, list[str]] = {}
    for name, held in some.items():
        members.setdefault(held.path.rpartition("/")[0], []).append(name)
    found: dict[Hashable, list[list[str]]] = {}
    for names in members.values():
        found.setdefault(tuple(_mark(document, some[name], False, by_numbers) for name in names), []).append(names)
    return found


def _marked(document: Document, some: Mapping[str, Holding], by_role: bool, by_numbers: bool) -> Mapping[Hashable, list[str]]:
    found: dict[Hashable, list[str]] = {}
    for name, held in some.items():
        found.setdefault(_mark(document, held, by_role, by_numbers), []).append(name)
    return found


def _mark(document: Document, held: Holding, by_role: bool, by_numbers: bool) -> Hashable:
    role = held.role or held.path.rpartition("/")[2].split(":")[0]
    numbers = document.numbers.get(held.path) if by_numbers else None
    return role if by_role else "", held.weight.shape, held.weight.dtype, numbers and (numbers.count, numbers.checksum)
