from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from kdoctor.check import Finding, Repair, Safety, Severity, check
from kdoctor.document import Document
from kdoctor.graph.open_lengths import own_inputs
from kdoctor.graph.shapes import Inferred, built_with, infer, infer_model
from kdoctor.keras_api.builds import builds_itself
from kdoctor.keras_api.input_shapes import refusal_of
from kdoctor.keras_api.variables.table import variables_of
from kdoctor.keras_api.variables.variable import Shapes, Variables
from kdoctor.structure.alike import kinds
from kdoctor.structure.layers import Layer, is_model
from kdoctor.structure.models import Model, all_models, is_wrapped
from kdoctor.structure.objects import Node
from kdoctor.structure.sequential import agree, statements
from kdoctor.target import Target
from kdoctor.weights.stored import is_told

from ._batch_axis import batch_is_added
from ._open_lengths import of_open_lengths
from ._tracing import untraced_in_graph

ADVICE = Repair("compare the layer and those before it with the code that made the model", safety=Safety.ADVICE)


@check("K206", Severity.ERROR, since="0.1.0")
def layer_shape_mismatch(document: Document, target: Target) -> Iterator[Finding]:
    """A layer cannot take the shape that it is given.

    The tensors that reach it have another number of axes ("Input 0 with name 'None' of layer 'lstm' is incompatible with the layer:
    expected ndim=3, found ndim=2"), channels that its groups do not share evenly, less room than its kernel takes ("Computed output
    size would be zero or negative"), lengths that do not go together ("A `Concatenate` layer requires inputs with matching shapes
    except for the concatenation axis"), or another number of elements ("The total size of the tensor must be unchanged"). Or a layer that
    is called twice would need other variables the second time ("expected axis -1 of input shape to have value 4, but received input with
    shape (None, 5)"), or an input leaves a length open that its variables are made of ("Shapes used to initialize variables must be
    fully-defined (no `None` dimensions)"). Keras 3 forgives an archive that: its layers say what they were built with, all but a
    DepthwiseConv2D, which multiplies the channels of its input; Keras 2 does not.

    A convolution of Keras 2 takes more axes than it goes over; none of Keras 3 does ("Kernel shape must have the same length as input").

    Before Keras 3.4 no shape is inferred of a model that a TimeDistributed holds, so the graph around it cannot be put together: "Layer
    Sequential should implement `def compute_output_shape(self, input_shape)`". Of a class of one's own no Keras 3 does: it has to have that
    method, and ``--custom FILE.py`` tells whether it has.

    A model that a wrapper holds may be given another shape than that of its own input, too. It is said of Keras's own layers only, and
    only where all shapes that it rests on are known. Which of the layers is wrong is not in the file, so nothing is changed: compare the
    layer with the code that made the model. But where a length is open because an EinsumDense of Keras 2 states none
    (``output_shape=(None, 5)``, which Keras 3 takes at its word), that of its input is written.
    """
    found = infer(document)
    for model in all_models(document):
        if not model.functional and batch_is_added(document, tuple(layer.node for layer in model.layers), target):
            continue
        if (model.functional or model.node.class_name == "Sequential") and _as_stated(model, found):
            firsts = _one_of_each(document, model, found)
            told = [*_told_of(document, firsts, found, target)]
            yield from told if not told or len(firsts) == len(model.layers) else _told_of(document, model.layers, found, target)
        elif model.nested and model.functional:
            yield from _refused(model.layers, infer_model(model.node, own_inputs(model)), keras_3=target.keras_3)
        if is_wrapped(model.node.at):
            yield from _of_other_inputs(model, found)
        yield from of_open_lengths(document, model, target, ADVICE)
        yield from untraced_in_graph(model, target) if model.functional else ()


