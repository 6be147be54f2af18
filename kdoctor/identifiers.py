"""Which texts of a file may stand in Python code as a name."""

from __future__ import annotations

import keyword
import unicodedata


def is_identifier(text: object) -> bool:
    """Whether Python takes the text for a name, and for no other one: it reads letters that look alike as the same (NFKC)."""
    return isinstance(text, str) and text.isidentifier() and not keyword.iskeyword(text) and unicodedata.normalize("NFKC", text) == text
