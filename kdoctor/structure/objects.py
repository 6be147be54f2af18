"""Serialized Keras objects, as the config names them, in both dialects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import chain
from typing import NamedTuple, TypeAlias

from kdoctor.document import EMPTY, Document, Json
from kdoctor.pointer import Key, Pointer

# Keras 3 encodes plain values in the same form as objects: serialization_lib.serialize_keras_object.
VALUES = frozenset({"__keras_tensor__", "__tensor__", "__numpy__", "__bytes__", "__ellipsis__", "__slice__", "__tuple__", "__typespec__"})
CODE = "__lambda__"
FUNCTION = "function"
PARTS = ("config", "training", "objects")  # the last of a SavedModel, which has no other
BRANCHES = frozenset({dict, list})  # of JSON
MODELS = frozenset({"Functional", "Sequential", "Model"})
# kdoctor's own Keras 3 layer for a TensorFlow Hub module, as Keras registers it (kdoctor/hub/layer.py).
HUB_MODULE, HUB_CLASS, HUB_REGISTERED = "kdoctor.hub.layer", "HubLayer", "kdoctor>HubLayer"


DEEP = 256  # keys, beyond which nothing is left to Python's stack

Chain: TypeAlias = "tuple[Chain, Key] | None"  # the keys that lead to a value, the last one outermost
Serialized: TypeAlias = "tuple[str, tuple[Key, ...], Mapping[str, Json]]"  # part, keys, dict


class Node(NamedTuple):
    """One serialized object: a dict with ``class_name`` and ``config``.

    ``at`` points to the dict. ``config`` is empty where the file stores none or a list (`layers` reads that form).
    """

    at: Pointer
    class_name: str
    module: str | None
    registered_name: str | None
    config: Mapping[str, Json]
    raw: Mapping[str, Json]

    def __eq__(self, other: object) -> bool:
        """The same object at the same place, not one that reads alike: a model's config may be as deep as Python's stack."""
        return isinstance(other, Node) and self.raw is other.raw and self.at == other.at

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self.at)

    @property
    def name(self) -> str | None:
        """The layer's name, from the config (where Keras takes it) or else from beside it."""
        found = self.config.get("name")
        if not isinstance(found, str):
            found = self.raw.get("name")
        return found if isinstance(found, str) else None

    @property
    def build_config(self) -> Mapping[str, Json]:
        found = self.raw.get("build_config")
        return found if isinstance(found, dict) else EMPTY

    @property
    def key(self) -> str | None:
        """The key in the config under which it stands (``kernel_initializer``, ``layer``, …); None in a list."""
        last = self.at.keys[-1] if self.at.keys else None
        return last if isinstance(last, str) else None


def is_repaired_hub(node: Node) -> bool:
    """Whether the object is the layer that kdoctor writes for a TensorFlow Hub module."""
    return HUB_REGISTERED in (node.registered_name, node.class_name)


def is_authors(node: Node) -> bool:
    """Whether the saving program defined the class itself: Keras then states no module and the class's own name, whatever Keras has of that name."""
    return "module" in node.raw and node.raw["module"] is None and node.registered_name is not None


def as_node(value: Json, at: Pointer) -> Node | None:
    """The object that a JSON value serializes, if it is one."""
    if not isinstance(value, dict) or not isinstance(value.get("class_name"), str) or "config" not in value:
        return None
    module, registered, config = value.get("module"), value.get("registered_name"), value["config"]
    words = module if isinstance(module, str) else None, registered if isinstance(registered, str) else None
    return tuple.__new__(
        Node, (at, value["class_name"], *words, config if isinstance(config, dict) else EMPTY, value)
    )  # a call less for each of thousands


def as_nodes(found: Iterable[Serialized]) -> tuple[Node, ...]:
    """Those that are objects, encoded plain values left out."""
    named = [one for one in found if type(name := one[2]["class_name"]) is str and name not in VALUES]
    nodes = [as_node(value, tuple.__new__(Pointer, (part, keys))) for part, keys, value in named]
    return tuple([node for node in nodes if node is not None])


@lru_cache(maxsize=4)
def objects(document: Document) -> tuple[Node, ...]:
    """Every serialized object of config, training state and a SavedModel, outermost first, encoded plain values left out."""
    return as_nodes(serialized(document))


@lru_cache(maxsize=4)
def serialized(document: Document) -> tuple[Serialized, ...]:
    """Every dict of config, training state and a SavedModel's objects that Keras takes for an object, outermost first, whatever its class name is."""
    return tuple(chain.from_iterable(_found(part, document.parts.get(part)) for part in PARTS))


def _found(part: str, root: Json) -> list[Serialized]:
    """Depth first, by recursion as far as that is safe: it takes half the time of a stack of one's own, and every look at a file begins here."""
    found: list[Serialized] = []
    place: list[Key] = []  # of the value that is looked at: keys are copied for objects alone

    def visit(value: Json) -> None:
        if len(place) > DEEP:
            found.extend((part, keys, inner) for keys, inner in deep_objects(value, tuple(place)))
            return
        if type(value) is dict:
            if "class_name" in value and "config" in value:
                found.append((part, tuple(place), value))
            for key, inner in value.items():
                if type(inner) in BRANCHES and inner:
                    place.append(key)
                    visit(inner)
                    place.pop()
        else:
            for index, inner in enumerate(value):
                if type(inner) in BRANCHES and inner:
                    place.append(index)
                    visit(inner)
                    place.pop()

    if type(root) in BRANCHES:
        visit(root)
    return found


def deep_objects(root: Json, above: tuple[Key, ...]) -> Iterator[tuple[tuple[Key, ...], Mapping[str, Json]]]:
    """Without recursion: hostile files nest deeper than Python's stack. A place is a chain of keys until an object stands there."""
    stack: list[tuple[tuple[Key, ...], Chain, Json]] = [
        (above, None, root)
    ]  # the place of the object around it, and the keys from there on
    while stack:
        above, place, value = stack.pop()
        if isinstance(value, dict):
            if "class_name" in value and "config" in value:
                above, place = above + _keys(place), None
                yield above, value
            inside = [(above, (place, key), inner) for key, inner in value.items() if type(inner) in BRANCHES and inner]
        else:
            inside = [(above, (place, index), inner) for index, inner in enumerate(value) if type(inner) in BRANCHES and inner]
        inside.reverse()
        stack += inside


def _keys(place: Chain) -> tuple[Key, ...]:
    found: list[Key] = []
    while place is not None:
        place, key = place
        found.append(key)
    found.reverse()
    return tuple(found)


def model_of(document: Document) -> Node | None:
    """The root object of the config: the model itself. A Keras 1/2 Sequential, whose config is a list, counts."""
    return as_node(document.config, Pointer("config"))
