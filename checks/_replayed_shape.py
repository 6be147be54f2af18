"""A stored build shape that Keras replays on a model that its InputLayer has already shaped."""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Repair
from kdoctor.document import ABSENT, Document
from kdoctor.edit import Edit
from kdoctor.keras_api import habits
from kdoctor.structure.sequential import SHAPE_KEYS, Shape, Stack, Statement, statements
from kdoctor.target import Target

from ._input_shape import DISAGREE, choose
from ._tracing import perhaps_untraced

HUB = "KerasLayer"  # of TensorFlow Hub, which an .h5 tells from Keras's own layers by nothing else


def replayed(document: Document, stack: Stack, target: Target) -> Iterator[Finding]:
    """``build_input_shape`` is replayed where adding the layers leaves the model unbuilt; ``build_config`` beside an InputLayer never is."""
    if len(stack.inputs) != 1 or stack.layers[0].class_name != "InputLayer":
        return
    fixed = next(statements(stack.inputs[0]), None)
    for built in stack.built if fixed else ():
        assert fixed is not None
        replays = built.at.keys[-1] == "build_input_shape" and perhaps_untraced(stack, target)
        lists = not habits.STANDARDIZES_SHAPES.of(target)
        if replays and (lists or built.shape != fixed.shape):
            yield _refused(document, stack, target, fixed, built)
        elif built.shape != fixed.shape:
            message = f"{built.at.keys[-1]} {list(built.shape)} contradicts the InputLayer's {fixed.shape}; {target} never reads it"
            yield Finding(built.at, message, layer=stack.model.name, mild=True)
        elif built.at.keys[-1] == "build_input_shape" and any(layer.class_name == HUB for layer in stack.layers):
            message = f"build_input_shape {list(built.shape)} repeats the InputLayer's shape as a list, which Keras 3.0 to 3.4 refuse"
            yield Finding(built.at, message, layer=stack.model.name, mild=True)


def _refused(document: Document, stack: Stack, target: Target, fixed: Statement, built: Statement) -> Finding:
    choice = choose(document, stack, target, (fixed.shape, built.shape))  # the InputLayer counts where they agree
    shape = built.shape if habits.STANDARDIZES_SHAPES.of(target) else list(built.shape)
    told = "contradicts" if built.shape != fixed.shape else "repeats, as a list,"
    return Finding(
        built.at,
        f"build_input_shape {list(built.shape)} {told} the InputLayer's {fixed.shape}{choice.refused}",
        repair=_drop(stack, built, fixed, choice.shape) if choice.shape else None,
        needs=choice.needs(DISAGREE),
        layer=stack.model.name,
        keras_says=f"ValueError: Sequential model '{stack.model.name}' has already been configured to use input shape {fixed.shape}. "
        f"You cannot build it with input_shape {shape}",
    )


def _drop(stack: Stack, built: Statement, fixed: Statement, shape: Shape) -> Repair:
    """Without the build shape; the InputLayer states the shape that was chosen."""
    drop = Edit(built.at, old=stack.model.config["build_input_shape"], new=ABSENT)
    if shape == fixed.shape:
        return Repair("drop build_input_shape", (drop,))
    key = str(fixed.at.keys[-1])
    old, new = stack.inputs[0].config[key], list(shape[1:] if key in SHAPE_KEYS else shape)
    return Repair(f"drop build_input_shape, and keep the shape {shape}", (drop, Edit(fixed.at, old=old, new=new)))
