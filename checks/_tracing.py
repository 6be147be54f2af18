"""Whether Keras can follow symbols through a Sequential model; where it cannot, the model stays unbuilt after its layers are added."""

from __future__ import annotations

from kdoctor.structure.layers import layer_nodes
from kdoctor.structure.objects import Node, as_node
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
}


def certainly_untraced(stack: Stack, target: Target) -> Node | None:
    """The first layer that tracing certainly stops at: Sequential.build catches the NotImplementedError, and leaves the model unbuilt."""
    for layer in _flat(stack):
        inner = as_node(layer.config.get("layer"), layer.at / "config" / "layer") if layer.class_name == "TimeDistributed" else None
        if inner is not None and from_keras(inner) and target.minor < UNTRACEABLE.get(inner.class_name, (0, 0)):
            return layer
    return None


def perhaps_untraced(stack: Stack, target: Target) -> bool:
    """Whether a layer is there whose code decides: a Lambda, a class that is not Keras's."""
    found = any(layer.class_name == "Lambda" or not from_keras(layer) for layer in _flat(stack))
    return found or certainly_untraced(stack, target) is not None


def _flat(stack: Stack) -> list[Node]:
    """The layers, those of nested Sequential models included."""
    found, waiting = [], list(reversed(stack.layers))
    while waiting:
        layer = waiting.pop()
        found.append(layer)
        waiting.extend(reversed(layer_nodes(layer)) if layer.class_name == "Sequential" else ())
    return found


def from_keras(layer: Node) -> bool:
    return layer.module is None or layer.module.split(".")[0] in FAMILY
