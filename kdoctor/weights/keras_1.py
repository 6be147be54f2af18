"""The arrays of a Keras 1 layer, laid out as later releases have them.

Sources: keras/engine/topology.py (preprocess_weights_for_loading) and keras/layers/recurrent.py of Keras 2.0.9 and 1.2.2.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from kdoctor.document import ABSENT, Document, Weight
from kdoctor.edit import Edit
from kdoctor.keras_1 import plain_class
from kdoctor.pointer import Pointer
from kdoctor.recipe import flip, join, reshape, transpose
from kdoctor.structure.objects import Node, as_node

if TYPE_CHECKING:
    from kdoctor.recipe_steps import Recipe

ROOT = "model_weights"
# class -> gates in the order of Keras 1, and in today's
GATES = {"LSTM": ("icfo", "ifco"), "GRU": ("zrh", "zrh"), "ConvLSTM2D": ("icfo", "ifco")}
ROLES = ("kernel", "recurrent_kernel", "bias")
TRANSPOSED = "Deconvolution2D"  # whose kernel was (rows, columns, input, output), as that of a convolution (K.deconv2d of 1.2.2)
DIRECTIONS = ("forward_", "backward_")


def relaid(document: Document, node: Node) -> tuple[Edit, ...] | None:
    """Edits that lay out a layer's arrays anew; empty where they stand as they should, None where they are not as expected.

    Kernels of a file written with Theano are turned: Theano convolves, all others correlate. Its arrays have names without ``:0``.
    """
    if not _laid_out(node):
        return ()
    holder, outermost = _holder(document, node), _outermost(document, node)
    direct = outermost is None or (holder is not None and outermost.at == holder.at)
    owner = (holder or node).name if direct or outermost is None else outermost.name
    group = f"/{ROOT}/{_group(document, owner)}"
    listed = document.attributes.get(group, {}).get("weight_names")
    if not isinstance(listed, list) or not all(isinstance(name, str) for name in listed):
        return None
    names = listed if direct else [name for name in listed if _is_of(node, name)]
    weights = [weight for name in names if (weight := document.weights.get(f"{group[1:]}/{name}")) is not None]
    if len(weights) != len(names) or not names:
        return None
    if node.class_name in GATES:
        return _gated(node, group, listed, dict(zip(names, weights, strict=True)), _directions(holder))
    return _convolved(node, group, names[0], weights[0])


def _outermost(document: Document, node: Node) -> Node | None:
    """The layer of the model itself that holds this one: a wrapper, or a nested model, whose group keeps the arrays of all its layers."""
    for length in range(1, len(node.at.keys)):
        at = Pointer(node.at.part, node.at.keys[:length])
        found = as_node(document.at(at), at)
        if found is not None:
            return found
    return None


def _is_of(node: Node, name: str) -> bool:
    """Whether an array in the group of a nested model is the layer's, by what Keras 1 called it: ``forward_lstm_1_W_i:0``."""
    return (
        re.fullmatch(rf"(forward_|backward_)?{re.escape(node.name or '')}_([WUb](_[a-z])?|(depth|point)wise_kernel)(:0)?", name) is not None
    )


def _directions(holder: Node | None) -> int:
    return 2 if holder is not None and holder.class_name == "Bidirectional" else 1


def _group(document: Document, owner: str | None) -> str | None:
    """The group of a layer, which goes on bearing the name with slashes that the layer was saved with (K207)."""
    if f"/{ROOT}/{owner}" in document.attributes:
        return owner
    listed = document.attributes.get(f"/{ROOT}", {}).get("layer_names")
    found = [name for name in listed if isinstance(name, str) and name.replace("/", "_") == owner] if isinstance(listed, list) else []
    return found[0] if len(found) == 1 else owner


def _holder(document: Document, node: Node) -> Node | None:
    """The wrapper that holds the layer, and its arrays in a group of its own."""
    if node.key != "layer" or len(node.at.keys) < 2:
        return None
    at = node.at.parent.parent
    return as_node(document.at(at), at)


def _laid_out(node: Node) -> bool:
    return node.class_name in GATES or node.class_name == TRANSPOSED or plain_class(node).startswith("Convolution")


def _gated(node: Node, group: str, listed: Sequence[str], weights: Mapping[str, Weight], directions: int) -> tuple[Edit, ...] | None:
    """Three arrays for each gate become three in all, the gates side by side; of a Bidirectional in one direction, then in the other.

    An LSTM or a GRU with ``consume_less="gpu"`` had them so: its gates stand in today's order.
    """
    old, new = GATES[node.class_name]
    each = 3 * len(old)
    if len(weights) == 3 * directions and _side_by_side(tuple(weights.values()), len(old)):
        return ()
    if len(weights) != each * directions:
        return None
    at = Pointer("weights")
    edits = [Edit(at / f"{group[1:]}/{name}", old=weight, new=ABSENT) for name, weight in weights.items()]
    fresh = []
    for direction in range(directions):
        own = tuple(weights.items())[direction * each : (direction + 1) * each]
        by_gate = {gate: own[3 * n : 3 * n + 3] for n, gate in enumerate(old)}
        for place, role in enumerate(ROLES):
            fresh.append(f"{DIRECTIONS[direction] if directions > 1 else ''}{node.name}_{role}")
            made = _joined([by_gate[gate][place] for gate in new])
            edits.append(Edit(at / f"{group[1:]}/{fresh[-1]}", old=ABSENT, new=Weight.made(made)))
    first = next(n for n, name in enumerate(listed) if name in weights)
    after = [name for name in listed[first:] if name not in weights]
    return (*edits, Edit(Pointer("attributes", (group, "weight_names")), old=list(listed), new=[*listed[:first], *fresh, *after]))


def _side_by_side(weights: Sequence[Weight], gates: int) -> bool:
    return all(len(w.shape) == 2 and w.shape[1] == gates * u.shape[0] for w, u in zip(weights[::3], weights[1::3], strict=True))


def _joined(gates: Sequence[tuple[str, Weight]]) -> Recipe:
    """The arrays of the gates, side by side along their last axis; kernels of Theano are turned."""
    made = join(len(gates[0][1].shape) - 1, [weight.numbers for _, weight in gates])
    spatial = len(made.shape) - 2
    return flip(made, range(spatial)) if spatial > 0 and not gates[0][0].endswith(":0") else made


def _convolved(node: Node, group: str, name: str, kernel: Weight) -> tuple[Edit, ...] | None:
    """A Convolution1D's kernel lost an axis of length one; Theano's kernels are turned along their spatial axes."""
    made: Recipe = kernel.numbers
    if plain_class(node) == "Convolution1D":
        if len(kernel.shape) != 4 or kernel.shape[1] != 1:
            return None
        made = reshape(made, (kernel.shape[0], *kernel.shape[2:]))
    if node.class_name == TRANSPOSED:
        if len(kernel.shape) != 4 or not name.endswith(":0"):
            return None
        made = transpose(made, (0, 1, 3, 2))
    if not name.endswith(":0"):
        made = flip(made, range(len(made.shape) - 2))
    return () if made == kernel.numbers else (Edit(Pointer("weights", (f"{group[1:]}/{name}",)), old=kernel, new=Weight.made(made)),)
