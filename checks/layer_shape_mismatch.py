from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Repair, Safety, Severity, check
from kdoctor.document import Document
from kdoctor.graph.shapes import Inferred, infer
from kdoctor.keras_api.input_shapes import refusal_of
from kdoctor.keras_api.variables.variable import Shapes
from kdoctor.structure.models import Model, models
from kdoctor.structure.sequential import statements
from kdoctor.target import Target

ADVICE = Repair("compare the layer and those before it with the code that made the model", safety=Safety.ADVICE)


@check("K206", Severity.ERROR, since="0.1.0")
def layer_shape_mismatch(document: Document, target: Target) -> Iterator[Finding]:
    """A layer cannot take the shape that it is given.

    The tensors that reach it have another number of axes ("Input 0 with name 'None' of layer 'lstm' is incompatible with the layer:
    expected ndim=3, found ndim=2"), channels that its groups do not share evenly, less room than its kernel takes ("Computed output
    size would be zero or negative"), lengths that do not go together ("A `Concatenate` layer requires inputs with matching shapes
    except for the concatenation axis"), or another number of elements ("The total size of the tensor must be unchanged").

    It is said of Keras's own layers only, and only where all shapes that it rests on are known. Which of the layers is wrong is not in
    the file, so nothing is changed: compare the layer with the code that made the model.
    """
    found = infer(document)
    for model in models(document):
        if (model.functional or model.node.class_name == "Sequential") and _as_stated(model, found):
            yield from _refused(model, found)


def _as_stated(model: Model, found: Inferred) -> bool:
    """Whether a model gets as many axes as it states: Keras adds or drops one on entry, and what follows is not known here."""
    for layer in model.layers:
        if layer.class_name == "InputLayer":
            stated = next((statement.shape for statement in statements(layer.node)), None)
            given = next(iter(found.inputs.get(layer.at, ())), None)
            if stated is None or given is None or len(stated) != len(given):
                return False
    return True


def _refused(model: Model, found: Inferred) -> Iterator[Finding]:
    for layer in model.layers:
        for shapes in found.calls.get(layer.at, ()):
            refusal = refusal_of(layer.node, shapes)
            if refusal is not None:
                message = f"{layer.class_name} {layer.name!r} is given {_told(shapes)} and wants {refusal.wants}"
                yield Finding(layer.at, message, repair=ADVICE, layer=layer.name, keras_says=refusal.keras_says)
                break


def _told(shapes: Shapes) -> str:
    return " and ".join(str(shape) for shape in shapes)
