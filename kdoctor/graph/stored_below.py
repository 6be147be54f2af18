"""The arrays of an archive that stand below one folder, found without a look at all others."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache

from kdoctor.document import Document
from kdoctor.keras_api.layouts import CHECKPOINT, LAYERS


def below(document: Document, folder: str) -> Iterator[tuple[str, str]]:
    """Their paths in order, each behind its form with the folders called as Keras 3 calls them; so is ``folder``, which ends with a slash."""
    paths = _in_order(document)
    for index in range(bisect_left(paths, (folder, "")), len(paths)):
        if not paths[index][0].startswith(folder):
            return
        yield paths[index]


@lru_cache(maxsize=4)
def _in_order(document: Document) -> list[tuple[str, str]]:
    return sorted((path.replace(CHECKPOINT, LAYERS), path) for path in document.weights)
