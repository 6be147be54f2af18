"""Where something stands in a document: a part and the keys that lead to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias, TypeVar

Key: TypeAlias = "str | int"
Kept = TypeVar("Kept")


class Pointer(NamedTuple):
    """A place in a document, such as ``config#/config/layers/0``.

    ``part`` names one of the document's parts (config, training, metadata, attributes, weights, members, faults);
    ``keys`` lead from the part's root to the value. The text after ``#`` is a JSON pointer (RFC 6901).
    """

    part: str
    keys: tuple[Key, ...] = ()

    def __truediv__(self, key: Key) -> Pointer:
        return tuple.__new__(Pointer, (self.part, (*self.keys, key)))  # a call less for each of thousands

    @property
    def parent(self) -> Pointer:
        return Pointer(self.part, self.keys[:-1])

    @property
    def json(self) -> str:
        """The JSON pointer within the part: ``/config/layers/0``; the empty text is the whole part."""
        return "".join("/" + str(key).replace("~", "~0").replace("/", "~1") for key in self.keys)

    def holds(self, other: Pointer) -> bool:
        """Whether ``other`` is this place or lies below it."""
        return self.part == other.part and other.keys[: len(self.keys)] == self.keys

    def __str__(self) -> str:
        return f"{self.part}#{self.json}" if self.keys else self.part


def innermost(places: Mapping[Pointer, Kept], at: Pointer) -> Kept | None:
    """What is kept for the innermost of these places that is ``at``, or lies around it."""
    for end in range(len(at.keys), -1, -1):
        found = places.get(Pointer(at.part, at.keys[:end]))
        if found is not None:
            return found
    return None
