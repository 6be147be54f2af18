"""Which architecture of ``keras.applications`` arrays belong to, by their shapes alone: no two of them have the same ones.

The table, applications.json, has a row for each architecture with its top and without it: how many arrays there are, a digest of
all their shapes, and, with a top, the shape of the last kernel, in which the number of classes is free. `generate_applications` makes it.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

from kdoctor.document import Json
from kdoctor.keras_api.data import table

Lengths: TypeAlias = "tuple[int, ...]"
DIGITS: Final = 16


class Application(NamedTuple):
    """One row. ``given``: the arguments that change shapes; ``arrays`` and ``digest``: of those without the last kernel and bias, of which
    ``last`` is the kernel's shape without its classes (None for an architecture without its top)."""

    name: str
    given: Mapping[str, Json]
    arrays: int
    digest: str
    last: Lengths | None


class Match(NamedTuple):
    """An architecture whose arrays these are; ``classes``: of its top (None without one); ``layer``: the layer that holds them, where not
    all arrays of the file are its; ``more``: how many arrays of layers behind it there are beside them."""

    application: Application
    classes: int | None
    layer: str = ""
    more: int = 0

    @property
    def call(self) -> str:
        """The Python that makes the architecture; a fixed input is left to whoever calls it."""
        top = {} if self.application.last is not None else {"include_top": False}
        classes = {"classes": self.classes} if self.classes not in (None, 1000) else {}
        told = {"weights": None, **top, **self.application.given, **classes}
        return f"keras.applications.{self.application.name}({', '.join(f'{name}={value!r}' for name, value in told.items())})"


def matches(layers: Sequence[tuple[str, Sequence[Lengths]]]) -> tuple[Match, ...]:
    """What fits the arrays of layers, named, in the order of the file: those of one layer, all of them, or those of the first layers."""
    shapes = [shape for _, own in layers for shape in own]
    nested = [Match(one.application, one.classes, name) for name, own in layers for one in _whole(own)]
    return tuple(nested or [*_whole(shapes)] or _first(layers, len(shapes)))


def digest(shapes: Iterable[Lengths]) -> str:
    """What tells shapes from others, whatever their order."""
    return hashlib.sha256(json.dumps(sorted(map(list, shapes))).encode()).hexdigest()[:DIGITS]


def _whole(shapes: Sequence[Lengths]) -> Iterator[Match]:
    """Architectures of which these are all arrays."""
    table, known = _by_count(), Counter(shapes)
    bare = table.get((len(shapes), False), ())
    if bare:
        own = digest(shapes)
        yield from (Match(one, None) for one in bare if one.digest == own)
    for one in table.get((len(shapes) - 2, True), ()):
        assert one.last is not None
        for classes in {shape[0] for shape in known if len(shape) == 1 and (*one.last, shape[0]) in known}:
            rest = known - Counter([(*one.last, classes), (classes,)])
            if rest.total() == one.arrays and digest(rest.elements()) == one.digest:
                yield Match(one, classes)


def _first(layers: Sequence[tuple[str, Sequence[Lengths]]], count: int) -> Iterator[Match]:
    """An architecture without its top, and layers of the user's own behind it: those of an ``.h5`` come last, and in an archive, which sorts
    layers by class, Dense ones are the user's: no architecture has any without its top."""
    own = [shape for name, shapes in layers if not name.startswith("dense") for shape in shapes]
    if len(own) < count and (found := [one for one in _whole(own) if one.classes is None]):
        yield from (Match(one.application, None, "", count - len(own)) for one in found)
        return
    shapes: list[Lengths] = []
    for _, more in layers:
        shapes += more
        yield from (Match(one.application, None, "", count - len(shapes)) for one in _whole(shapes) if one.classes is None)


@lru_cache(maxsize=1)
def _by_count() -> Mapping[tuple[int, bool], tuple[Application, ...]]:
    """The rows by how many arrays they have, and whether there is a top beside them."""
    found: dict[tuple[int, bool], tuple[Application, ...]] = {}
    for one in applications():
        key = (one.arrays, one.last is not None)
        found[key] = (*found.get(key, ()), one)
    return found


@lru_cache(maxsize=1)
def applications() -> tuple[Application, ...]:
    """All rows of the table."""
    told = table("applications.json")
    return tuple(
        Application(name, given, arrays, digest, None if last is None else tuple(last))
        for name, given, arrays, digest, last in told["rows"]
    )
