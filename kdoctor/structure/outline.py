"""The objects of a file without those that a layer holds which is like one before: these are told by that one.

A model has thousands of layers, of few kinds, and each holds initializers, policies and tensors of its own: almost all that is asked of them
is asked of one of each kind, and of all only where that one has something to say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from operator import itemgetter
from typing import Final, NamedTuple, TypeVar

from kdoctor.document import Document, Json
from kdoctor.pointer import Key
from kdoctor.structure.alike import OWN, kinds
from kdoctor.structure.objects import BRANCHES, DEEP, PARTS, VALUES, Node, Serialized, as_nodes, deep_objects, objects, serialized
from kdoctor.structure.plain_calls import called_plainly

T = TypeVar("T")
DEEPEST: Final = DEEP // 2  # two calls for each key
TENSOR: Final = "__keras_tensor__"  # which stands in calls, of which an outline has not all


class Outline(NamedTuple):
    """found: all objects, as `serialized` has them, but those that a layer holds which is like one before, its calls excepted.

    inner: those among them that a layer holds which later ones are like, as the `id` of each: there are more where these are.
    """

    found: tuple[Serialized, ...]
    inner: frozenset[int]


@lru_cache(maxsize=4)
def outline(document: Document) -> Outline:
    """Never raises, whatever the file nests."""
    kind = kinds(document)
    like_it = Counter(kind.values())
    walk = _Walk(
        {own for own, first in kind.items() if own != first},
        {first for first, count in like_it.items() if count > 1},
        called_plainly(document),
    )
    for part in PARTS:
        walk.of(part, document.parts.get(part))
    return Outline(tuple(walk.found), frozenset(walk.inner))


class _Walk:
    """Depth first, as `objects` are found; repeated: layers like one before; first: layers that later ones are like; plain: `called_plainly`."""

    def __init__(self, repeated: Collection[int], first: Collection[int], plain: Collection[int]) -> None:
        self.found: list[Serialized] = []
        self.inner: set[int] = set()
        self._repeated, self._first, self._plain = repeated, first, plain
        self._part = ""
        self._place: list[Key] = []
        self._within = False

    def of(self, part: str, root: Json) -> None:
        self._part = part
        if type(root) in BRANCHES:
            self._visit(root)

    def _visit(self, value: Json) -> None:
        if len(self._place) > DEEPEST:
            for keys, raw in deep_objects(value, tuple(self._place)):
                self._note(keys, raw, held=True)  # nobody looked what is like what down there
        elif type(value) is not dict:
            self._all(enumerate(value))
        elif "class_name" not in value or "config" not in value:
            self._all(value.items())
        else:
            self._note(tuple(self._place), value)
            if (own := id(value)) in self._repeated:
                self._all((key, value[key]) for key in OWN[1:] if key in value and own not in self._plain)
            elif own in self._first and not self._within:
                self._within = True
                self._all(value.items())
                self._within = False
            else:
                self._all(value.items())

    def _all(self, items: Iterable[tuple[Key, Json]]) -> None:
        for key, inner in items:
            if type(inner) in BRANCHES and inner:
                self._place.append(key)
                self._visit(inner)
                self._place.pop()

    def _note(self, keys: tuple[Key, ...], raw: Mapping[str, Json], *, held: bool = False) -> None:
        self.found.append((self._part, keys, raw))
        if held or self._within:
            self.inner.add(id(raw))


@lru_cache(maxsize=4)
def outlined(document: Document) -> tuple[Node, ...]:
    """The objects of the outline: every listed layer, and what is held by one of each kind."""
    return as_nodes(outline(document).found)


@lru_cache(maxsize=4)
def telling(document: Document) -> tuple[Node, ...]:
    """The same without the layers that are like one before.

    Who goes by neither the names nor the connections of layers, and finds nothing in these, finds nothing in any object.
    """
    kind = kinds(document)
    return tuple([node for node in outlined(document) if kind.get(own := id(node.raw), own) == own])


@lru_cache(maxsize=4)
def is_whole(document: Document) -> bool:
    """Whether no layer is like one before: then all objects stand in the outline, and all of them are telling."""
    return all(own == first for own, first in kinds(document).items())


def found_in_objects(document: Document, judge: Callable[[Node], Iterable[T]], *, named: bool = False) -> Iterator[T]:
    """What such a judge finds in each object, in the order of the file; named: of one that goes by names and connections, too."""
    told = {node.at: (id(node.raw), found) for node in (outlined(document) if named else telling(document)) if (found := (*judge(node),))}
    if told:
        within = not outline(document).inner.isdisjoint(own for own, _ in told.values())
        for node in objects(document) if within else outlined(document):
            yield from told[node.at][1] if node.at in told else judge(node)


def found_in_serialized(document: Document, judge: Callable[[Serialized], Iterable[T]]) -> Iterator[T]:
    """The same of a judge of every dict that Keras takes for an object, whatever its class name is."""
    drawn = outline(document)
    told = {one[:2]: (id(one[2]), found) for one in drawn.found if (found := (*judge(one),))}
    if told:
        within = not drawn.inner.isdisjoint(own for own, _ in told.values())
        for one in serialized(document) if within else drawn.found:
            yield from told[one[:2]][1] if one[:2] in told else judge(one)


def objects_named(document: Document, names: Iterable[str]) -> tuple[Node, ...]:
    """The objects whose class has one of these names, in the order of the file; a class that is registered in a package has its own name there."""
    asked = {*names}
    by_name, held = _by_name(document, True)
    if not asked.isdisjoint(held):
        by_name, _ = _by_name(document, False)
    found = [item for name in asked for item in by_name.get(name, ())]
    found.sort(key=itemgetter(0))
    return tuple(node for _, node in found)


def class_names(document: Document) -> Collection[str]:
    """The names of the classes of all objects, each once, without a package."""
    return _by_name(document, True)[0].keys()


@lru_cache(maxsize=4)
def encoded_values(document: Document) -> frozenset[str]:
    """Which of Keras 3's plain values (`VALUES`) stand anywhere as objects, tensors left out."""
    names = (raw["class_name"] for _, _, raw in outline(document).found)
    return frozenset(name for name in names if isinstance(name, str) and name in VALUES and name != TENSOR)


@lru_cache(maxsize=8)
def _by_name(document: Document, drawn: bool) -> tuple[Mapping[str, list[tuple[int, Node]]], Collection[str]]:
    """Every object of the outline, or of all, with its number, by the name of its class without that of the package; and the names of inner ones."""
    found: dict[str, list[tuple[int, Node]]] = {}
    inner = outline(document).inner if drawn else frozenset()
    held: set[str] = set()
    for number, node in enumerate(outlined(document) if drawn else objects(document)):
        found.setdefault(node.class_name, []).append((number, node))
        if id(node.raw) in inner:
            held.add(node.class_name.rpartition(">")[2])
    merged: dict[str, list[tuple[int, Node]]] = {}
    for name, items in found.items():
        merged.setdefault(name.rpartition(">")[2], []).extend(items)
    return merged, held
