"""The mask of a Lambda layer (``mask=lambda x, m: …``): what it comes to, where that is a thing that Keras's own layers do."""

from __future__ import annotations

from enum import Enum
from typing import Final

from kdoctor.structure.lambdas import Lambda
from kdoctor.translate.graph import Graph
from kdoctor.translate.interpret import Interpreter
from kdoctor.translate.patterns.pattern import Layer
from kdoctor.translate.trees import expression_of
from kdoctor.translate.values import Tensor, Untranslatable, Value

# Layers of one input that hand the mask on as it comes, and compute the same with it (``supports_masking`` in their sources).
HANDING_ON: Final = frozenset({"Activation", "ReLU", "LeakyReLU", "ELU", "Rescaling", "Identity"})


class Mask(Enum):
    NONE = "none"
    HANDED_ON = "handed on"
    OF_ZEROS = "of zeros"


class _Arriving:
    """Stands for the mask that reaches the layer."""


def mask_of(found: Lambda, given: Tensor, release: str, keras_minor: tuple[int, int] | None, arrives: bool) -> Mask:
    """What the layer's mask function returns. Raises `Untranslatable` for a mask that no layer of Keras makes."""
    function = expression_of(found)
    names = [parameter.name for parameter in function.parameters if not parameter.prefix]
    if len(names) != len(function.parameters) or not 1 <= len(names) <= 2:
        raise Untranslatable("a mask function with other arguments than the input and its mask")
    graph, arriving = Graph(release, {given.layer}, keras_minor=keras_minor), _Arriving() if arrives else None
    around = {name: Untranslatable("its mask function captures a variable") for name in (found.code.freevars if found.code else ())}
    values: dict[str, Value] = dict(zip(names, (given, arriving), strict=False))
    result = Interpreter(graph, around, {}).follow(function, values)
    if result is None:
        return Mask.NONE
    if result is arriving:
        return Mask.HANDED_ON
    if isinstance(result, Tensor) and _is_of_zeros(graph, result, given):
        return Mask.OF_ZEROS
    raise Untranslatable("a mask of its own that no layer of Keras makes")


def makes_masks(found: Lambda) -> bool:
    """Whether a mask may come out where none goes in."""
    try:
        return mask_of(found, Tensor("x", 0, 0, None, "float32", True), "3.15.1", None, arrives=False) is not Mask.NONE
    except Untranslatable:
        return True


def with_mask(mask: Mask, one: Layer | None) -> Layer:
    """The built-in layer that computes what `one` does, and makes the mask."""
    if mask is Mask.HANDED_ON and one is not None and one.class_name in HANDING_ON:
        return one
    if mask is Mask.OF_ZEROS and one is not None and one.class_name == "Identity":
        return Layer("Masking", {"mask_value": 0.0})  # it puts zeros where it masks, which are there
    raise Untranslatable("a mask of its own, beside a function whose layer of Keras makes none like it")


def _is_of_zeros(graph: Graph, result: Tensor, given: Tensor) -> bool:
    """``any(x != 0, axis=-1)``."""
    steps = [(node["class_name"], node["inbound_nodes"][0]["args"], node["config"]) for node in graph.needed([result])]
    if [name for name, _, _ in steps] != ["NotEqual", "Any"] or given.shape is None:
        return False
    (_, compared, _), (_, _, config) = steps
    last = config.get("axis") in (-1, given.rank - 1, [-1], [given.rank - 1])
    return last and not config.get("keepdims") and compared[1] in (0, 0.0) and type(compared[1]) in (int, float)
