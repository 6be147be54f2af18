"""Layers that were taken out of the config of a ``.keras`` archive, and whose arrays stayed behind.

Keras 3 writes arrays for the layers of the model and for nothing else, under the class of each and its number among them. A group that
nobody owns, under the very next number of one of Keras's own classes, was therefore written for a layer that the config listed then.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from kdoctor.document import Document
from kdoctor.keras_api.layouts import LAYERS, Layout
from kdoctor.keras_api.variables.table import RULES
from kdoctor.structure.snake_case import snake_case
from kdoctor.weights.accounting import Holding, Owner, holdings


def left_behind(document: Document, layout: Layout) -> frozenset[str]:
    """The groups of such layers, as ``layers/dense_2``."""
    found = holdings(document, layout) if document.format.native and layout.folders[0] == LAYERS else ()
    stray = _groups(found, Owner.STRAY)
    return _next_in_line(stray, _groups(found, Owner.LAYER)) if stray else frozenset()


@lru_cache(maxsize=4)
def has_strays(document: Document, layout: Layout) -> bool:
    """Whether arrays of a ``.keras`` archive belong to nobody: what is odd then may be the config, not the input."""
    return document.format.native and any(one.owner is Owner.STRAY for one in holdings(document, layout))


def _groups(found: Iterable[Holding], owner: Owner) -> frozenset[str]:
    """The outermost groups that hold arrays of nothing but this owner's layers: ``layers/lstm`` of ``layers/lstm/cell/vars/0``."""
    return frozenset("/".join(one.path.split("/")[:2]) for one in found if one.owner is owner and one.path.startswith(f"{LAYERS}/"))


def _next_in_line(stray: frozenset[str], owned: frozenset[str]) -> frozenset[str]:
    found: set[str] = set()
    for group in sorted(stray - owned, key=_numbered):
        stem, number = _numbered(group)
        before = f"{stem}_{number - 1}" if number > 1 else stem
        if stem.removeprefix(f"{LAYERS}/") in _stems() and (number == 0 or before in owned or before in found):
            found.add(group)
    return frozenset(found)


def _numbered(group: str) -> tuple[str, int]:
    stem, _, number = group.rpartition("_")
    return (stem, int(number)) if stem and number.isdecimal() and number.isascii() and not number.startswith("0") else (group, 0)


@lru_cache(maxsize=1)
def _stems() -> frozenset[str]:
    return frozenset(map(snake_case, RULES))
