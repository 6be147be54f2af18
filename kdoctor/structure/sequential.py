"""What a Sequential model says about the shape of its input: in up to four places, which should agree."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from kdoctor.document import Document, Json
from kdoctor.pointer import Pointer
from kdoctor.structure.layers import layer_list, layer_nodes, layers
from kdoctor.structure.manifest import weights_by_layer
from kdoctor.structure.objects import Node, as_node, is_authors
from kdoctor.structure.outline import objects_named

Shape: TypeAlias = "tuple[int | None, ...]"  # elements by axis, the batch first; None is any length

# Layers whose first stored kernel states the length of the features axis of their input: the kernel's axis that does, from the end.
FEATURE_AXIS = {"Dense": -2, "LSTM": -2, "GRU": -2, "SimpleRNN": -2, "Conv1D": -2, "Conv2D": -2, "Conv3D": -2}
# Keys of an InputLayer that state its shape; those without "batch" leave out the first axis.
BATCH_KEYS = ("batch_shape", "batch_input_shape")
SHAPE_KEYS = ("shape", "input_shape")


# What tf.keras writes for a tuple or a TensorShape, with its items; the reader of ``.h5`` files takes it (legacy json_utils.decode).
WRAPPED_SHAPES = ("__tuple__", "TensorShape")
_TEXT = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
LONGEST = 19  # digits of a length
DEEPEST = 20  # models within models that anybody saves


class Statement(NamedTuple):
    """A place that states the input shape, and the shape that it states, the batch axis first."""

    at: Pointer
    shape: Shape


class Stack(NamedTuple):
    """A Sequential model: its object, its layers in order, where their list stands, and those of them that are an InputLayer."""

    model: Node
    layers: tuple[Node, ...]
    at: Pointer
    inputs: tuple[Node, ...]

    @property
    def built(self) -> tuple[Statement, ...]:
        """What the model itself was built with: ``build_input_shape`` and ``build_config``."""
        places = [(self.model.at / "config" / "build_input_shape", self.model.config.get("build_input_shape"))]
        places.append((self.model.at / "build_config" / "input_shape", self.model.build_config.get("input_shape")))
        return tuple(Statement(at, shape) for at, value in places if (shape := as_shape(value)) is not None)

    @property
    def first(self) -> Node | None:
        """The first layer that computes something."""
        return next((layer for layer in self.layers if layer.class_name != "InputLayer"), None)


@lru_cache(maxsize=4)
def stacks(document: Document) -> tuple[Stack, ...]:
    """Every Sequential model in the config, the outermost first."""
    return tuple(
        _stack(node) for node in objects_named(document, ("Sequential",)) if node.class_name == "Sequential" and node.at.part == "config"
    )


def stack_at(document: Document, place: Pointer) -> Stack | None:
    """The stack of the model that stands at a place."""
    stack = _by_place(document).get(place)
    return stack if stack is not None and stack.model.at == place else None


def stack_around(document: Document, layer: Node) -> Stack | None:
    """The stack in whose list a layer stands."""
    stack = _by_place(document).get(layer.at.parent)
    return stack if stack is not None and stack.at == layer.at.parent else None


def stack_that_begins(document: Document, layer: Node) -> Stack | None:
    """The stack whose first layer this is."""
    stack = stack_around(document, layer)
    return stack if stack is not None and stack.layers and stack.layers[0].at == layer.at else None


@lru_cache(maxsize=4)
def _by_place(document: Document) -> Mapping[Pointer, Stack]:
    return {place: stack for stack in stacks(document) for place in (stack.model.at, stack.at)}


def _stack(model: Node) -> Stack:
    layers = layer_nodes(model)
    return Stack(model, layers, layer_list(model)[1], tuple([layer for layer in layers if layer.class_name == "InputLayer"]))


def statements(layer: Node) -> Iterator[Statement]:
    """The input shapes that a layer's own config states: an InputLayer's shape, or ``batch_input_shape`` of a first layer."""
    for key in (*BATCH_KEYS, *SHAPE_KEYS):
        shape = as_shape(layer.config.get(key))
        if shape is not None:
            yield Statement(layer.at / "config" / key, (None, *shape) if key in SHAPE_KEYS else shape)


def states_its_input(model: Node, depth: int = 0) -> bool:
    """Whether a Sequential begins with an InputLayer that states a shape, or with a model that does: Keras puts it together from that alone."""
    if model.class_name != "Sequential" or depth > DEEPEST:
        return False
    items, at = layer_list(model)
    first = as_node(items[0], at / 0) if items else None
    if first is None:
        return False
    return any(statements(first)) if first.class_name == "InputLayer" else states_its_input(first, depth + 1)


def as_shape(value: Json) -> Shape | None:
    """A shape from JSON, as a list or as the object that tf.keras makes of a tuple; None for anything else, several shapes included."""
    if value is None:  # as most places say
        return None
    if type(value) is not list:  # as almost all others are: to ask for a kind of collection takes longer than the rest
        if isinstance(value, Mapping) and value.get("class_name") in WRAPPED_SHAPES:
            value = value.get("items")
        if not isinstance(value, Sequence) or isinstance(value, str):
            return None
    for length in value:
        if length is not None and type(length) is not int:
            return None
    return tuple(value) or None


def meant_shape(value: Json) -> Shape | None:
    """The shape that a value can only mean which no constructor takes: its text, one in a list of its own, lengths as texts or 4.0."""
    if isinstance(value, str):
        found = _TEXT.fullmatch(value.strip())
        value = [part.strip() for part in found[1].split(",") if part.strip()] if found else None
    if isinstance(value, Mapping):
        return as_shape(value)
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], list):
        value = value[0]
    if not isinstance(value, list) or not value:
        return None
    lengths = [_length(length) for length in value]
    return None if -1 in lengths else tuple(lengths)


def _length(value: Json) -> int | None:
    """A length of an axis, -1 where the value means none."""
    if value is None or value == "None":
        return None
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdecimal() and len(value) <= LONGEST else -1
    whole = type(value) is int or (isinstance(value, float) and value.is_integer())
    return int(value) if whole and value >= 0 else -1


def agree(one: Shape, other: Shape) -> bool:
    """Whether an array can have both shapes: equal rank, and equal lengths where both are stated."""
    return len(one) == len(other) and all(a == b or a is None or b is None for a, b in zip(one, other, strict=True))


def features_of(document: Document, layer: Node) -> int | None:
    """The length of a layer's input on the features axis, as its stored kernel proves it; None where nothing does."""
    axis, kernel = FEATURE_AXIS.get(layer.class_name), kernel_of(document, layer)
    groups = layer.config.get("groups", 1)
    if axis is None or kernel is None or type(groups) is not int or is_authors(layer):
        return None
    return kernel[axis] * groups


