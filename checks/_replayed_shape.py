"""A stored build shape that Keras replays on a model that its InputLayer has already shaped."""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Need, Repair
from kdoctor.document import ABSENT, Document
from kdoctor.edit import Edit
from kdoctor.flow import fits
from kdoctor.sequential import SHAPE_KEYS, Shape, Stack, Statement, agree, statements
from kdoctor.target import Target

from ._input_shape import DISAGREE, choose
from ._tracing import perhaps_untraced

# Sequential.build compares the stored list with a tuple, without turning one into the other, before this release (keras#20214).
STANDARDIZES_SHAPES = (3, 4)


def replayed(document: Document, stack: Stack, target: Target) -> Iterator[Finding]:
    """``build_input_shape`` is replayed where adding the layers leaves the model unbuilt; ``build_config`` beside an InputLayer never is."""
    if len(stack.inputs) != 1 or stack.layers[0].class_name != "InputLayer":
        return
    fixed = next(statements(stack.inputs[0]), None)
    for built in stack.built if fixed else ():
        assert fixed is not None
        replays = built.at.keys[-1] == "build_input_shape" and perhaps_untraced(stack, target)
        if built.shape != fixed.shape:
            yield _contradicts(document, stack, target, fixed, built) if replays else _unread(stack, target, fixed, built)
        elif replays and target.minor < STANDARDIZES_SHAPES:
            yield _finding(stack, fixed, built, "repeats, as a list,", _drop(stack, built))


def _contradicts(document: Document, stack: Stack, target: Target, fixed: Statement, built: Statement) -> Finding:
    told, given = "contradicts", target.given.input_shape
    if agree(built.shape, fixed.shape) and (given is None or stack.model.at.keys):  # it only says a length that the InputLayer leaves open
        return _finding(stack, fixed, built, told, _drop(stack, built))
    if not fits(document, stack.layers, built.shape) and fits(document, stack.layers, fixed.shape) and given is None:
        return _finding(stack, fixed, built, told, _drop(stack, built))
    choice = choose(document, stack, target, ())
    repair = _drop(stack, built, fixed, choice.shape) if choice.shape else None
    return _finding(stack, fixed, built, told, repair, choice.refused, choice.needs(DISAGREE))


def _unread(stack: Stack, target: Target, fixed: Statement, built: Statement) -> Finding:
    return _finding(stack, fixed, built, "contradicts", None, f"; {target} never reads it", mild=True)


def _finding(
    stack: Stack,
    fixed: Statement,
    built: Statement,
    told: str,
    repair: Repair | None,
    tail: str = "",
    needs: tuple[Need, ...] = (),
    *,
    mild: bool = False,
) -> Finding:
    shape = list(built.shape)
    return Finding(
        built.at,
        f"{built.at.keys[-1]} {shape} {told} the InputLayer's {fixed.shape}{tail}",
        repair=repair,
        needs=needs,
        layer=stack.model.name,
        keras_says=None
        if mild
        else f"ValueError: Sequential model '{stack.model.name}' has already been configured to use input shape {fixed.shape}. "
        f"You cannot build it with input_shape {shape}",
        mild=mild,
    )


def _drop(stack: Stack, built: Statement, fixed: Statement | None = None, shape: Shape | None = None) -> Repair:
    """Without the build shape; with a shape, the InputLayer states that one."""
    drop = Edit(built.at, old=stack.model.config["build_input_shape"], new=ABSENT)
    if fixed is None or shape is None or shape == fixed.shape:
        return Repair("drop build_input_shape", (drop,))
    key = str(fixed.at.keys[-1])
    old, new = stack.inputs[0].config[key], list(shape[1:] if key in SHAPE_KEYS else shape)
    return Repair(f"drop build_input_shape, and keep the shape {shape}", (drop, Edit(fixed.at, old=old, new=new)))
