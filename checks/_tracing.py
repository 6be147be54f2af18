"""Whether Keras can follow symbols through a model; where it cannot, a Sequential stays unbuilt, and a Functional does not load."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kdoctor.check import Finding, Repair, Safety
from kdoctor.custom.custom_objects import plain_name
from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.structure.layers import layer_nodes
from kdoctor.structure.models import Model
from kdoctor.structure.objects import Node, as_node, is_authors
from kdoctor.structure.sequential import Stack
from kdoctor.target import Target

FAMILY = ("keras", "tensorflow", "tf_keras")
# Layers without shape inference of their own: inside TimeDistributed, which asks for it, tracing gives up. The release is the first one
# that infers their shapes. Measured with every layer of Keras 3.0.5, 3.6.0, 3.9.2 and 3.15.1, and read in 3.10 to 3.14, 2026-11-20.
NEVER = (99, 0)
UNTRACEABLE = {
    "Pipeline": NEVER,
    "LSTMCell": NEVER,
    "GRUCell": NEVER,
    "SimpleRNNCell": NEVER,
    "StackedRNNCells": NEVER,
    "Wrapper": NEVER,
    "Layer": NEVER,
    "Hashing": (3, 15),
    "Discretization": (3, 14),
    # Models got theirs in 3.4.0 (models/sequential.py, models/functional.py): run in 3.0.5 and 3.6.0, read in 3.1.1, 3.2.1, 3.3.3 and 3.4.1
    "Sequential": (3, 4),
    "Functional": (3, 4),
    "Model": (3, 4),
}


def certainly_untraced(stack: Stack, target: Target) -> Node | None:
    """The first layer that tracing certainly stops at: Sequential.build catches the NotImplementedError, and leaves the model unbuilt."""
    return next((layer for layer in _flat(stack.layers) if _untraced(layer, target) is not None), None)


def untraced_in_graph(model: Model, target: Target) -> Iterator[Finding]:
    """The layers that a Functional model cannot be put together with: nothing catches the NotImplementedError there."""
    for layer in _flat([one.node for one in model.layers]):
        inner = _untraced(layer, target)
        if inner is None:
            continue
        since = UNTRACEABLE.get(inner.class_name, NEVER)
        cure = "call what it holds without TimeDistributed" if since == NEVER else f"load it with Keras {since[0]}.{since[1]} or later"
        if _of_the_user(inner, target):
            cure = f"give {inner.class_name} a method compute_output_shape(self, input_shape)"
        yield Finding(
            layer.at,
            f"{layer.class_name} {layer.name!r} holds a {inner.class_name}, whose output shape {target} cannot infer there",
            repair=Repair(cure, safety=Safety.ADVICE),
            layer=layer.name,
            keras_says=f"NotImplementedError: Layer {inner.class_name} should implement `def compute_output_shape(self, input_shape)`.",
        )


def perhaps_untraced(stack: Stack, target: Target) -> bool:
    """Whether a layer is there whose code decides: a Lambda, a class that is not Keras's."""
    found = any(layer.class_name == "Lambda" or not from_keras(layer) for layer in _flat(stack.layers))
    return found or certainly_untraced(stack, target) is not None


def _untraced(layer: Node, target: Target) -> Node | None:
    """What a TimeDistributed of Keras 3 holds, the innermost of several, where its shape is not inferred; Keras 2 calls it to see."""
    inner = layer
    while inner.class_name == "TimeDistributed" and from_keras(inner):
        held = as_node(inner.config.get("layer"), inner.at / "config" / "layer")
        if held is None:
            return None
        inner = held
    if inner is layer or not target.keras_3:
        return None
    unknown = from_keras(inner) and target.minor < UNTRACEABLE.get(inner.class_name, (0, 0))
    return inner if unknown or _of_the_user(inner, target) else None


def _of_the_user(layer: Node, target: Target) -> bool:
    """Whether it is a plain layer of the user's own source, without a ``compute_output_shape``: that of Keras 3 raises."""
    definition = target.given.code.get(plain_name(layer))
    if definition is None or not definition.is_class or definition.tells_shape:
        return False
    keras = from_keras(layer) and not is_authors(layer)
    return not keras or Catalogue.load(target.release, target.family).legacy("layer", layer.class_name) is None


def _flat(layers: Iterable[Node]) -> list[Node]:
    """The layers, those of nested Sequential models included."""
    found, waiting = [], list(reversed([*layers]))
    while waiting:
        layer = waiting.pop()
        found.append(layer)
        waiting.extend(reversed(layer_nodes(layer)) if layer.class_name == "Sequential" else ())
    return found


def from_keras(layer: Node) -> bool:
    return layer.module is None or layer.module.split(".")[0] in FAMILY
