"""Layers that stand as an activation: ``Dense(64, activation=LeakyReLU(0.1))``."""

from __future__ import annotations

from kdoctor.document import Json
from kdoctor.keras_api import habits
from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.keras_api.reader import Call, Resolution
from kdoctor.keras_api.successors import succeeded
from kdoctor.target import Target

LAYERS = "keras.layers"


def stated(call: Call, target: Target) -> dict[str, Json] | None:
    """The activation with its module, which tf.keras up to 2.12 did not write; None where it is no layer of the target's."""
    node = call.node
    if call.kind != "activation" or call.resolution not in (Resolution.RETIRED, Resolution.UNKNOWN) or "module" in node.raw:
        return None
    if not habits.READS_LAYERS_AS_ACTIVATIONS.of(target):
        return None
    layer = succeeded(node) or dict(node.raw)
    known = Catalogue.load(target.release, target.family).resolve(LAYERS, str(layer["class_name"]))
    return None if known is None or known.kind != "layer" else {**layer, "module": LAYERS, "registered_name": None}
