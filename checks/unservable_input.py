from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Severity, check
from kdoctor.deployment import PURPOSES
from kdoctor.document import Document
from kdoctor.structure.layers import layers
from kdoctor.target import Target

# What an input is -> who cannot take it, with what becomes of it.
KINDS = {
    "string": dict.fromkeys(("tflite", "onnx", "xla", "tfjs"), "texts have to be turned into numbers before the model"),
    "ragged": dict.fromkeys(PURPOSES, "requests hold dense tensors: pad them, and mask"),
    "sparse": dict.fromkeys(PURPOSES, "requests hold dense tensors"),
}


@check("K903", Severity.INFO, since="0.1.0")
def unservable_input(document: Document, target: Target) -> Iterator[Finding]:
    """An input takes texts, ragged or sparse tensors, which the place that the model goes to has no word for.

    TensorFlow Serving takes texts but neither ragged nor sparse tensors from its callers; TensorFlow Lite, ONNX, XLA and TensorFlow.js take
    no texts either ("Input tensor of type string is not supported"). Told with ``--for``.

    There is no cure in the file: move the preprocessing in front of the model, and save the rest.
    """
    for layer in layers(document) if target.purpose in PURPOSES else ():
        if layer.class_name != "InputLayer" or layer.depth:
            continue
        config = layer.node.config
        kinds = [kind for kind in ("ragged", "sparse") if config.get(kind) is True] + (
            ["string"] if config.get("dtype") == "string" else []
        )
        for kind in kinds:
            why = KINDS[kind].get(target.purpose)
            if why:
                told = f"the input {layer.name!r} is {kind}, which {PURPOSES[target.purpose]} does not take: {why}"
                yield Finding(layer.at, told, layer=layer.name)
