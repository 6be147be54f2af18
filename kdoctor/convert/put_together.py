"""A model of the user's own class that Keras puts together from its graph: its arrays are those of its layers, as in a Functional."""

from __future__ import annotations

from kdoctor.custom.custom_objects import matches
from kdoctor.document import Document
from kdoctor.structure.objects import MODELS, model_of
from kdoctor.target import Target
from kdoctor.weights.stored_h5 import ROOT, TOP


def as_functional(document: Document, target: Target) -> Document:
    """The document with the root said to be a Functional, to account for its arrays; the same one where that is not known to be so.

    It is, where the class's source is given, and has no constructor that could make layers of its own, and no ``from_config``: only then
    does the graph say all that Keras saves. Variables that the model itself has stay unaccounted for.
    """
    model = model_of(document)
    if model is None or model.class_name in MODELS or document.format.native:
        return document
    match = next((one for one in matches(document, target) if one.node.at == model.at), None)
    if match is None or not match.put_together or match.definition.above not in MODELS:
        return document
    if match.definition.made_otherwise or match.definition.constructed:
        return document
    if any(path.startswith(f"{ROOT.strip('/')}/{TOP}/") for path in document.weights):
        return document
    return document.replacing({**document.parts, "config": {**model.raw, "class_name": "Functional"}})
