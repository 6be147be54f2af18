"""An empty page for text reports: the same width and colors for all of them."""

from __future__ import annotations

import io
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


def blank(width: int, color: bool) -> tuple[Console, io.StringIO]:
    """A console of this many characters in a line, and the text that collects what is printed on it."""
    from rich.console import Console

    text = io.StringIO()
    console = Console(
        file=text,
        width=width,
        force_terminal=color,
        no_color=not color,
        color_system="standard" if color else None,
        emoji=False,
        markup=False,
        highlight=False,
    )
    return console, text


def columns(rows: Sequence[Sequence[str]], right: Collection[int] = ()) -> list[str]:
    """Lines of cells below each other, those of the columns ``right`` at their right end; nothing is folded, however long it is."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    fill = [str.rjust if index in right else str.ljust for index in range(len(widths))]
    return ["  ".join([place(cell, width) for place, cell, width in zip(fill, row, widths, strict=True)]).rstrip() for row in rows]
