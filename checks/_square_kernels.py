"""Kernels of two equal axes, of which no shape tells whether they were turned with the others."""

from __future__ import annotations

from collections.abc import Collection

from kdoctor.document import Document
from kdoctor.keras_api.layouts import Layout

from ._claimed_arrays import Claimed, claimed_arrays


def perhaps_turned(document: Document, layout: Layout, roles: Collection[str]) -> tuple[Claimed, ...]:
    """Square arrays of these roles, where every other one of the file stands the other way round: these may, too. None where one stands right."""
    square, turned = [], 0
    for claimed in claimed_arrays(document, layout):
        variable, shape = claimed.variable, tuple(claimed.weight.shape)
        if variable.role not in roles or variable.shape is None or len(shape) != 2:
            continue
        if shape[0] == shape[1]:
            square.append(claimed)
        elif shape == variable.shape[::-1]:
            turned += 1
        else:
            return ()
    return tuple(square) if turned else ()
