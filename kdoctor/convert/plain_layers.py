"""Layers of ``keras.applications`` itself, as layers that every Keras 2 finds by their names: other classes, the same numbers.

ConvNeXt's LayerScale (keras/src/applications/convnext.py) multiplies the channels, which stand last, by a number each; so does a depthwise
convolution with a window of one place. Keras 2.15 has a LayerScale, too, but registers it nowhere: no file of it loads as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kdoctor.document import Document, Json, Weight
from kdoctor.edit import Edit, apply
from kdoctor.graph.shapes import built_with, infer
from kdoctor.keras_api.variables.table import is_builtin
from kdoctor.pointer import Pointer
from kdoctor.recipe import reshape
from kdoctor.replacements.graph_order import moves
from kdoctor.weights.claims import Claim, claims

DEPTHWISE: Final[Mapping[int, str]] = {3: "DepthwiseConv1D", 4: "DepthwiseConv2D"}  # by the rank of the input


def with_plain_layers(document: Document) -> Document:
    """A ``.keras`` document without LayerScale where the rank of what it is called with is known; else the document itself."""
    ranks = {claim.node.at: rank for claim in claims(document) if (rank := _rank(document, claim)) in DEPTHWISE}
    if not ranks:
        return document
    found = {claim.node.at: claim for claim in claims(document)}
    after = apply(document, (Edit(at, old=found[at].node.raw, new=_convolution(found[at], rank)) for at, rank in ranks.items()))
    return after.replacing({**after.parts, "weights": _weights(document, after, ranks)})


def _rank(document: Document, claim: Claim) -> int:
    """Of a LayerScale's input; 0 for another layer, or where it is not known."""
    if claim.node.class_name != "LayerScale" or not is_builtin(claim.node) or not claim.variables:
        return 0
    given = infer(document).inputs.get(claim.node.at) or built_with(claim.node)
    return len(given[0]) if given and given[0] is not None else 0


def _convolution(claim: Claim, rank: int) -> dict[str, Json]:
    node = claim.node
    kept = {key: node.config[key] for key in ("name", "trainable", "dtype") if key in node.config}
    window = {"kernel_size": 1, "strides": 1, "padding": "valid", "data_format": "channels_last", "depth_multiplier": 1, "use_bias": False}
    return {
        **node.raw,
        "module": "keras.layers",
        "class_name": DEPTHWISE[rank],
        "config": {**kept, **window, "activation": "linear"},
        "registered_name": None,
    }


def _weights(before: Document, after: Document, ranks: Mapping[Pointer, int]) -> dict[str, Weight]:
    """Arrays where the layers look for them now: places are counted by class."""
    moved = dict(moves(before, after))
    weights = {moved.get(path, path): weight for path, weight in before.weights.items()}
    for claim in claims(after):
        if claim.node.at in ranks:
            path = f"{claim.place}/{(claim.variables or ())[0].path}"
            scale = weights[path]
            weights[path] = Weight.made(reshape(scale.numbers, (*(1,) * (ranks[claim.node.at] - 2), *scale.shape, 1)))
    return weights
