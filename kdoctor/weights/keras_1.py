"""The arrays of a Keras 1 layer, laid out as later releases have them.

Sources: keras/engine/topology.py (preprocess_weights_for_loading) and keras/layers/recurrent.py of Keras 2.0.9 and 1.2.2.
"""

from __future__ import annotations

from collections.abc import Sequence

from kdoctor.document import ABSENT, Document, Weight
from kdoctor.edit import Edit
from kdoctor.keras_1 import plain_class
from kdoctor.pointer import Pointer
from kdoctor.recipe import Recipe, flip, join, reshape
from kdoctor.structure.objects import Node, as_node

ROOT = "model_weights"
# class -> gates in the order of Keras 1, and in today's
GATES = {"LSTM": ("icfo", "ifco"), "GRU": ("zrh", "zrh")}
ROLES = ("kernel", "recurrent_kernel", "bias")
DIRECTIONS = ("forward_", "backward_")


def relaid(document: Document, node: Node) -> tuple[Edit, ...] | None:
    """Edits that lay out a layer's arrays anew; empty where they stand as they should, None where they are not as expected.

    Kernels of a file written with Theano are turned: Theano convolves, all others correlate. Its arrays have names without ``:0``.
    """
    holder = _holder(document, node)
    owner = (holder or node).name
    group = f"/{ROOT}/{_group(document, owner)}"
    names = document.attributes.get(group, {}).get("weight_names")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return () if not _laid_out(node) else None
    weights = [document.weights.get(f"{group[1:]}/{name}") for name in names]
    known = [weight for weight in weights if weight is not None]
    if len(known) != len(weights):
        return None
    if node.class_name in GATES:
        directions = 2 if holder is not None and holder.class_name == "Bidirectional" else 1
        return _gated(node, group, names, known, directions)
    if plain_class(node).startswith("Convolution") and holder is None:
        return _convolved(node, group, names, known)
    return ()


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
    return node.class_name in GATES or plain_class(node).startswith("Convolution")


def _gated(node: Node, group: str, names: Sequence[str], weights: Sequence[Weight], directions: int) -> tuple[Edit, ...] | None:
    """Three arrays for each gate become three in all, the gates side by side; of a Bidirectional in one direction, then in the other."""
    old, new = GATES[node.class_name]
    each = 3 * len(old)
    if len(weights) != each * directions:
        return None
    at = Pointer("weights")
    edits = [Edit(at / f"{group[1:]}/{name}", old=weight, new=ABSENT) for name, weight in zip(names, weights, strict=True)]
    fresh = []
    for direction in range(directions):
        own = weights[direction * each : (direction + 1) * each]
        by_gate = {gate: [weight.numbers for weight in own[3 * n : 3 * n + 3]] for n, gate in enumerate(old)}
        for place, role in enumerate(ROLES):
            fresh.append(f"{DIRECTIONS[direction] if directions > 1 else ''}{node.name}_{role}")
            made = join(0 if role == "bias" else 1, [by_gate[gate][place] for gate in new])
            edits.append(Edit(at / f"{group[1:]}/{fresh[-1]}", old=ABSENT, new=Weight.made(made)))
    return (*edits, Edit(Pointer("attributes", (group, "weight_names")), old=list(names), new=fresh))


def _convolved(node: Node, group: str, names: Sequence[str], weights: Sequence[Weight]) -> tuple[Edit, ...] | None:
    """A Convolution1D's kernel lost an axis of length one; Theano's kernels are turned along their spatial axes."""
    kernel, name = weights[0], names[0]
    made: Recipe = kernel.numbers
    if plain_class(node) == "Convolution1D":
        if len(kernel.shape) != 4 or kernel.shape[1] != 1:
            return None
        made = reshape(made, (kernel.shape[0], *kernel.shape[2:]))
    if not name.endswith(":0"):
        made = flip(made, range(len(made.shape) - 2))
    return () if made == kernel.numbers else (Edit(Pointer("weights", (f"{group[1:]}/{name}",)), old=kernel, new=Weight.made(made)),)
