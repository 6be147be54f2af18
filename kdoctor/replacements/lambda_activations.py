"""Functions that stand as a layer's activation: the layer without it, and the function as a Lambda layer after it, which is then cured as such."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from kdoctor.document import Document, Json
from kdoctor.edit import Edit, apply
from kdoctor.graph.shapes import output_shapes
from kdoctor.pointer import Pointer
from kdoctor.replacements.graph_order import ordered
from kdoctor.structure.lambdas import Lambda, lambdas
from kdoctor.structure.layers import Layer, layer_at, layer_list, layers
from kdoctor.structure.naming import fresh
from kdoctor.structure.objects import CODE, as_node, objects

KEY = "activation"
# Layers whose activation is the last thing that they do.
LAST: Final = frozenset(
    """
    Dense EinsumDense Conv1D Conv2D Conv3D Conv1DTranspose Conv2DTranspose Conv3DTranspose DepthwiseConv1D DepthwiseConv2D SeparableConv1D
    SeparableConv2D
    """.split()  # noqa: SIM905 (a table of names)
)


@dataclass(slots=True)
class Apart:
    """A document in which activations are layers of their own.

    origin: the place of every function now, and where it stood in the file; containers: of the models that got another layer;
    reasons: why an activation stays, by its place in the file.
    """

    document: Document
    origin: dict[Pointer, Pointer]
    containers: set[Pointer]
    reasons: dict[Pointer, str]
    changed: bool = False

    def moved(self, list_at: Pointer, after: int) -> None:
        """A layer was put in behind another: what came later has another place."""

        def now(at: Pointer) -> Pointer:
            place = len(list_at.keys)
            index = at.keys[place] if list_at.holds(at) and len(at.keys) > place else None
            if not isinstance(index, int) or index <= after:
                return at
            return Pointer(at.part, (*at.keys[:place], index + 1, *at.keys[place + 1 :]))

        self.origin = {now(at): was for at, was in self.origin.items()}
        self.containers = {now(at) for at in self.containers}


def apart(document: Document, left_alone: Iterable[Pointer]) -> Apart:
    """Every activation that can be, taken apart; those that stand in ``left_alone`` stay."""
    found = Apart(document, {each.at: each.at for each in lambdas(document)}, set(), {})
    done = set(left_alone)
    while (function := next((each for each in lambdas(found.document) if _waits(each, found, done)), None)) is not None:
        was = found.origin[function.at]
        done.add(was)
        layer = next((each for each in layers(found.document) if each.at == function.at.parent.parent), None)
        why = _stays(found.document, function, layer)
        if why is not None or layer is None:
            found.reasons[was] = why or ""
        else:
            _take(found, function, layer)
    return found


def in_order(document: Document, containers: Iterable[Pointer]) -> Document:
    """The layers of these models as Keras 3 orders them, the innermost models first."""
    for at in sorted(containers, key=lambda at: -len(at.keys)):
        config = document.at(at / "config")
        listed = ordered(config["layers"], config["output_layers"])
        document = apply(document, [Edit(at / "config" / "layers", old=config["layers"], new=listed)])
    return document


def masked(document: Document) -> bool:
    """Whether a layer of the model makes masks."""
    return any(node.class_name == "Masking" or bool(node.config.get("mask_zero")) for node in objects(document))


def _waits(each: Lambda, found: Apart, done: set[Pointer]) -> bool:
    return each.key == KEY and each.at.part == "config" and each.code is not None and found.origin.get(each.at) not in {*done, None}


def _stays(document: Document, function: Lambda, layer: Layer | None) -> str | None:
    """Why the activation cannot be a layer of its own."""
    if layer is None:
        holder = layer_at(document, function.at)
        return f"an activation that is used within a {holder.class_name}" if holder is not None else "an activation outside of any layer"
    if layer.class_name != "Activation" and layer.class_name not in LAST:
        return f"a {layer.class_name} uses its activation in the midst of its work"
    if layer.node.config.get("activity_regularizer") is not None:
        return "the layer's activity_regularizer looks at what comes after the activation"
    return "masks pass through the layer" if masked(document) else None


def _take(found: Apart, function: Lambda, layer: Layer) -> None:
    container = as_node(found.document.at(layer.container), layer.container)
    assert container is not None
    items, at = layer_list(container)
    whole = layer.class_name == "Activation"
    taken = {name for each in layers(found.document) for name in (each.name, each.key)}
    name = layer.name if whole else fresh(f"{layer.name}_activation", taken)
    made = _lambda(found.document, function, layer, name, keeps_calls=whole)
    graph = "output_layers" in container.config
    listed, place = list(items), layer.number if whole else len(items) if graph else layer.number + 1
    edits: list[Edit] = []
    if whole:
        listed[place] = made
    else:
        raw = dict(layer.node.raw)
        listed[layer.number] = {**raw, "config": {**raw["config"], KEY: "linear"}}
        if graph:
            listed = [_renamed_calls(item, layer.key, name) for item in listed]
            ends = container.config["output_layers"]
            edits.append(Edit(container.at / "config" / "output_layers", old=ends, new=_renamed(ends, layer.key, name)))
            found.containers.add(container.at)
        else:
            found.moved(at, layer.number)
        listed.insert(place, made)
    found.document = apply(found.document, [Edit(at, old=items, new=listed), *(edit for edit in edits if edit.old != edit.new)])
    found.origin[at / place / "config" / "function"] = found.origin.pop(function.at)
    found.changed = True


def _lambda(document: Document, function: Lambda, layer: Layer, name: str, keeps_calls: bool) -> dict[str, Json]:
    """The Lambda layer that computes the activation."""
    raw, stored = layer.node.raw, document.at(function.at)
    code = stored if stored.get("class_name") == CODE else {"class_name": CODE, "config": stored}
    config = {key: layer.node.config[key] for key in ("trainable", "dtype") if key in layer.node.config}
    beside = {key: raw[key] for key in ("module", "registered_name") if key in raw}
    made = {**beside, "class_name": "Lambda", "config": {"name": name, **config, "function": code, "arguments": {}}}
    if "name" in raw:
        made["name"] = name
    if "inbound_nodes" in raw:
        calls = raw["inbound_nodes"]
        made["inbound_nodes"] = calls if keeps_calls else [_call(document, layer, number, call) for number, call in enumerate(calls)]
    return made


def _call(document: Document, layer: Layer, number: int, before: Json) -> Json:
    """A call with what another call of the layer returns, in the form of that one."""
    if not isinstance(before, Mapping):
        return [[layer.key, number, 0, {}]]
    shape = output_shapes(document).get(layer.at) or (None,)
    config = {"shape": list(shape), "dtype": "float32", "keras_history": [layer.key, number, 0]}
    return {"args": [{"class_name": "__keras_tensor__", "config": config}], "kwargs": {}}


def _renamed_calls(item: Json, old: str, new: str) -> Json:
    if not isinstance(item, Mapping) or "inbound_nodes" not in item:
        return item
    return {**item, "inbound_nodes": _renamed(item["inbound_nodes"], old, new)}


def _renamed(value: Json, old: str, new: str) -> Json:
    """Every reference to a layer's output, ``[name, call, output, …]``, made one to another layer's."""
    if isinstance(value, list):
        if len(value) > 2 and value[0] == old and type(value[1]) is int:
            return [new, *(_renamed(item, old, new) for item in value[1:])]
        return [_renamed(item, old, new) for item in value]
    return {key: _renamed(item, old, new) for key, item in value.items()} if isinstance(value, Mapping) else value
