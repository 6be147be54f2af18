from __future__ import annotations

from collections.abc import Collection, Iterator

from kdoctor.check import Finding, Need, Repair, Severity, check
from kdoctor.document import ABSENT, Document, Json
from kdoctor.edit import Edit
from kdoctor.graph.shapes import output_shapes
from kdoctor.keras_api import habits
from kdoctor.keras_api.builds import builds_itself
from kdoctor.keras_api.layouts import layout_of
from kdoctor.pointer import Pointer
from kdoctor.structure.flow import Clash, fits, flow
from kdoctor.structure.objects import Node
from kdoctor.structure.outline import objects_named
from kdoctor.structure.sequential import (
    BATCH_KEYS,
    FEATURE_AXIS,
    SHAPE_KEYS,
    Shape,
    Stack,
    Statement,
    agree,
    as_shape,
    features_of,
    stack_around,
    stacks,
    statements,
    states_its_input,
)
from kdoctor.target import Target
from kdoctor.weights.crossed_h5 import crossed
from kdoctor.weights.exchanged_h5 import exchanged, perhaps_exchanged
from kdoctor.weights.rearrange import displaced
from kdoctor.weights.stored import accountable
from kdoctor.weights.taken_out import has_strays

from ._batch_axis import batch_is_added
from ._input_shape import DISAGREE, choose, corrected, incompatible, perhaps_cut, refusal, stated
from ._listed_builds import listed_builds
from ._open_builds import open_builds
from ._replayed_shape import replayed
from ._several_inputs import several_inputs
from ._shapeless_builds import shapeless_builds
from ._tracing import perhaps_untraced
from ._unfit_builds import unfit_builds
from ._unfit_shapes_dict import unfit_shapes

FORGIVING = frozenset({"LSTM", "GRU", "SimpleRNN"})
LAST_ALONE = {"Dense": 1, **dict.fromkeys(FORGIVING, 3)}  # how many axes are enough for those that are built from the last length


@check("K201", Severity.ERROR, mild=Severity.INFO, since="0.1.0")
def input_shape_conflict(document: Document, target: Target) -> Iterator[Finding]:
    """A Sequential model states the shape of its input twice, and Keras stumbles over it.

    The shape stands in the InputLayer, in ``build_input_shape``, in ``build_config`` and in the first layer's config. Keras 3 builds
    the model from the InputLayer and then once more from what was stored: "Sequential model 'sequential_1' has already been
    configured to use input shape (None, 224, 224, 3). You cannot build it with input_shape [None, 224, 224, 3]". Two InputLayers,
    or one that states two shapes, or one that contradicts the stored kernels are refused too.

    The cure removes what repeats. Where the places disagree, the stored kernels decide, followed through the layers as far as
    they prove a shape; where they prove nothing, kdoctor asks: ``--input-shape None,224,224,3``. A shape that the kernels contradict
    is refused, whoever states it. In an ``.h5`` without an optimizer's state, a first kernel that is shorter than the input may as well have lost
    rows: where nothing else states the shape, it proves nothing. A contradiction that the target never reads is an info.

    A layer of an archive is built with its build_config before anything calls it: one that is no shape, has another number of axes than the layer
    takes, or leaves open what its variables are made of, is refused ("Shapes used to initialize variables must be fully-defined"), and one of
    another rank than what the layer is given later, too. Where the rest of the model tells the shape, it is written; so are those of an
    attention layer's ``shapes_dict``, which its ``build`` takes by name ("missing 1 required positional argument: 'value_shape'").

    Early releases build a Dot from tuples alone, and an archive holds its shapes as lists: they are left out, as it has no variables.
    """
    told = [*_of_stacks(document, target), *listed_builds(document, target)]
    yield from told
    yield from unfit_shapes(document, target)
    known = {one.at.parent.parent for one in told} | {one.at.parent for one in told}
    yield from shapeless_builds(document, target, known)
    yield from unfit_builds(document, target, known)


def _of_stacks(document: Document, target: Target) -> Iterator[Finding]:
    found = stacks(document)
    yield from open_builds(document, found)
    for node in objects_named(document, ("InputLayer",)):
        if node.class_name == "InputLayer":
            yield from _stated_twice(document, node, target)
    astray = _astray(document, target) if found else frozenset()
    for stack in found:
        yield from several_inputs(document, stack, target)
        if not any(layer.at in astray for layer in stack.layers):
            yield from _against_kernels(document, stack, target)
            yield from _layer_builds(document, stack, target)
        yield from replayed(document, stack, target)


