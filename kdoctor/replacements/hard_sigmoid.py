"""Keras 1 and 2's hard_sigmoid in terms of Keras 3's: the same numbers through scaled weights.

Keras 1/2: clip(0.2 x + 0.5, 0, 1). Keras 3: relu6(x + 3) / 6. So old(x) = new(1.2 x), and what is added up to x can be scaled
instead: the columns of kernel, recurrent kernel and bias that belong to the gates in question (measured: equal to within 2e-7).

Where nothing can be scaled (an Activation, a layer whose activation follows a sum of its own, an archive), the old function is spelled
out in layers that mean the same to every Keras, and Keras 3.10 and later take such a model for an activation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from kdoctor.document import ABSENT, Document, Json, Weight
from kdoctor.edit import Edit
from kdoctor.keras_api.variables.variable import Variable
from kdoctor.pointer import Pointer, innermost
from kdoctor.recipe import scale
from kdoctor.saved_release import CONVERTED_FROM, origin_of
from kdoctor.structure.objects import Node, objects
from kdoctor.weights.stored import fits
from kdoctor.weights.stored_h5 import ledger

if TYPE_CHECKING:
    from kdoctor.recipe_steps import Recipe

NAME = "hard_sigmoid"
FACTOR = 1.2
# class -> the gates, in order, and those that go through the recurrent activation (keras/src/layers/rnn)
GATES = {"LSTM": (4, (0, 1, 3)), "GRU": (3, (0, 1)), "ConvLSTM2D": (4, (0, 1, 3))}
PLAIN = frozenset({"Dense", "Conv1D", "Conv2D", "Conv3D"})
ROLES = frozenset({"kernel", "recurrent_kernel", "bias"})
KEYS = ("activation", "recurrent_activation", "inner_activation")


def users(document: Document) -> tuple[tuple[Node, str], ...]:
    """Every object that names the function, and the config key that does."""
    return tuple((node, key) for node in objects(document) if node.at.part == "config" for key in KEYS if node.config.get(key) == NAME)


def rescaled(document: Document, factor: float = FACTOR, release: str = "3.0.0") -> tuple[Edit, ...] | None:
    """Edits after which Keras 3 computes what the file's own Keras did; None where one user of the function has no weights to scale.

    The stated release becomes ``release``, so that nobody scales twice; that of a file of Keras 2 stands beside it from then on, for
    whatever else it means. Only for ``.h5`` files, whose layers' weights are known. The
    way back, to Keras 2, is a ``factor`` of 1 / 1.2.
    """
    found = ledger(document)
    pairs = {row.node.at: (row, group) for row, group in found.pairs} if found is not None else {}
    edits: list[Edit] = []
    for node, key in users(document):
        owner = innermost(pairs, node.at)
        if owner is None or owner[0].variables is None or len(owner[0].variables) != len(owner[1].weights):
            return None
        row, group = owner
        paths = [f"model_weights/{group.name}/{name}" for name in group.names]
        made = list(_scaled(node, key, row.node, row.variables or (), group.weights, paths, factor))
        if not made:
            return None
        edits += made
    return (*_once(edits), *_dated(document, release, factor > 1)) if edits else None


def spelled_out(document: Document) -> tuple[Edit, ...]:
    """Edits that put the old function itself wherever its name stands; for a target that reads layers as activations."""
    return tuple(Edit(node.at / "config" / key, old=NAME, new=_spelled(node)) for node, key in users(document))


def _spelled(node: Node) -> dict[str, Json]:
    """min(max(0.2 x + 0.5, 0), 1), in the number type of the layer that uses it."""
    stated = node.config.get("dtype", "float32")
    dtype = (
        stated
        if isinstance(stated, str)
        else (stated.get("config") or {}).get("name", "float32")
        if isinstance(stated, dict)
        else "float32"
    )
    line = _layer("Rescaling", {"name": "line", "dtype": dtype, "scale": 0.2, "offset": 0.5})
    clip = _layer("ReLU", {"name": "clip", "dtype": dtype, "max_value": 1.0, "negative_slope": 0.0, "threshold": 0.0})
    config = {"name": "hard_sigmoid_of_keras_2", "trainable": True, "dtype": dtype, "layers": [line, clip]}
    return _layer("Sequential", config, "keras")


def _layer(class_name: str, config: dict[str, Json], module: str = "keras.layers") -> dict[str, Json]:
    return {"module": module, "class_name": class_name, "config": config, "registered_name": None}


def _scaled(
    node: Node, key: str, row: Node, variables: Sequence[Variable], weights: Sequence[Weight | None], paths: Sequence[str], factor: float
) -> Iterator[Edit]:
    """The kernel, recurrent kernel and bias of one layer, or of the layer that a wrapper of its own holds."""
    wrapped = row.class_name == "Bidirectional"
    if not (node.at == row.at or wrapped) or (node.class_name in GATES) != (key != "activation") or not _known(node):
        return
    for variable, weight, path in zip(variables, weights, paths, strict=True):
        if weight is None or not fits(variable.shape, weight.shape):  # another layer's, or turned round: its columns are not these gates
            return
        if variable.role in ROLES:
            yield Edit(
                Pointer("weights", (path,)), old=weight, new=Weight.made(_columns(node, weight.numbers, len(weight.shape) - 1, factor))
            )


def _known(node: Node) -> bool:
    return node.class_name in GATES or node.class_name in PLAIN


def _columns(node: Node, stored: Recipe, axis: int, factor: float) -> Recipe:
    """The last axis is that of the gates, side by side; a plain layer has but one."""
    count, gates = GATES.get(node.class_name, (1, (0,)))
    made: Recipe = stored
    each = stored.shape[axis] // count
    for gate in gates:
        made = scale(made, factor, axis, gate * each, (gate + 1) * each)
    return made


def _once(edits: Sequence[Edit]) -> Iterator[Edit]:
    """One edit for each array: both directions of a Bidirectional name the function in one config."""
    seen = set()
    for edit in edits:
        if edit.at not in seen:
            seen.add(edit.at)
            yield edit


def _dated(document: Document, release: str, forwards: bool) -> Iterator[Edit]:
    """The release and backend in both places where a file of Keras 3 states them; Keras 1 left most of it out."""
    for group in ("/", "/model_weights"):
        stated = document.attributes.get(group)
        if stated is None:
            continue
        at = Pointer("attributes", (group,))
        yield Edit(at / "keras_version", old=stated.get("keras_version", ABSENT), new=release)
        if "backend" not in stated:
            yield Edit(at / "backend", old=ABSENT, new="tensorflow")
        if group == "/" and forwards and (saved := origin_of(document)):
            yield Edit(at / CONVERTED_FROM, old=stated.get(CONVERTED_FROM, ABSENT), new=saved)
