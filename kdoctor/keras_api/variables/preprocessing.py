"""Variables of the layers that look words up (Keras 3.15.1, layers/preprocessing/index_lookup.py): the vocabulary is an asset."""

from __future__ import annotations

from kdoctor.keras_api.variables.variable import Inner, Shapes, Variable, Variables
from kdoctor.structure.objects import Node


def lookup(node: Node, shapes: Shapes, inner: Inner) -> Variables | None:
    """The weight of every word, where the layer counts by them; a TextVectorization has them once more, in the lookup that it holds."""
    if node.config.get("output_mode") != "tf_idf":
        return ()
    inside = ("_lookup_layer/",) if node.class_name == "TextVectorization" else ()
    return tuple(Variable(f"{part}vars/idf_weights", "idf_weights", (None,), trainable=False, weight=False) for part in ("", *inside))