def _astray(document: Document, target: Target) -> Collection[Pointer]:
    """The layers whose kernels stand in each other's place (K705), or elsewhere (K607): until they are put back they prove no shape."""
    if not accountable(document):
        return frozenset()
    if document.format.native:
        return displaced(document, layout_of(target))
    found = crossed(document)
    singly = frozenset(row.node.at for row, _ in found.pairs) if found is not None else frozenset()
    return singly | {row.layer.node.at for row in exchanged(document) or perhaps_exchanged(document)}


def _stated_twice(document: Document, layer: Node, target: Target) -> Iterator[Finding]:
    """An InputLayer with both ``batch_shape`` and ``shape``."""
    batched = [key for key in BATCH_KEYS if layer.config.get(key) is not None]
    kept = next(iter(batched), None)
    differ = len({as_shape(layer.config[key]) for key in batched}) > 1  # Keras takes the second: where it says the same, nothing is wrong
    extra = [*(batched[1:] if differ else ()), *(key for key in SHAPE_KEYS if layer.config.get(key) is not None)]
    if kept is None or not extra:
        return
    shapes = [statement.shape for statement in statements(layer)]
    stack = stack_around(document, layer)
    agreed = len({shape[1:] for shape in shapes}) == 1
    choice = choose(document, stack, target, shapes) if stack else None
    shape = shapes[0] if agreed else choice.shape if choice else None
    edits = tuple(Edit(layer.at / "config" / key, old=layer.config[key], new=ABSENT) for key in extra)
    if shape and shape != shapes[0]:
        edits += (Edit(layer.at / "config" / kept, old=layer.config[kept], new=list(shape)),)
    named = " and ".join(f"{key} {layer.config[key]}" for key in (kept, *extra))
    yield Finding(
        layer.at / "config" / extra[0],
        f"the InputLayer states its shape twice: {named}" + ("" if shape or not choice else choice.refused),
        repair=Repair(f"drop {extra[0]}, which repeats {kept}" if agreed else f"keep the shape {shape}", edits) if shape else None,
        needs=choice.needs(DISAGREE) if choice and not shape else (),
        layer=layer.name,
        keras_says="ValueError: You cannot pass both `shape` and `batch_shape` at the same time.",
    )


def _against_kernels(document: Document, stack: Stack, target: Target) -> Iterator[Finding]:
    """The input shape that Keras goes by is not one that the stored kernels can be used with."""
    place = stated(stack) or next(iter(stack.built), None)
    if place is None or _told_before(stack) or (place in stack.built and _states_its_own(stack, target)):
        return
    strict = flow(document, stack.layers, place.shape).clash
    if strict is None:
        return
    clash = _after_forgiven(document, stack, strict)
    elsewhere = [one.shape for one in _others(stack, place)]
    others = [shape for shape in elsewhere if fits(document, stack.layers, shape)]
    alone = None if not elsewhere and perhaps_cut(document, stack, place.shape) else corrected(document, stack, place.shape)
    slip = _without_slip(document, stack, place.shape)
    outvoted = not others and bool(elsewhere) and all(agree(shape, place.shape) for shape in elsewhere)  # then it is the kernel that is odd
    proven = others or slip or ([alone] if alone and not outvoted else [])
    choice = choose(document, stack, target, [] if has_strays(document, layout_of(target)) else proven)  # a layer may be gone instead
    edit = Edit(place.at, old=document.at(place.at), new=_as_stored(place, choice.shape))
    added = batch_is_added(document, stack.layers, target)
    yield Finding(
        place.at,
        f"the input shape {place.shape} does not go with the stored weights: {clash or strict}{choice.refused}"
        + ("; Keras 3 adds the batch itself" if added else "" if clash else "; Keras goes by the layer's build_config"),
        repair=Repair(f"write the shape {choice.shape}, which the kernels take", (edit,)) if choice.shape else None,
        needs=choice.needs(f"the stored weights refuse {place.shape}, and prove no whole shape"),
        layer=str(stack.inputs[0].name if stack.inputs else strict.layer.name),
        keras_says=refusal(document, clash) if clash and not added else None,
        mild=clash is None or added,
    )


def _without_slip(document: Document, stack: Stack, shape: Shape) -> list[Shape]:
    """The shape with the batch axis that somebody forgot, or without one too many, where the kernels take it then to the end."""
    slips = [(None, *shape)] if shape[0] is not None else [shape[1:]] if shape[:2] == (None, None) else []
    return [slip for slip in slips if len(slip) > 1 and flow(document, stack.layers, slip).complete]


def _states_its_own(stack: Stack, target: Target) -> bool:
    """Whether the model in front states its input: the target goes by that, and never reads what this one was built with."""
    return stack.first is not None and habits.LOOKS_AT_INNER_MODELS.of(target) and states_its_input(stack.first)


