"""Which input shape a Sequential model should have: what the user says, else what the file's own statements and kernels prove.

And what Keras says of one that it should not have.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from kdoctor.check import Need
from kdoctor.document import Document
from kdoctor.structure.flow import RANKED, Clash, flow
from kdoctor.structure.objects import Node
from kdoctor.structure.sequential import Shape, Stack, Statement, agree, as_shape, features_of, statements
from kdoctor.target import Target
from kdoctor.training.kernel_evidence import confirmed, contradicted

DISAGREE = "the file states different input shapes, and nothing in it proves one of them"
MOST_CANDIDATES = 64


class Choice(NamedTuple):
    """The shape to write, or None; ``refused`` says why the user's own was not taken."""

    shape: Shape | None
    refused: str = ""

    def needs(self, why: str, example: str = "None,…") -> tuple[Need, ...]:
        return () if self.shape else (Need("--input-shape", example, self.refused.lstrip("; ") or why),)


def choose(document: Document, stack: Stack, target: Target, candidates: Iterable[Shape], followed: bool = False) -> Choice:
    """The user's shape for the outermost model, where no stored kernel contradicts it; else the only candidate that none contradicts.

    Candidates that agree count as one: the first of them is meant. followed: whether all of them reached the end of the model before.
    """
    given = target.given.input_shape
    if given is not None and not stack.model.at.keys:
        clash = flow(document, stack.layers, given).clash
        return Choice(given) if clash is None else Choice(None, f"; the shape that you gave, {given}, is refused: {clash}")
    different = [*dict.fromkeys(candidates)]
    if len(different) > MOST_CANDIDATES:
        return Choice(None)  # each would be followed through all layers
    fitting = [shape for shape in different if followed or flow(document, stack.layers, shape).clash is None]
    decided = bool(fitting) and all(agree(fitting[0], other) for other in fitting[1:])
    return Choice(fitting[0] if decided else None)


def stated(stack: Stack) -> Statement | None:
    """What fixes the model's input when Keras puts it together: its InputLayer, or else what its first layer says."""
    places = (*stack.inputs[:1], *stack.layers[:1])
    return next((statement for layer in places for statement in statements(layer)), None)


def stated_elsewhere(stack: Stack) -> list[Shape]:
    """What the file states of a Sequential's input beside its InputLayer: the model's build shapes, and what its first layer was built with."""
    found = [one.shape for one in stack.built]
    if stack.first is not None:
        found += [one.shape for one in statements(stack.first)]
        built = as_shape(stack.first.build_config.get("input_shape"))
        found += [] if built is None else [built]
    return found


def corrected(document: Document, stack: Stack, shape: Shape) -> Shape | None:
    """The shape with the length of its last axis that the first kernel proves, where that is the one thing wrong with it.

    Not where axes seem to be in another order, where the kernel was made for all axes in one (a Flatten is missing), or where the
    optimizer's state speaks against the kernel.
    """
    first = stack.first
    proven = None if first is None else features_of(document, first)
    if first is None or proven is None or len(shape) < 2 or first.config.get("data_format") == "channels_first":
        return None
    if contradicted(document, first):
        return None
    product = 1
    for length in shape[1:]:
        product *= length or 1
    return None if proven in (*shape[1:-1], product) else (*shape[:-1], proven)


def perhaps_cut(document: Document, stack: Stack, shape: Shape) -> bool:
    """Whether the first kernel of an ``.h5`` is shorter than the input that is stated, and no optimizer kept arrays of its length.

    An archive says of each layer what it was built with; an ``.h5`` states the input once, and rows of the kernel may as well be lost.
    """
    proven = None if stack.first is None else features_of(document, stack.first)
    if document.format.native or stack.first is None or proven is None or shape[-1] is None:
        return False
    return proven < shape[-1] and not confirmed(document, stack.first)


def refusal(document: Document, clash: Clash) -> str:
    """The message for a shape that a layer refuses; the reader of ``.h5`` files notices a kernel only when it restores it."""
    layer = clash.layer
    if not document.format.native and clash.features is not None and layer.class_name != "Sequential":
        return f"ValueError: Shape mismatch in layer … (named {layer.name})"
    if layer.class_name == "TimeDistributed" and len(clash.shape) < 3:
        return "ValueError: `TimeDistributed` Layer should be passed an `input_shape` with at least 3 dimensions"
    if layer.class_name.startswith("Conv") and len(clash.shape) > RANKED[layer.class_name[-2:]]:
        return "ValueError: Kernel shape must have the same length as input"
    return incompatible(layer, clash.features)


def incompatible(layer: Node, features: int | None) -> str:
    """The message of a layer's own comparison of what comes in with what it was built for."""
    if layer.class_name == "Sequential":
        return "ValueError: Input 0 … is incompatible with the layer"
    tail = "" if features is None else f": expected axis -1 of input shape to have value {features}"
    return f"ValueError: Input 0 … of layer '{layer.name}' is incompatible with the layer{tail}"
