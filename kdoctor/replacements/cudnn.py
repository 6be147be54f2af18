"""CuDNNLSTM and CuDNNGRU as the plain layers that compute the same: another class, and the weights laid out as that class has them.

Source: keras/engine/saving.py, _convert_rnn_weights, of Keras 2.2.5 (from CuDNN to plain): kernels gate by gate read in the other
order, recurrent kernels gate by gate transposed, the two biases of an LSTM added, those of a GRU stacked.
"""

from __future__ import annotations

from collections.abc import Sequence

from kdoctor.document import Document, Json, Weight
from kdoctor.edit import Edit
from kdoctor.pointer import Pointer, innermost
from kdoctor.recipe import Recipe, add, join, part, reshape, transpose
from kdoctor.structure.objects import Node, as_node
from kdoctor.weights.stored_h5 import Group, ledger

# class -> its plain twin, the number of gates, and what the twin must be told to compute the same
TWINS: dict[str, tuple[str, int, dict[str, Json]]] = {
    "CuDNNLSTM": ("LSTM", 4, {"activation": "tanh", "recurrent_activation": "sigmoid"}),
    "CuDNNGRU": ("GRU", 3, {"activation": "tanh", "recurrent_activation": "sigmoid", "reset_after": True}),
}
ARRAYS = 3  # kernel, recurrent kernel, biases: of each direction


def as_plain(document: Document, node: Node) -> tuple[Edit, ...] | None:
    """Edits that write one CuDNN layer, alone or inside a Bidirectional, as its twin; None where its weights are not as expected."""
    twin = TWINS.get(node.class_name)
    group = _group(document, node)
    if twin is None or group is None:
        return None
    class_name, gates, told = twin
    raw = {**node.raw, "class_name": class_name, "config": {**node.config, **told}}
    if raw.get("module") is not None:
        raw["module"] = "keras.layers"
    arrays = _arrays(document, group, gates)
    return None if arrays is None else (Edit(node.at, old=node.raw, new=raw), *arrays)


def _group(document: Document, node: Node) -> Group | None:
    """The group of the outermost layer that is, or holds, this one."""
    found = ledger(document)
    owner = innermost(found.places, node.at) if found is not None else None
    if found is None or owner is None or not (owner.node.at == node.at or _only_holds(owner.node, node)):
        return None
    return found.named.get(owner.name)


def _only_holds(owner: Node, node: Node) -> bool:
    held = as_node(owner.config.get("layer"), owner.at / "config" / "layer")
    return owner.class_name == "Bidirectional" and held is not None and held.at == node.at and "backward_layer" not in owner.config


def _arrays(document: Document, group: Group, gates: int) -> list[Edit] | None:
    """The arrays of each direction: kernel (input, gates x units), recurrent kernel (units, gates x units), biases (2 x gates x units)."""
    weights = [weight for weight in group.weights if weight is not None]
    if not weights or len(weights) != len(group.weights) or len(weights) % ARRAYS:
        return None
    edits: list[Edit] = []
    for start in range(0, len(weights), ARRAYS):
        made = _direction(weights[start : start + ARRAYS], gates)
        if made is None:
            return None
        for name, old, new in zip(group.names[start:], weights[start:], made, strict=False):
            edits.append(Edit(Pointer("weights", (f"model_weights/{group.name}/{name}",)), old=old, new=Weight.made(new)))
    return edits


def _direction(weights: Sequence[Weight], gates: int) -> tuple[Recipe, Recipe, Recipe] | None:
    kernel, recurrent, bias = (weight.numbers for weight in weights)
    units = recurrent.shape[0] if len(recurrent.shape) == 2 else 0
    if not units or recurrent.shape[1] != gates * units or kernel.shape[1:] != (gates * units,) or bias.shape != (2 * gates * units,):
        return None
    kernels = [transpose(reshape(part(kernel, 1, n * units, (n + 1) * units), (units, kernel.shape[0]))) for n in range(gates)]
    recurrents = [transpose(part(recurrent, 1, n * units, (n + 1) * units)) for n in range(gates)]
    half = gates * units
    biases = add(part(bias, 0, 0, half), part(bias, 0, half, 2 * half)) if gates == TWINS["CuDNNLSTM"][1] else reshape(bias, (2, half))
    return join(1, kernels), join(1, recurrents), biases
