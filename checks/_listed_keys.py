"""Slices of a tensor in a graph (``x[:, 0]``): a tuple of keys, of which JSON makes a list, and Keras 3.0 and 3.1 take no list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kdoctor.check import Finding, Repair, Safety
from kdoctor.document import Document, Json
from kdoctor.keras_api import habits
from kdoctor.keras_api.operation import is_nameless, of_keras_3
from kdoctor.replacements.slices import CLASS, taken_apart
from kdoctor.structure.layers import Layer
from kdoctor.structure.models import Model
from kdoctor.target import Target

LATER = Repair("load it with Keras 3.2 or later, which reads the slice", safety=Safety.ADVICE)
TITLE = "take the parts of each axis with operations that it reads, which give the same tensor"


def listed_keys(document: Document, model: Model, target: Target) -> Iterator[Finding]:
    """Every call of a GetItem that the target does not read back (K604)."""
    for layer in model.layers if target.keras_3 and not habits.READS_LISTED_KEYS.of(target) else ():
        own = of_keras_3(layer.node) or is_nameless(layer.node)
        key = _first_unread(layer) if layer.class_name == CLASS and own else None
        if key is None:
            continue
        edits = taken_apart(document, model, layer)
        native = document.format.native
        yield Finding(
            layer.at / "inbound_nodes" / 0,
            f"{layer.name!r} takes a slice by a tuple of keys, which a file holds as a list; {target} takes no list",
            repair=LATER if edits is None else Repair(TITLE, edits if native else (), native=True),
            layer=layer.name,
            keras_says="ValueError: Unsupported key type for array slice. Recieved: `[…]`",
        )


def _first_unread(layer: Layer) -> Json:
    """The keys of the first call that are more than one number."""
    nodes = layer.node.raw.get("inbound_nodes")
    for node in nodes if isinstance(nodes, list) else ():
        given = node.get("args") if isinstance(node, Mapping) else None
        if isinstance(given, list) and len(given) == 2 and isinstance(given[1], (list, dict)):
            return given[1]
    return None
