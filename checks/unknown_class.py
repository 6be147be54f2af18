from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Severity, check
from kdoctor.document import Document
from kdoctor.keras_api.reader import Resolution, calls
from kdoctor.target import Target


@check("K602", Severity.ERROR, since="0.1.0")
def unknown_class(document: Document, target: Target) -> Iterator[Finding]:
    """The model uses a class that Keras once had and the target has not: CuDNNLSTM, ThresholdedReLU, LocallyConnected2D, Merge.

    Keras says "Unknown layer: 'CuDNNLSTM'", or "Could not deserialize 'keras.layers.ThresholdedReLU' because it is not a
    KerasSaveable subclass". It is no custom class: nobody has its code any more.

    There is no automatic cure in this release; the file loads in the release that saved it.
    """
    seen = set()
    for call in calls(document, target):
        node = call.node
        if call.resolution is not Resolution.RETIRED or node.class_name in seen:
            continue
        seen.add(node.class_name)
        native = document.format.native
        yield Finding(
            node.at,
            f"{target} has no {call.kind.replace('_', ' ')} {node.class_name}; earlier releases had it",
            keras_says=f"TypeError: Could not locate class '{node.class_name}'."
            if native
            else f"ValueError: Unknown layer: '{node.class_name}'.",
        )
