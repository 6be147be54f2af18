"""Operations of Keras 3 that a layer of Keras 2 does as well: arithmetic with numbers and tensors, activations.

Keras 3 records ``x + 3.0`` in a Functional model as an operation (``keras.src.ops.numpy.Add``); Keras 2 has none, but its Rescaling layer
computes the same, and so do its merging layers for two tensors.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kdoctor.convert.refusal import NotConvertible
from kdoctor.document import Json
from kdoctor.objects import Node

OPERATIONS: Final = ("keras.src.ops", "keras.ops")
MERGES: Final = {"Add": "Add", "Subtract": "Subtract", "Multiply": "Multiply", "Maximum": "Maximum", "Minimum": "Minimum"}
ACTIVATIONS: Final = {
    "Relu": "relu", "Relu6": "relu6", "Sigmoid": "sigmoid", "Tanh": "tanh", "Silu": "silu", "Softplus": "softplus", "Softsign": "softsign",
    "Exp": "exponential",
}  # fmt: skip


def is_operation(node: Node) -> bool:
    """Whether a listed layer is an operation and no layer: some bear the same name (Add, Reshape, Softmax)."""
    return (node.module or "").startswith(OPERATIONS)


def as_layer(node: Node) -> dict[str, Json]:
    """A layer of Keras 2, connected as in Keras 3's config. Raises `NotConvertible` where there is none."""
    nodes = node.raw.get("inbound_nodes")
    call = nodes[0] if isinstance(nodes, list) and len(nodes) == 1 and isinstance(nodes[0], Mapping) else {}
    args = call.get("args")
    found = _layer(node, args) if isinstance(args, list) and not call.get("kwargs") else None
    if found is None:
        raise NotConvertible(f"Keras 2 has no layer for the operation {node.class_name}")
    class_name, config, inputs = found
    name = node.raw.get("name", node.name)
    calls = [{"args": [inputs], "kwargs": {}}]
    return {"class_name": class_name, "config": {"name": name, **config}, "name": name, "inbound_nodes": calls}


def _layer(node: Node, args: list[Json]) -> tuple[str, dict[str, Json], Json] | None:
    settings = {key for key in node.config if key not in ("name", "dtype")}
    if node.class_name in ACTIVATIONS and len(args) == 1 and not settings:
        return "Activation", {"activation": ACTIVATIONS[node.class_name]}, args[0]
    if len(args) != 2 or settings:
        return None
    numbers = [type(arg) in (int, float) for arg in args]
    if not any(numbers):
        return (MERGES[node.class_name], {}, args) if node.class_name in MERGES and all(isinstance(arg, Mapping) for arg in args) else None
    tensor, number = (args[1], args[0]) if numbers[0] else (args[0], args[1])
    line = _line(node.class_name, number, numbers[0])
    return None if line is None or all(numbers) else ("Rescaling", {"scale": line[0], "offset": line[1]}, tensor)


def _line(operation: str, number: float, first: bool) -> tuple[float, float] | None:
    """Factor and summand of what the operation does with a tensor; ``first``: the number stands before the operator."""
    if operation == "Add":
        return 1.0, float(number)
    if operation == "Subtract":
        return (-1.0, float(number)) if first else (1.0, -float(number))
    if operation == "Multiply":
        return float(number), 0.0
    return (1.0 / number, 0.0) if operation in ("Divide", "TrueDivide") and not first and number else None