def kernel_of(document: Document, layer: Node) -> tuple[int, ...] | None:
    """Shape of the kernel stored for a layer; None where none is, where several candidates differ, or where it is packed (int4)."""
    return _kernels(document).get(layer.at) if _unpacked(layer) else None


@lru_cache(maxsize=4)
def _kernels(document: Document) -> dict[Pointer, tuple[int, ...]]:
    found = {}
    for row, owned in zip(layers(document), weights_by_layer(document), strict=True):
        shapes = {weight.shape for path, weight in owned.items() if is_kernel(path) and len(weight.shape) >= 2}
        if len(shapes) == 1:  # two models of one name in an .h5 share a group: then nothing is proven
            found[row.at] = shapes.pop()
    return found


def _unpacked(layer: Node) -> bool:
    """Whether the kernel is stored in its own shape: quantization policies other than int8 and float8 pack several values in one."""
    policy = layer.config.get("dtype")
    mode = policy.get("config", {}).get("mode") if isinstance(policy, Mapping) and isinstance(policy.get("config"), Mapping) else None
    return mode is None or str(mode).split("/")[0] in ("int8", "float8")


def is_kernel(path: str) -> bool:
    """Whether a weight path is that of a layer's first kernel: ``…/vars/0``, ``…/kernel:0``, ``…/kernel``, ``dense_1_W``, ``dense_1_W:0``."""
    last = path.rsplit("/", 1)[-1]
    return last in ("0", "kernel", "kernel:0") or last.removesuffix(":0").endswith("_W")
