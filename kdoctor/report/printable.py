"""What a file says, made harmless for a terminal: a layer's name must not be able to clear the screen or to fake a verdict."""

from __future__ import annotations

import re
from functools import lru_cache

# Control characters (an escape sequence begins with one), marks that turn the writing direction, line separators, halves of characters.
HARMFUL = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


@lru_cache(maxsize=1)
def _harmful_in_lines() -> re.Pattern[str]:
    """Not made before it is needed, since a scan that finds all in its cache does not need it."""
    return re.compile(HARMFUL.pattern.replace("\x00-\x1f", "\x00-\x08\x0b-\x1f"))


def printable(text: str, *, lines: bool = False) -> str:
    """The text with every harmful character replaced by one other, so that columns keep their place; ``lines`` keeps its line breaks."""
    return (_harmful_in_lines() if lines else HARMFUL).sub(REPLACEMENT, text)


def escaped(json: str) -> str:
    """JSON text with the same characters written as ``\\uXXXX``: they stand in its strings alone, and mean the same there."""
    return _harmful_in_lines().sub(lambda found: f"\\u{ord(found.group()):04x}", json)
