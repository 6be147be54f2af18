"""Layers that Keras 3 has not, said as small models of layers that it has: what is computed with the same numbers, laid out anew.

Source: keras/layers/core.py of Keras 1.2.2, and those of `kdoctor.replacements.local_models` and `kdoctor.replacements.elementwise_models`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from kdoctor.document import Json
from kdoctor.keras_api.variables.variable import whole
from kdoctor.replacements.elementwise_models import parametric_softplus, s_shaped_relu
from kdoctor.replacements.local_models import locally_connected_1d, locally_connected_2d
from kdoctor.replacements.small_layers import INPUT, LIMITS, Small, small_layer, small_operation
from kdoctor.structure.objects import Node

if TYPE_CHECKING:
    from kdoctor.recipe_steps import Recipe


def small_model(node: Node, shape: Sequence[int | None], arrays: Sequence[Recipe], *, patches: bool) -> Small | None:
    """The model that computes what a retired layer does with this input (batch first) and these arrays; None where there is no equal.

    patches: whether the release that shall load it can cut an image into patches with its own operation.
    """
    if node.class_name in CUTTING:
        return CUTTING[node.class_name](node, tuple(shape), tuple(arrays), patches)
    rule = RULES.get(node.class_name)
    return None if rule is None else rule(node, tuple(shape), tuple(arrays))


def _highway(node: Node, shape: tuple[int | None, ...], arrays: tuple[Recipe, ...]) -> Small | None:
    """T(x) h(x) + (1 - T(x)) x, told as x + T(x) (h(x) - x)."""
    if len(shape) != 2 or shape[1] is None or any(node.config.get(name) is not None for name in LIMITS):
        return None
    bias = bool(node.config.get("bias", True))
    told: dict[str, Json] = {"units": shape[1], "use_bias": bias}
    layers = (
        small_layer("Dense", "carry", [INPUT], **told, activation="sigmoid"),
        small_layer("Dense", "transform", [INPUT], **told, activation=node.config.get("activation", "linear")),
        small_layer("Subtract", "change", ["transform", INPUT]),
        small_layer("Multiply", "gated", ["carry", "change"]),
        small_layer("Add", "carried", ["gated", INPUT]),
    )
    return Small(layers, {"carry": (arrays[1], *arrays[3:4]), "transform": (arrays[0], *arrays[2:3])})


def _maxout(node: Node, shape: tuple[int | None, ...], arrays: tuple[Recipe, ...]) -> Small | None:
    if len(shape) != 2 or shape[1] is None or any(node.config.get(name) is not None for name in LIMITS):
        return None
    features, units = whole(node.config["nb_feature"]), whole(node.config["output_dim"])
    bias = {"bias_axes": "cd"} if node.config.get("bias", True) else {}
    layers = (
        small_layer("EinsumDense", "pieces", [INPUT], equation="ab,cbd->acd", output_shape=[features, units], **bias),
        small_operation("keras.src.ops.numpy", "Max", "most", ["pieces"], axis=1, keepdims=False),
    )
    return Small(layers, {"pieces": arrays})


Rule = Callable[[Node, "tuple[int | None, ...]", "tuple[Recipe, ...]"], "Small | None"]
CuttingRule = Callable[[Node, "tuple[int | None, ...]", "tuple[Recipe, ...]", bool], "Small | None"]
RULES: Final[Mapping[str, Rule]] = MappingProxyType({
    "Highway": _highway,
    "MaxoutDense": _maxout,
    "ParametricSoftplus": parametric_softplus,
    "SReLU": s_shaped_relu,
})  # fmt: skip
# These cut their input into patches.
CUTTING: Final[Mapping[str, CuttingRule]] = MappingProxyType({
    "LocallyConnected1D": locally_connected_1d, "LocallyConnected2D": locally_connected_2d,
})  # fmt: skip
KNOWN: Final = RULES.keys() | CUTTING.keys()
