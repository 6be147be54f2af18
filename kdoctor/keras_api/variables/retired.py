"""Variables of layers that Keras 3 has not, in the order in which they are stored (the ``build`` methods of Keras 1.2.2, 2.2.5 and 2.15.0).

What a file of theirs holds has to be known for a conversion; lengths come from the arrays.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from kdoctor.keras_api.variables.variable import Inner, Rule, Shape, Shapes, Variables, first, length, own, whole
from kdoctor.structure.objects import Node


def implementation(node: Node) -> int:
    """How a locally connected layer keeps its kernel: 1 by output position, 2 as one masked array, 3 as a sparse matrix's values."""
    return whole(node.config.get("implementation", 1))


def _locally_connected(rank: int) -> Rule:
    def rule(node: Node, shapes: Shapes, inner: Inner) -> Variables | None:
        filters = whole(node.config["filters"])
        kernels: Mapping[int, Shape] = {
            1: (None, None, filters), 2: (*(None,) * (2 * rank + 1), filters), 3: (None,)
        }  # fmt: skip
        kernel = kernels.get(implementation(node))
        bias: Shape = (*(None,) * rank, filters)
        return None if kernel is None else own(("kernel", kernel), *([("bias", bias)] if node.config.get("use_bias", True) else []))

    return rule


def _highway(node: Node, shapes: Shapes, inner: Inner) -> Variables:
    width = length(first(shapes), -1)
    biases: list[tuple[str, Shape]] = [("bias", (width,)), ("carry_bias", (width,))] if node.config.get("bias", True) else []
    return own(("kernel", (width, width)), ("carry_kernel", (width, width)), *biases)


def _maxout(node: Node, shapes: Shapes, inner: Inner) -> Variables:
    features, units = whole(node.config["nb_feature"]), whole(node.config["output_dim"])
    bias: list[tuple[str, Shape]] = [("bias", (features, units))] if node.config.get("bias", True) else []
    return own(("kernel", (features, length(first(shapes), -1), units)), *bias)


def _for_each_element(*roles: str) -> Rule:
    """Numbers for each element of the input, or for all along an axis, which the config does not tell."""

    def rule(node: Node, shapes: Shapes, inner: Inner) -> Variables:
        given = first(shapes)
        lengths: Shape | None = None if given is None else (None,) * (len(given) - 1)
        return own(*((role, lengths) for role in roles))

    return rule


RETIRED: Final[Mapping[str, Rule]] = MappingProxyType({
    "LocallyConnected1D": _locally_connected(1),
    "LocallyConnected2D": _locally_connected(2),
    "Highway": _highway,
    "MaxoutDense": _maxout,
    "ParametricSoftplus": _for_each_element("alphas", "betas"),
    "SReLU": _for_each_element("t_left", "a_left", "t_right", "a_right"),
})  # fmt: skip
