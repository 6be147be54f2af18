from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Repair, Severity, check
from kdoctor.document import ABSENT, Document
from kdoctor.edit import Edit, same
from kdoctor.keras_api import habits
from kdoctor.structure.layers import Layer
from kdoctor.structure.models import Model, all_models
from kdoctor.structure.naming import fresh, rename
from kdoctor.target import Target


@check("K205", Severity.ERROR, since="0.1.0")
def duplicate_layer_name(document: Document, target: Target) -> Iterator[Finding]:
    """Two layers of one model have the same name.

    "All layers added to a Sequential model should have unique names. Name 'dense' is already the name of a layer in this model"; in a
    Functional model the connections become ambiguous, and the graph does not resolve.

    In a Sequential the cure renames the later one: nothing refers to it by name. In a Functional model an entry that stands twice,
    word for word, is dropped; two different layers under one name have no cure, because nobody can tell which one a connection means.
    """
    for model in all_models(document):
        first: dict[str, Layer] = {}
        for layer in model.layers:
            earlier = first.setdefault(layer.name, layer)
            if earlier is not layer and not (_repeated(model, layer, earlier) and not habits.REFUSES_REPEATED_LAYERS.of(target)):
                yield _finding(model, layer, earlier)


def _repeated(model: Model, layer: Layer, earlier: Layer) -> bool:
    """Whether the entry of a Functional model stands there twice, word for word."""
    return model.functional and same(layer.node.raw, earlier.node.raw)


def _finding(model: Model, layer: Layer, earlier: Layer) -> Finding:
    if model.functional:
        repeated = _repeated(model, layer, earlier)
        repair = Repair("drop the repeated entry", (Edit(layer.at, old=layer.node.raw, new=ABSENT),)) if repeated else None
        told = "the same entry twice" if repeated else "two different layers"
        says = (
            "ValueError: Invalid Functional model configuration. The graph of the Functional model either has loops or disconnected nodes."
        )
    else:
        name = fresh(layer.name, {other.name for other in model.layers})
        repair = Repair(f"rename the later one to {name!r}", rename(model.node, {layer.number: name}, {}))
        told = "two layers"
        says = f"ValueError: All layers added to a Sequential model should have unique names. Name '{layer.name}' is already the name of a layer"
    whose = "the model" if model.node.name is None else f"the model {model.node.name!r}"
    return Finding(layer.at, f"{told} of {whose} are named {layer.name!r}", repair=repair, layer=layer.name, keras_says=says)