def _of_other_inputs(model: Model, found: Inferred) -> Iterator[Finding]:
    """A wrapped model that is given other lengths than its inputs state; of a nested one the stored weights tell it (K201, K702)."""
    own = own_inputs(model)
    given = next((shapes for shapes in found.calls.get(model.node.at, ()) if len(shapes) == len(own) and None not in shapes), ())
    for shape, stated in zip(given, own, strict=bool(given)):
        if shape is not None and stated is not None and len(shape) == len(stated) and not agree(shape, stated):
            name = model.node.name
            yield Finding(
                model.node.at,
                f"the model {name!r} is given {shape} by what wraps it, and its input is {stated}",
                repair=ADVICE,
                layer=name,
                keras_says=f"ValueError: Input 0 of layer {name!r} is incompatible with the layer: expected shape={stated}, found shape={shape}",
            )


def _as_stated(model: Model, found: Inferred) -> bool:
    """Whether a model gets as many axes as it states: Keras adds or drops one on entry, and what follows is not known here."""
    for layer in model.layers:
        if layer.class_name == "InputLayer":
            stated = next((statement.shape for statement in statements(layer.node)), None)
            given = next(iter(found.inputs.get(layer.at, ())), None)
            if stated is None or given is None or len(stated) != len(given):
                return False
    return True


def _told_of(document: Document, layers: Sequence[Layer], found: Inferred, target: Target) -> Iterator[Finding]:
    yield from _refused(layers, found, keras_3=target.keras_3)
    yield from _of_other_variables(document, layers, found)


def _one_of_each(document: Document, model: Model, found: Inferred) -> Sequence[Layer]:
    """The layers without those that are like an earlier one, were built with the same shapes, and are called with the same: of thousands few."""
    kind = kinds(document)
    firsts: dict[tuple[int, Shapes, tuple[Shapes, ...]], Layer] = {}
    for layer in model.layers:
        own = id(layer.node.raw)
        firsts.setdefault((kind.get(own, own), built_with(layer.node), found.calls.get(layer.at, ())), layer)
    return [*firsts.values()]


def _refused(layers: Iterable[Layer], found: Inferred, *, keras_3: bool) -> Iterator[Finding]:
    for layer in layers:
        for shapes in found.calls.get(layer.at, ()):
            refusal = refusal_of(layer.node, shapes, keras_3=keras_3)
            if refusal is not None:
                message = f"{layer.class_name} {layer.name!r} is given {_told(shapes)} and wants {refusal.wants}"
                yield Finding(layer.at, message, repair=ADVICE, layer=layer.name, keras_says=refusal.keras_says)
                break


def _of_other_variables(document: Document, layers: Iterable[Layer], found: Inferred) -> Iterator[Finding]:
    """Layers whose calls, or whose build_config, ask for variables of different shapes."""
    kind = kinds(document)
    known: dict[tuple[int, Shapes], Variables | None] = {}
    for layer in layers:
        calls = found.calls.get(layer.at, ())
        built = built_with(layer.node) if document.format.native and builds_itself(layer.node) else ()
        if built and built not in calls[:1]:
            calls = (built, *(shapes for shapes in calls if shapes != built))
        if len(calls) < 2:
            continue  # most layers: made for what they are given
        like = kind.get(id(layer.node.raw), id(layer.node.raw))
        for shapes in calls:
            if (like, shapes) not in known:
                known[like, shapes] = None if is_model(layer.node) else variables_of(layer.node, shapes, _unknown)
        asked = [(shapes, own) for shapes in calls if (own := known[like, shapes])]
        other = next((shapes for shapes, own in asked[1:] if _clash(asked[0][1], own)), None)
        if other is not None:
            first = asked[0][0]
            yield Finding(
                layer.at,
                f"{layer.class_name} {layer.name!r} is made for {_told(first)}, and is given {_told(other)}",
                repair=ADVICE,
                layer=layer.name,
                keras_says=f"ValueError: Input 0 with name 'None' of layer '{layer.name}' is incompatible with the layer: expected axis -1 of "
                f"input shape to have value {(first[0] or (None,))[-1]}, but received input with shape {other[0]}",
            )


def _clash(one: Variables, other: Variables) -> bool:
    return len(one) == len(other) and any(
        is_told(a.shape) and is_told(b.shape) and a.shape != b.shape for a, b in zip(one, other, strict=True)
    )


def _unknown(model: Node, given: Shapes) -> None:
    """A model in a wrapper has layers of its own."""


def _told(shapes: Shapes) -> str:
    return " and ".join(str(shape) for shape in shapes)
