from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Need, Repair, Severity, check
from kdoctor.document import ABSENT, Document
from kdoctor.edit import Edit
from kdoctor.objects import Node, as_node, objects
from kdoctor.sequential import BATCH_KEYS, SHAPE_KEYS, Shape, Stack, Statement, agree, as_shape, features_of, stacks, statements
from kdoctor.target import Target

NEED = Need("--input-shape", "None,…", "the file states different input shapes, and nothing in it proves one of them")
# Keras layers without shape inference of their own, alone or inside TimeDistributed: tracing a model gives up at them.
UNTRACEABLE = frozenset({"Pipeline", "LSTMCell", "GRUCell", "SimpleRNNCell", "StackedRNNCells", "Layer", "Discretization", "Hashing"})
# Sequential.build compares the stored list with a tuple, without turning one into the other, before this release (keras#20214).
STANDARDIZES_SHAPES = (3, 4)


@check("K201", Severity.ERROR, mild=Severity.INFO, since="0.1.0")
def input_shape_conflict(document: Document, target: Target) -> Iterator[Finding]:
    """A Sequential model states the shape of its input twice, and Keras stumbles over it.

    The shape stands in the InputLayer, in ``build_input_shape``, in ``build_config`` and in the first layer's config. Keras 3 builds
    the model from the InputLayer and then once more from what was stored: "Sequential model 'sequential_1' has already been
    configured to use input shape (None, 224, 224, 3). You cannot build it with input_shape [None, 224, 224, 3]". Two InputLayers,
    or one that states two shapes, or one that contradicts the stored kernels are refused too.

    The cure removes what repeats. Where the places disagree, the stored kernels decide; where they prove nothing, kdoctor asks for
    the shape. A contradiction that the target never reads is an info.
    """
    for node in objects(document):
        if node.class_name == "InputLayer":
            yield from _stated_twice(node)
    for stack in stacks(document):
        yield from _several_inputs(stack)
        yield from _against_kernel(document, stack)
        yield from _built_otherwise(stack, target)


def _stated_twice(layer: Node) -> Iterator[Finding]:
    """An InputLayer with both ``batch_shape`` and ``shape``."""
    kept = next((key for key in BATCH_KEYS if layer.config.get(key) is not None), None)
    extra = [key for key in SHAPE_KEYS if layer.config.get(key) is not None]
    if kept is None or not extra:
        return
    agreed = len({statement.shape[1:] for statement in statements(layer)}) == 1
    edits = tuple(Edit(layer.at / "config" / key, old=layer.config[key], new=ABSENT) for key in extra)
    yield Finding(
        layer.at / "config" / extra[0],
        f"the InputLayer states its shape twice: {kept} {list(layer.config[kept])} and {extra[0]} {layer.config[extra[0]]}",
        repair=Repair(f"drop {extra[0]}, which repeats {kept}", edits) if agreed else None,
        needs=() if agreed else (NEED,),
        layer=layer.name,
        keras_says="ValueError: You cannot pass both `shape` and `batch_shape` at the same time.",
    )


def _several_inputs(stack: Stack) -> Iterator[Finding]:
    """An InputLayer after the first layer, or two of them."""
    extra = [layer for layer in stack.layers[1:] if layer.class_name == "InputLayer"]
    for layer in extra:
        first = stack.layers[0]
        known = next(statements(first), None)
        own = next(statements(layer), None)
        agreed = known is None or own is None or agree(known.shape, own.shape)
        edits = _moved_first(stack, layer) if len(extra) == 1 else None
        told = "repeats" if agreed else "contradicts"
        yield Finding(
            layer.at,
            f"a second input stands inside the model: InputLayer {_text(own)} {told} the input {_text(known)} of {first.name!r}",
            repair=Repair("keep one InputLayer, in front", edits) if agreed and edits else None,
            needs=() if agreed and edits else (NEED,),
            layer=layer.name,
            keras_says=f"ValueError: Sequential model '{stack.model.name}' has already been configured to use input shape {_tuple(known)}. "
            "You cannot add a different Input layer to it.",
        )


def _moved_first(stack: Stack, layer: Node) -> tuple[Edit, ...]:
    """One InputLayer, in front; what the first layer says about its input goes."""
    listed = [node.raw for node in stack.layers]
    rest = [node.raw for node in stack.layers if node is not layer]
    if stack.layers[0].class_name == "InputLayer":
        return (Edit(stack.at, old=listed, new=rest),)
    config = {key: value for key, value in rest[0]["config"].items() if key not in ("batch_input_shape", "input_shape", "batch_shape")}
    return (Edit(stack.at, old=listed, new=[layer.raw, {**rest[0], "config": config}, *rest[1:]]),)


