"""An InputLayer where Keras expects none: after the first layer, or a second one."""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Repair
from kdoctor.document import Document, Json
from kdoctor.edit import Edit
from kdoctor.structure.objects import Node
from kdoctor.structure.sequential import BATCH_KEYS, SHAPE_KEYS, Shape, Stack, agree, features_of, statements
from kdoctor.target import Target

from ._input_shape import DISAGREE, Choice, choose


def several_inputs(document: Document, stack: Stack, target: Target) -> Iterator[Finding]:
    """One finding for all InputLayers of a stack that are not its first layer."""
    extra = [layer for layer in stack.layers[1:] if layer.class_name == "InputLayer"]
    if not extra:
        return
    choice = _choice(document, stack, extra, target)
    known = next(statements(stack.layers[0]), None)
    own = next(statements(extra[0]), None)
    told = f"{extra[0].name!r} {own.shape if own else '(shape not stated)'}"
    beside = "" if known is None else f", beside the input {known.shape} of {stack.layers[0].name!r}"
    yield Finding(
        extra[0].at,
        f"an InputLayer stands inside the model: {told}{beside}{choice.refused}",
        repair=Repair("keep one InputLayer, in front", _one_in_front(stack, choice.shape)) if choice.shape else None,
        needs=choice.needs(DISAGREE),
        layer=extra[0].name,
        keras_says=_keras_says(document, stack, known.shape if known else None),
    )


def _choice(document: Document, stack: Stack, extra: list[Node], target: Target) -> Choice:
    first = stack.layers[0]
    shapes = [statement.shape for layer in (first, *extra) for statement in statements(layer)]
    if first.class_name != "InputLayer" and not any(statements(first)) and features_of(document, first) is None:
        shapes = [shape for shape in shapes if any(agree(shape, built.shape) for built in stack.built)]
        # the InputLayer may say what the layer in front of it puts out: what the model was built with alone proves what goes in
    return choose(document, stack, target, shapes)


def _one_in_front(stack: Stack, shape: Shape) -> tuple[Edit, ...]:
    """One InputLayer with this shape, in front; what the first layer says about its input goes."""
    kept, computing = stack.inputs[0], [layer for layer in stack.layers if layer.class_name != "InputLayer"]
    key = next((key for key in BATCH_KEYS if key in kept.config), "batch_shape")
    config = {name: value for name, value in kept.config.items() if name not in SHAPE_KEYS}
    new: list[Json] = [{**kept.raw, "config": {**config, key: list(shape)}}, *(layer.raw for layer in computing)]
    if computing and stack.layers[0] is computing[0]:
        own = {name: value for name, value in computing[0].config.items() if name not in (*BATCH_KEYS, *SHAPE_KEYS)}
        new[1] = {**computing[0].raw, "config": own}
    return (Edit(stack.at, old=[layer.raw for layer in stack.layers], new=new),)


def _keras_says(document: Document, stack: Stack, known: Shape | None) -> str:
    if known is None:
        return (
            "ValueError: Layers added to a Sequential model should have a single positional argument, the input tensor. "
            "Layer InputLayer has no positional arguments."
        )
    gained = not document.format.native and stack.layers[0].class_name != "InputLayer"  # see K609: the batch axis counts as data
    shape = (None, *known) if gained else known
    return (
        f"ValueError: Sequential model '{stack.model.name}' has already been configured to use input shape {shape}. "
        "You cannot add a different Input layer to it."
    )
