"""The fields of the kinds of nodes: asked for at every step through a tree, and the same each time."""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from typing import Any


@cache
def names_of_fields(kind: Any) -> tuple[str, ...]:
    """Of a dataclass, in order."""
    return tuple(each.name for each in fields(kind))
