"""Arrays under the places that Keras 2 has for their layers, which it finds by the order of a Functional's graph, as Keras 3 does: a layer more
or less on one way through the model changes it (functional.py, _map_graph_network; read in 2.9 and 2.15, run in 2.15).
"""

from __future__ import annotations

from kdoctor.document import Document, Json
from kdoctor.edit import apply
from kdoctor.replacements.moved_arrays import moved_arrays


def said_as(native: Document, config: Json) -> Document:
    """An archive of Keras 3 with its config in the words of Keras 2, every array where that graph has its layer."""
    after = native.replacing({**native.parts, "config": config})
    return apply(after, moved_arrays(native, after))
