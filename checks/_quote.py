"""A stored function as source, with names to mark."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kdoctor.check import Excerpt

if TYPE_CHECKING:
    from kdoctor.bytecode.code import Code


def quoted(code: Code, names: Sequence[str] = (), remark: str = "") -> Excerpt | None:
    """The source with every use of the names marked; None where the code cannot be told as source."""
    from kdoctor.bytecode.source import source_of  # few files hold code, and its readers are dear to import

    source = source_of(code)
    if source is None:
        return None
    marks = tuple((use.start, use.end) for use in source.names if use.name in names)
    return Excerpt(source.text, marks, remark if marks else "")
