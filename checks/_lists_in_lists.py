"""Layers that a class of the user's keeps in lists within lists: Keras 3.0 to 3.14 saved none of their weights in a ``.keras`` archive."""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Need
from kdoctor.custom.custom_objects import matches, source_of, stored_arrays
from kdoctor.document import Document
from kdoctor.structure.layers import layers
from kdoctor.target import Target

NEED = Need("FILE", "the model as Keras 3.15 or later saves it", "this one does not hold the weights of layers in lists within lists")
INSIDE = "container"  # what Keras 3.15 calls a list in a list (``_save_container_state`` of saving/saving_lib.py)


def lists_in_lists(document: Document, target: Target) -> Iterator[Finding]:
    """Every Keras 3 loads such a file, and leaves these weights as they were made."""
    found = [match for match in matches(document, target) if match.definition.in_lists] if target.keras_3 else []
    places = {layer.at for layer in layers(document)} if found else set()
    for match in found:
        paths = [path for path, _ in stored_arrays(document, match.node)]
        for attribute in match.definition.in_lists if match.node.at in places else ():
            if not any(f"/{attribute}/{INSIDE}" in path for path in paths):
                definition = match.definition
                yield Finding(
                    match.node.at,
                    f"{match.node.name!r} lacks the weights of the layers that {definition.name} ({source_of(definition)}) keeps in lists within the list "
                    f"self.{attribute}: Keras 3.0 to 3.14 saved none of them",
                    needs=(NEED,),
                    layer=match.node.name,
                    keras_says=f"UserWarning: Skipping nested container at '{attribute}/{INSIDE}': no matching group found in the saved file.",
                    other_numbers=True,
                )
