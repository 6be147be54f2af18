"""Classes of Keras 3 that compute exactly what a retired class did, and how its arguments are said there.

Read on 2026-11-20 from the ``call`` methods of Keras 2.15.0 and 3.15.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from kdoctor.document import Json
from kdoctor.structure.objects import Node


@dataclass(frozen=True, slots=True)
class Successor:
    """``renamed`` maps arguments to their new names; ``added`` are arguments that the successor needs to do the same; ``module``: its home."""

    class_name: str
    renamed: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    added: Mapping[str, Json] = field(default_factory=lambda: MappingProxyType({}))
    module: str = "keras.layers"


SUCCESSORS = {
    "ThresholdedReLU": Successor("ReLU", {"theta": "threshold"}),  # both x * (x > threshold)
    "SyncBatchNormalization": Successor("BatchNormalization", added={"synchronized": True}),
    "Orthogonal": Successor("OrthogonalInitializer", module="keras.initializers"),  # as Keras 3.0.5 alone calls it; later ones find both
}

# What they do is done in training alone: a Rescaling by 1 computes what they hand on when the model predicts.
OF_TRAINING_ALONE = frozenset({"RandomHeight", "RandomWidth"})
OF_ANY_LAYER = ("name", "trainable", "dtype", "batch_input_shape")


def at_inference(node: Node) -> dict[str, Json] | None:
    """What a layer that varies its input in training alone does when the model predicts."""
    return doing_nothing(node) if node.class_name in OF_TRAINING_ALONE else None


def doing_nothing(node: Node) -> dict[str, Json]:
    """A Rescaling by 1 in the place of a layer."""
    config = {key: value for key, value in node.config.items() if key in OF_ANY_LAYER} | {"scale": 1.0, "offset": 0.0}
    return {**node.raw, "class_name": "Rescaling", "config": config}


def succeeded(node: Node) -> dict[str, Json] | None:
    """The object rewritten for the successor of its class; None where there is none, or where an argument is no plain value."""
    successor = SUCCESSORS.get(node.class_name)
    if successor is None or not all(isinstance(node.config.get(name), (int, float)) for name in successor.renamed):
        return None
    config = {successor.renamed.get(name, name): value for name, value in node.config.items()} | dict(successor.added)
    found = {**node.raw, "class_name": successor.class_name, "config": config}
    if "module" in found:
        found["module"] = successor.module
    return found
