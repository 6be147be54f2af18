from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Severity, check
from kdoctor.document import Document
from kdoctor.hostile import called_name, is_no_modelling
from kdoctor.objects import objects
from kdoctor.target import Target


@check("K802", Severity.ERROR, since="0.1.0")
def non_modelling_function(document: Document, target: Target) -> Iterator[Finding]:
    """The config calls a function of Keras that is no part of any model: ``get_file``, ``load_model``, ``enable_unsafe_deserialization``.

    Named as an object of the model, such a function is called while the file loads: it fetches a file, loads another model without
    safe mode, or switches safe mode off for a Lambda that follows (CVE-2025-8747, CVE-2025-9906). Keras 3.11 and later refuse them.
    The trigger is judged, whichever public or private module it is named by.
    """
    for node in objects(document):
        if is_no_modelling(node):
            name = called_name(node)
            yield Finding(
                node.at,
                f"the config calls {node.module}.{name}, which does something to the machine or to Keras, and nothing in a model",
                keras_says=f"ValueError: Cannot deserialize `{node.module}.{name}` because it is not a modeling function.",
            )