def _told_before(stack: Stack) -> bool:
    """Whether the shape is open as long as another finding stands: an InputLayer inside, or one with two shapes."""
    inside = any(layer.class_name == "InputLayer" for layer in stack.layers[1:])
    return inside or any(len({statement.shape[1:] for statement in statements(layer)}) > 1 for layer in stack.inputs)


def _after_forgiven(document: Document, stack: Stack, clash: Clash) -> Clash | None:
    """The first clash that Keras minds: a recurrent layer built from its build_config ignores what the InputLayer says of features."""
    built = as_shape(clash.layer.build_config.get("input_shape"))
    if clash.layer.class_name not in FORGIVING or clash.features is None or not built or not fits(document, (clash.layer,), built):
        return clash
    index = next((i for i, layer in enumerate(stack.layers) if layer.at == clash.layer.at), 0)
    return flow(document, stack.layers[index:], (*clash.shape[:-1], clash.features)).clash


def _others(stack: Stack, place: Statement) -> list[Statement]:
    """What else in the file states the input shape."""
    found = list(stack.built)
    if stack.first is not None:
        found += statements(stack.first)
        shape = as_shape(stack.first.build_config.get("input_shape"))
        found += [] if shape is None else [Statement(stack.first.at / "build_config" / "input_shape", shape)]
    return [one for one in found if one.at != place.at]


def _as_stored(place: Statement, shape: Shape | None) -> Json:
    if shape is None:
        return None
    return list(shape[1:] if place.at.keys[-1] in SHAPE_KEYS and place.at.keys[-2] == "config" else shape)


def _layer_builds(document: Document, stack: Stack, target: Target) -> Iterator[Finding]:
    """A layer whose build_config contradicts its own kernel; only the reader of ``.keras`` archives looks at it."""
    for index, layer in enumerate(stack.layers if document.format.native else ()):
        shape = as_shape(layer.build_config.get("input_shape"))
        if shape is None:
            yield from _unread_build(stack, layer)
        clash = None if shape is None else flow(document, (layer,), shape).clash
        if shape is None or clash is None or layer.class_name == "Sequential" or not builds_itself(layer):
            continue
        if len(shape) >= LAST_ALONE.get(layer.class_name, len(shape) + 1) and shape[-1] == features_of(document, layer):
            continue
        at, features = layer.at / "build_config" / "input_shape", features_of(document, layer)
        right = (*shape[:-1], features)
        repair = None
        if _reaches(document, stack, index, shape):
            pass  # then it is the kernel that is odd (K702)
        elif features is not None and fits(document, (layer,), right):
            repair = Repair(f"write the shape that the kernel proves, {right}", (Edit(at, old=document.at(at), new=list(right)),))
        elif stack.inputs and not perhaps_untraced(stack, target):
            whole = Edit(at.parent, old=layer.raw["build_config"], new=ABSENT)
            repair = Repair("drop the layer's build_config; Keras builds it from the InputLayer", (whole,))
        says = incompatible(layer, shape[-1]) if stack.inputs else "ValueError: A total of … objects could not be loaded"
        message = f"build_config contradicts the stored weights: {clash}"
        yield Finding(at, message, repair=repair, layer=layer.name, keras_says=says)


def _reaches(document: Document, stack: Stack, index: int, shape: Shape) -> bool:
    """Whether a layer is given what its build_config says, by what the model states of its input and by the configs of the layers before."""
    if index:
        given = output_shapes(document).get(stack.layers[index - 1].at)
    else:
        place = stated(stack) or next(iter(stack.built), None)
        given = None if place is None else place.shape
    return given is not None and agree(given, shape) and None not in (given[-1], shape[-1])


def _unread_build(stack: Stack, layer: Node) -> Iterator[Finding]:
    """A build_config that says nothing Keras reads: the layer counts as built, and has no variables (Layer.build_from_config)."""
    built = layer.build_config
    if layer.class_name not in FEATURE_AXIS or not built or "shapes_dict" in built or "input_shape" in built:
        return
    drop = Repair(
        "drop it; Keras builds the layer from the InputLayer", (Edit(layer.at / "build_config", old=layer.raw["build_config"], new=ABSENT),)
    )
    yield Finding(
        layer.at / "build_config",
        f"the build_config of {layer.name!r} states no input shape that Keras reads: {dict(built)}",
        repair=drop if stack.inputs else None,
        needs=() if stack.inputs else (Need("--input-shape", "None,…", "without it the layer has no variables"),),
        layer=layer.name,
        keras_says=f"ValueError: Layer '{layer.name}' expected 0 variables, but received … variables during loading.",
    )