def _against_kernel(document: Document, stack: Stack) -> Iterator[Finding]:
    """The input's last axis is not the one that the first layer's kernel was made for."""
    first = stack.first
    if first is None or len(stack.inputs) > 1:
        return
    proven = features_of(document, first)
    stated = [statement for layer in (*stack.inputs, first) for statement in statements(layer)]
    built = as_shape(first.build_config.get("input_shape"))
    stated += [] if built is None else [Statement(first.at / "build_config" / "input_shape", built)]
    for place in stated:
        if proven is None or place.shape[-1] in (None, proven):
            continue
        right = (*place.shape[:-1], proven)
        short = place.at.keys[-1] in SHAPE_KEYS and place.at.keys[-2] == "config"
        stored = list(right[1:] if short else right)
        yield Finding(
            place.at,
            f"the input shape is {_tuple(place)}, but the kernel of {first.name!r} takes {proven} features",
            repair=Repair(f"write the shape that the kernel proves, {right}", (Edit(place.at, old=document.at(place.at), new=stored),)),
            layer=str(stack.inputs[0].name if stack.inputs else first.name),
            keras_says=f"ValueError: Input 0 of layer '{first.name}' is incompatible with the layer: expected axis -1 of input shape to have "
            f"value {proven}, but received input with shape {_tuple(place)}",
        )


def _built_otherwise(stack: Stack, target: Target) -> Iterator[Finding]:
    """A stored build shape that is replayed on a model that its InputLayer has already shaped."""
    if len(stack.inputs) != 1 or not stack.layers or stack.layers[0].class_name != "InputLayer":
        return
    fixed = next(statements(stack.inputs[0]), None)
    if fixed is None:
        return
    lists = target.minor < STANDARDIZES_SHAPES
    for built in stack.built:
        differs = built.shape != fixed.shape
        replayed = _stays_unbuilt(stack)
        if not differs and not (lists and replayed):
            continue
        told = "contradicts" if differs else "repeats, as a list,"
        repair = Repair(f"drop {built.at.keys[-1]}", _without(stack, built)) if replayed and _harmless(built.shape, fixed.shape) else None
        yield Finding(
            built.at,
            f"{built.at.keys[-1]} {list(built.shape)} {told} the InputLayer's {fixed.shape}"
            + ("" if replayed else f"; {target} never reads it"),
            repair=repair,
            needs=(NEED,) if replayed and repair is None else (),
            layer=stack.model.name,
            keras_says=f"ValueError: Sequential model '{stack.model.name}' has already been configured to use input shape {fixed.shape}. "
            f"You cannot build it with input_shape {list(built.shape)}",
            mild=not replayed,
        )


def _stays_unbuilt(stack: Stack) -> bool:
    """Whether adding the layers leaves the model unbuilt, so that the stored shape is replayed: a layer that cannot be traced.

    Sequential.build gives up at the first layer without shape inference: a Lambda whose function fails on symbols, a layer whose
    class does not know its output shape.
    """
    return any(layer.class_name == "Lambda" or not _from_keras(layer) or _untraceable(layer) for layer in stack.layers)


def _untraceable(layer: Node) -> bool:
    inner = as_node(layer.config.get("layer"), layer.at / "config" / "layer") if layer.class_name == "TimeDistributed" else layer
    return inner is not None and inner.class_name in UNTRACEABLE


def _from_keras(layer: Node) -> bool:
    return layer.module is None or layer.module.split(".")[0] in ("keras", "tensorflow", "tf_keras")


def _harmless(built: Shape, fixed: Shape) -> bool:
    """Whether nothing is decided by dropping the build shape: it says the same, or only names the batch size."""
    return agree(built, fixed)


def _without(stack: Stack, built: Statement) -> tuple[Edit, ...]:
    place = built.at if built.at.keys[-1] == "build_input_shape" else built.at.parent
    old = stack.model.config["build_input_shape"] if place == built.at else stack.model.raw["build_config"]
    return (Edit(place, old=old, new=ABSENT),)


def _tuple(statement: Statement | None) -> str:
    return "None" if statement is None else str(statement.shape)


def _text(statement: Statement | None) -> str:
    return "(shape not stated)" if statement is None else str(statement.shape)
