"""The words of lookup layers in an archive of TensorFlow 2.12 to 2.14, and where Keras 3 looks for them.

They stand under the folder of the layers' arrays, and TensorFlow 2.12 and 2.13 count layers by twos there (`kdoctor.keras_api.layouts`). Seen in
archives of TensorFlow 2.13.1, which Keras 3.15.1 refuses, and with the words moved computes the same from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from kdoctor.document import Document, Format
from kdoctor.edit import Edit
from kdoctor.keras_api.layouts import CHECKPOINT, KERAS_2_12, KERAS_2_14, Layout
from kdoctor.keras_api.variables.table import is_builtin
from kdoctor.pointer import Pointer
from kdoctor.weights.claims import claims
from kdoctor.weights.stored import accountable

ASSETS: Final = "assets/"
LOOKUPS: Final = ("StringLookup", "IntegerLookup", "TextVectorization")
WORDS: Final = ("vocabulary.txt", "_lookup_layer/vocabulary.txt")  # the second is that of a TextVectorization, which keeps the first, too


def moved_words(document: Document) -> tuple[Edit, ...]:
    """The edits that give every asset of the old folder the name under which Keras 3 looks for it.

    None unless every such file is that of one lookup layer, and every such layer has one, by the numbers of one release alone.
    """
    old = {key: member for key, member in document.members.items() if member.name.startswith(f"{ASSETS}{CHECKPOINT}/")}
    if document.format is not Format.KERAS_ZIP or not accountable(document):
        return ()
    names = [member.name for member in old.values()]
    ways = [way for layout in (KERAS_2_12, KERAS_2_14) if (way := _way(document, layout, names)) is not None]
    if not ways or any(way != ways[0] for way in ways) or {member.name for member in document.members.values()} & {*ways[0].values()}:
        return ()
    return tuple(Edit(Pointer("members", (key,)), old=one, new=replace(one, name=ways[0][one.name])) for key, one in old.items())


def _way(document: Document, layout: Layout, names: list[str]) -> Mapping[str, str] | None:
    """Old name to new one, if the files are those of the lookup layers as a layout counts them."""
    found: dict[str, str] = {}
    for claim in claims(document):
        if claim.node.class_name not in LOOKUPS or not is_builtin(claim.node) or claim.node.config.get("vocabulary") is not None:
            continue
        folder = f"{ASSETS}{layout.place(claim.place)}/"
        own = {name: f"{ASSETS}{claim.place}/{words}" for words in WORDS if (name := folder + words) in names}
        if not own:
            return None
        found |= own
    return found if len(found) == len(names) else None
