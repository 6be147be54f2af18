"""A MultiHeadAttention of TensorFlow 2.4, which did not store the shapes that every later Keras 2 takes out of its config."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from kdoctor.check import Finding, Repair
from kdoctor.document import ABSENT, Document
from kdoctor.edit import Edit
from kdoctor.keras_api import habits
from kdoctor.keras_api.variables.table import is_builtin
from kdoctor.structure.outline import objects_named
from kdoctor.target import Target

CLASS: Final = "MultiHeadAttention"
SHAPES: Final = ("query_shape", "key_shape", "value_shape")


def unstated_shapes(document: Document, target: Target) -> Iterator[Finding]:
    """One finding for each (K304); where one is null, the layer is built when the model calls it (from_config)."""
    for node in objects_named(document, (CLASS,)) if habits.ASKS_SHAPES_OF_ATTENTION.of(target) else ():
        missing = [name for name in SHAPES if name not in node.config]
        if missing and node.class_name == CLASS and is_builtin(node):
            edits = tuple(Edit(node.at / "config" / name, old=ABSENT, new=None) for name in missing)
            yield Finding(
                node.at,
                f"the config of {CLASS} {node.name!r} has no {', '.join(missing)}, which {target} asks it for",
                repair=Repair("write null, with which it is built when it is called", edits),
                layer=node.name,
                keras_says=f"KeyError: {missing[0]!r}",
            )
