"""Operations of Keras 3 that a layer of Keras 2 does as well: arithmetic with numbers and tensors, activations.

Those on whole tensors are in `kdoctor.convert.keras_2_arrangements`.

Keras 3 records ``x + 3.0`` in a Functional model as an operation (``keras.src.ops.numpy.Add``); Keras 2 has none, but its Rescaling layer
computes the same, and so do its merging layers for two tensors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from kdoctor.convert.keras_2_arrangements import arranged
from kdoctor.convert.keras_2_constants import KIND, with_constant
from kdoctor.convert.refusal import NotConvertible
from kdoctor.document import Json
from kdoctor.structure.naming import fresh
from kdoctor.structure.objects import Node

MERGES: Final = {"Add": "Add", "Subtract": "Subtract", "Multiply": "Multiply", "Maximum": "Maximum", "Minimum": "Minimum"}
ACTIVATIONS: Final = {
    "Relu": "relu", "Relu6": "relu6", "Sigmoid": "sigmoid", "Tanh": "tanh", "Silu": "silu", "Softplus": "softplus", "Softsign": "softsign",
    "Exp": "exponential", "Selu": "selu",
}  # fmt: skip

GATED: Final = frozenset({"hard_silu", "hard_swish"})  # x relu6(x + 3) / 6, an activation that no Keras 2 has


def spelled_out(layer: Json, taken: set[str]) -> list[Json]:
    """A listed layer of Keras 3, or what computes the same out of layers that every Keras 2 has: for layers that are called once."""
    rule = SPELLED.get(str(layer.get("class_name"))) if isinstance(layer, Mapping) else None
    config, nodes = (layer.get("config"), layer.get("inbound_nodes")) if rule else (None, None)
    if rule is None or not isinstance(config, Mapping) or not isinstance(nodes, list) or len(nodes) != 1:
        return [layer]
    args = nodes[0].get("args") if isinstance(nodes[0], Mapping) else None
    if not isinstance(args, list) or len(args) != 1:
        return [layer]
    told = {"dtype": config["dtype"]} if "dtype" in config else {}
    return rule(layer, config, args[0], told, taken) or [layer]


def _gated(layer: Json, config: Mapping[str, Json], given: Json, told: dict[str, Json], taken: set[str]) -> list[Json]:
    if config.get("activation") not in GATED:
        return []
    name = str(layer.get("name"))
    shift, clip, gate = (fresh(f"{name}_{part}", taken) for part in ("shift", "clip", "gate"))
    return [
        _called("Rescaling", shift, {"scale": 1.0, "offset": 3.0, **told}, given),
        _called("ReLU", clip, {"max_value": 6.0, **told}, _tensor(shift)),
        _called("Rescaling", gate, {"scale": 1 / 6, "offset": 0.0, **told}, _tensor(clip)),
        _called("Multiply", name, told, [given, _tensor(gate)]),
    ]


def _custom_scale(layer: Json, config: Mapping[str, Json], given: Json, told: dict[str, Json], taken: set[str]) -> list[Json]:
    """Of InceptionResNetV2: the first input and so many times the second. Keras 2 knows it only from the release on that registers it."""
    own = str(layer.get("module")).startswith(("keras.src.applications.", "keras.applications."))
    if not own or not isinstance(given, list) or len(given) != 2 or type(config.get("scale")) not in (int, float):
        return []
    name, scaled = str(layer.get("name")), fresh(f"{layer.get('name')}_scaled", taken)
    return [
        _called("Rescaling", scaled, {"scale": config["scale"], "offset": 0.0, **told}, given[1]),
        _called("Add", name, told, [given[0], _tensor(scaled)]),
    ]


Spelling = Callable[[Json, Mapping[str, Json], Json, "dict[str, Json]", "set[str]"], "list[Json]"]
SPELLED: Final[Mapping[str, Spelling]] = {"Activation": _gated, "CustomScaleLayer": _custom_scale}


def _called(class_name: str, name: str, config: Mapping[str, Json], given: Json) -> dict[str, Json]:
    found = {"module": "keras.layers", "class_name": class_name, "config": {"name": name, **config}, "registered_name": None}
    return {**found, "name": name, "inbound_nodes": [{"args": [given], "kwargs": {}}]}


def _tensor(name: str) -> dict[str, Json]:
    return {"class_name": "__keras_tensor__", "config": {"keras_history": [name, 0, 0]}}


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
    if not _of_one_kind(args):
        return None
    if (found := arranged(node.class_name, node.config, args)) is not None:
        return found
    if not settings and (found := with_constant(node.class_name, args)) is not None:
        return found
    if len(args) == 1 and not settings and _is_tensor(args[0]):
        return _of_one(node, args[0])
    if len(args) != 2 or settings:
        return None
    numbers = [type(arg) in (int, float) for arg in args]
    if not any(numbers):
        return (MERGES[node.class_name], {}, args) if node.class_name in MERGES and all(map(_is_tensor, args)) else None
    tensor, number = (args[1], args[0]) if numbers[0] else (args[0], args[1])
    if node.class_name == "Maximum" and number == 0 and not all(numbers):
        return "ReLU", {}, tensor
    line = _line(node.class_name, number, numbers[0])
    return None if line is None or all(numbers) else ("Rescaling", {"scale": line[0], "offset": line[1]}, tensor)


def _of_one(node: Node, tensor: Json) -> tuple[str, dict[str, Json], Json] | None:
    if node.class_name == "Negative":
        return "Rescaling", {"scale": -1.0, "offset": 0.0}, tensor
    if node.class_name == "Square":
        return "Multiply", {}, [tensor, tensor]
    if node.class_name == "Cast" and node.config.get("dtype") == KIND:  # Rescaling casts what it is given, whole numbers and truths, too
        return "Rescaling", {"scale": 1.0, "offset": 0.0, "dtype": KIND}, tensor
    return None


def _is_tensor(value: Json) -> bool:
    return isinstance(value, Mapping) and value.get("class_name") == "__keras_tensor__"


def _of_one_kind(args: Json) -> bool:
    """Whether all tensors hold numbers of one kind: Keras 3 converts them, a layer of Keras 2 fails (run in 2.15 with whole numbers and others)."""
    found, kinds = [args], set()
    while found:
        value = found.pop()
        if isinstance(value, list):
            found += value
        elif isinstance(value, Mapping) and isinstance(value.get("config"), Mapping):
            kinds.add(value["config"].get("dtype"))
    return len(kinds) <= 1


def _line(operation: str, number: float, first: bool) -> tuple[float, float] | None:
    """Factor and summand of what the operation does with a tensor; ``first``: the number stands before the operator."""
    if operation == "Add":
        return 1.0, float(number)
    if operation == "Subtract":
        return (-1.0, float(number)) if first else (1.0, -float(number))
    if operation == "Multiply":
        return float(number), 0.0
    return (1.0 / number, 0.0) if operation in ("Divide", "TrueDivide") and not first and number else None
