"""A Sequential of Keras 1 that begins with a Merge of other Sequential models, as the graph of layers that it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

from kdoctor.document import Json
from kdoctor.structure.naming import fresh
from kdoctor.structure.objects import Node

SEQUENTIAL, MERGE, INPUT = "Sequential", "Merge", "InputLayer"
SHAPE, DTYPE = "batch_input_shape", "input_dtype"

Layer: TypeAlias = Mapping[str, Json]


class _Call(NamedTuple):
    """A layer, and of how many of the tensors that were made last it is called."""

    layer: Layer
    tensors: int


def begins_with_branches(node: Node) -> bool:
    """Whether it is the whole model, and begins with a Merge that holds the models whose outputs it takes."""
    listed = _listed(node.raw)
    return not node.at.keys and listed is not None and _branches(listed[0]) is not None


def as_graph(node: Node, taken: set[str]) -> dict[str, Json] | None:
    """The model as Keras 1 wrote one with a graph; None where a layer has no name of its own or no input shape.

    The layers keep their names, which the groups of weights bear: Keras 1 stores those of all branches side by side. taken: the names
    that the file has.
    """
    graph: list[Json] = []
    inputs: list[Json] = []
    ends: list[str] = []
    called: set[str] = set()
    steps: list[Layer | _Call] = [node.raw]
    while steps:
        step = steps.pop()
        if isinstance(step, _Call):
            name = _name(step.layer)
            if name is None or name in called:
                return None
            called.add(name)
            calls = [[[end, 0, 0] for end in ends[-step.tensors :]]]
            del ends[-step.tensors :]
            graph.append({**step.layer, "name": name, "inbound_nodes": calls})
            ends.append(name)
            continue
        listed = _listed(step)
        if listed is None:
            return None
        first, branches = listed[0], _branches(listed[0])
        steps.extend(_Call(layer, 1) for layer in reversed(listed[1:]))
        if branches is not None:
            steps.append(_Call(_without(first, "layers"), len(branches)))
            steps.extend(reversed(branches))
        elif (entry := _entry(first, taken)) is not None:
            graph.append(entry)
            inputs.append([entry["name"], 0, 0])
            ends.append(str(entry["name"]))
            if first.get("class_name") != INPUT:
                steps.append(_Call(_without(first, SHAPE), 1))
        else:
            return None
    config = {"name": fresh("model", taken), "layers": graph, "input_layers": inputs, "output_layers": [[ends[-1], 0, 0]]}
    return {**node.raw, "class_name": "Model", "config": config}


def _listed(model: Layer) -> Sequence[Layer] | None:
    """The layers of a Sequential, whose config Keras 1 wrote as their bare list."""
    config = model.get("config") if model.get("class_name") == SEQUENTIAL else None
    found = config.get("layers") if isinstance(config, Mapping) else config
    whole = (
        isinstance(found, list) and found and all(isinstance(one, Mapping) and isinstance(one.get("config"), (dict, list)) for one in found)
    )
    return found if whole else None


def _branches(layer: Layer) -> Sequence[Layer] | None:
    found = layer["config"].get("layers") if layer.get("class_name") == MERGE and isinstance(layer["config"], Mapping) else None
    return found if isinstance(found, list) and found and all(isinstance(one, Mapping) for one in found) else None


def _name(layer: Layer) -> str | None:
    config = layer["config"]
    found = config.get("name") if isinstance(config, Mapping) else None
    return found if isinstance(found, str) else None


def _without(layer: Layer, argument: str) -> Layer:
    config = layer["config"]
    return (
        {**layer, "config": {name: value for name, value in config.items() if name != argument}} if isinstance(config, Mapping) else layer
    )


def _entry(layer: Layer, taken: set[str]) -> dict[str, Json] | None:
    """The InputLayer that begins a branch, or that its first layer's shape speaks of, by the name that Keras 1 gave it."""
    config, name = layer["config"], _name(layer)
    if name is None or not isinstance(config, Mapping) or not isinstance(config.get(SHAPE), list):
        return None
    if layer.get("class_name") == INPUT:
        return {**layer, "name": name, "inbound_nodes": []}
    called = fresh(f"{name}_input", taken)
    taken.add(called)
    said = {"name": called, SHAPE: config[SHAPE], "dtype": config.get(DTYPE) or "float32", "sparse": False}
    return {"class_name": "InputLayer", "name": called, "config": said, "inbound_nodes": []}
