from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Need, Severity, check
from kdoctor.document import Document
from kdoctor.structure.layers import Layer, is_model
from kdoctor.structure.models import Model, models
from kdoctor.target import Target

UNRESOLVED = "ValueError: Invalid Functional model configuration. The graph of the Functional model either has loops or disconnected nodes."
NEED = Need("FILE", "the whole model", "the file does not hold the layer that is referred to")


@check("K204", Severity.ERROR, since="0.1.0")
def broken_connection(document: Document, target: Target) -> Iterator[Finding]:
    """A layer is connected to one that is not in the model, or to a call that never happens.

    The graph of a Functional model is a list of layers, each with the tensors it takes: ``["conv", 0, 0]``. When the layer it names is
    missing, Keras says "Unknown layer: conv" or "Invalid Functional model configuration. The graph of the Functional model either has
    loops or disconnected nodes".

    There is no cure: what the missing layer computed is not in the file.
    """
    for model in models(document):
        if model.functional:
            known = {layer.key: layer for layer in model.layers}
            for layer in model.layers:
                yield from _broken(document, model, layer, known)


def _broken(document: Document, model: Model, layer: Layer, known: dict[str, Layer]) -> Iterator[Finding]:
    for index, call in enumerate(layer.calls):
        for source in call:
            origin = known.get(source.layer)
            if origin is not None and source.call < max(1, len(origin.calls)) + is_model(origin.node):
                continue  # a nested model counts its own making as a call
            what = f"a layer {source.layer!r}" if origin is None else f"call {source.call} of {source.layer!r}"
            yield Finding(
                layer.at / "inbound_nodes" / index,
                f"{layer.name!r} takes its input from {what}, which the model {model.node.name!r} does not have",
                needs=(NEED,),
                layer=layer.name,
                keras_says=f"ValueError: Unknown layer: {source.layer}" if origin is None and document.format.native else UNRESOLVED,
            )
            return
