"""A change as a value: what stands where, and what shall stand there instead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from kdoctor.document import ABSENT, Document, Json
from kdoctor.errors import EditConflict
from kdoctor.pointer import Key, Pointer


class Edit(NamedTuple):
    """Replace ``old`` by ``new`` at a place; either may be `ABSENT`.

    ``old`` is the precondition: an edit applies only where exactly ``old`` stands (compare-and-set).
    """

    at: Pointer
    old: Json
    new: Json

    def inverse(self) -> Edit:
        return Edit(self.at, old=self.new, new=self.old)


def apply(document: Document, edits: Iterable[Edit]) -> Document:
    """The document with all edits made, in order.

    Raises `EditConflict` when an edit's precondition does not hold; then nothing was changed, as nothing ever is.
    """
    parts = dict(document.parts)
    for edit in edits:
        found = Document(document.format, parts).at(edit.at)
        if not same(found, edit.old):
            raise EditConflict(f"{edit.at} is not what the repair expects: {_short(found)} instead of {_short(edit.old)}")
        changed = _with(parts, (edit.at.part, *edit.at.keys), edit.new, edit.at)
        parts = dict(changed)
    return document.replacing(parts)


class Footprint:
    """The places that some edits touch, so that one look tells whether another edit overlaps any of them."""

    def __init__(self, edits: Iterable[Edit] = ()) -> None:
        self._places: set[Pointer] = set()
        self._around: set[Pointer] = set()
        self._dropped: dict[Pointer, int] = {}  # list -> first item of it that goes
        self._reached: dict[Pointer, int] = {}  # list -> last item of it that is touched
        for edit in edits:
            self.add(edit)

    def add(self, edit: Edit) -> None:
        self._places.add(edit.at)
        for around, key in _around(edit.at):
            self._around.add(around)
            if isinstance(key, int):
                self._reached[around] = max(key, self._reached.get(around, key))
        if (index := _dropped(edit)) is not None:
            self._dropped[edit.at.parent] = min(index, self._dropped.get(edit.at.parent, index))

    def overlaps(self, edit: Edit) -> bool:
        """Whether an edit touches the same place, one inside or around it, or is moved, or moves, by an item that goes before it."""
        if edit.at in self._places or edit.at in self._around:
            return True
        if any(around in self._places or _behind(key, self._dropped.get(around)) for around, key in _around(edit.at)):
            return True
        index = _dropped(edit)
        return index is not None and _behind(self._reached.get(edit.at.parent), index)


def _around(at: Pointer) -> Iterator[tuple[Pointer, Key]]:
    """Each container on the way to a place, with the key that leads on from there."""
    for end, key in enumerate(at.keys):
        yield Pointer(at.part, at.keys[:end]), key


def _dropped(edit: Edit) -> int | None:
    """The index of the item that an edit takes out of a list. A part's own numbers are ordinals, which stay."""
    last = edit.at.keys[-1] if len(edit.at.keys) > 1 else None
    return last if edit.new is ABSENT and isinstance(last, int) else None


def _behind(key: Key | None, dropped: int | None) -> bool:
    return dropped is not None and isinstance(key, int) and key > dropped


def diff(before: Document, after: Document) -> list[Edit]:
    """The smallest edits that lead from one document to the other, in the order of the parts."""
    edits: list[Edit] = []
    for part in sorted({*before.parts, *after.parts}):
        edits += _differences(Pointer(part), before.parts.get(part, ABSENT), after.parts.get(part, ABSENT))
    return edits


def same(one: Json, other: Json) -> bool:
    """Equality as JSON sees it: ``1``, ``1.0`` and ``true`` differ, NaN equals NaN, lists and tuples with equal items are equal."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if _is_list(one) and _is_list(other):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    return type(one) is type(other) and bool(one == other or (one != one and other != other))


def _is_list(value: Json) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


def _with(value: Json, keys: Sequence[Key], new: Json, at: Pointer) -> Json:
    """A copy of ``value`` with ``new`` under ``keys``; only the containers on the way are copied."""
    if not keys:
        return new
    head, rest = keys[0], keys[1:]
    if isinstance(value, Mapping):
        copy = dict(value)
        inner = _with(copy.get(head, ABSENT), rest, new, at)
        if inner is ABSENT:
            copy.pop(head, None)
        else:
            copy[head] = inner
        return copy
    if _is_list(value) and isinstance(head, int):
        return _with_item(list(value), head, rest, new, at)
    raise EditConflict(f"{at} leads through something that is neither an object nor a list")


def _with_item(items: list[Json], index: int, rest: Sequence[Key], new: Json, at: Pointer) -> list[Json]:
    """A list edit: replace or remove an item, or (old ABSENT, index at the end) append one."""
    if index == len(items) and not rest:
        return [*items, new]
    if not 0 <= index < len(items):
        raise EditConflict(f"{at} points past the end of a list of {len(items)}")
    inner = _with(items[index], rest, new, at)
    return items[:index] + ([] if inner is ABSENT else [inner]) + items[index + 1 :]


def _differences(at: Pointer, old: Json, new: Json) -> Iterator[Edit]:
    if same(old, new):
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in [*old, *(key for key in new if key not in old)]:
            yield from _differences(at / key, old.get(key, ABSENT), new.get(key, ABSENT))
    elif _is_list(old) and _is_list(new) and len(old) == len(new):
        for index, (a, b) in enumerate(zip(old, new, strict=True)):
            yield from _differences(at / index, a, b)
    else:
        yield Edit(at, old, new)


def _short(value: Json) -> str:
    text = "nothing" if value is ABSENT else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
