"""JSON as Python shows it: the text of a dict (``str(model.get_config())``) or of bytes (``str(file.attrs["model_config"])``).

Nothing is evaluated: each token is written as its JSON counterpart, and the JSON reader decides whether the result is any.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_TOKEN: Final = re.compile(
    r"""(?P<space>\s+)
      | (?P<prefix>[bu]?)(?:'(?P<single>(?:[^'\\]|\\.)*)'|"(?P<double>(?:[^"\\]|\\.)*)")
      | (?P<word>True|False|None)\b
      | (?P<number>-?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)
      | (?P<mark>[\[\]{}():,])""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE: Final = re.compile(r"\\(x[0-9a-fA-F]{2}|.)|\"", re.DOTALL)
_WORDS: Final = {"True": "true", "False": "false", "None": "null"}
_MARKS: Final = {"(": "[", ")": "]"}
_CLOSING: Final = frozenset("])}")
_NO_VALUE: Final = frozenset(["", "[", "{", ":", ","])
_AS_THEY_ARE: Final = frozenset('\\nrtbfu"')  # escapes that mean the same in JSON
_MOST_TOKENS: Final = 2**17  # a model of 1,500 layers, and a quarter of a second: nothing in a file may take its reader longer
_BEGINNINGS: Final = ("{'", "{u'", "b'", 'b"')


def json_of_python(text: str) -> str | None:
    """The JSON that Python's text of a dict or of bytes stands for; None where the text is neither."""
    text = text.strip()
    if not text.startswith(_BEGINNINGS) and not re.match(r'\{\s*"', text):
        return None
    pieces = [*_pieces(text)]
    return "".join(piece for piece in pieces if piece is not None) if None not in pieces else None


def _pieces(text: str) -> Iterator[str | None]:
    """The tokens as JSON; None for what is no token that stands for JSON."""
    position, before, waiting = 0, "", False
    for count in range(len(text)):
        if position >= len(text):
            return
        token = _TOKEN.match(text, position) if count < _MOST_TOKENS else None
        if token is None:
            yield None
            return
        position = token.end()
        written = _written(token)
        if written == "":
            continue
        if waiting and written not in _CLOSING:  # a comma before a closing bracket goes: (4,)
            yield ","
        waiting = written == "," and before not in _NO_VALUE
        if not waiting:
            yield written
        before = written or ""


def _written(token: re.Match[str]) -> str | None:
    if token["space"]:
        return ""
    if token["word"]:
        return _WORDS[token["word"]]
    if token["number"]:
        return token["number"] + ("0" if token["number"].endswith(".") else "")
    if token["mark"]:
        return _MARKS.get(token["mark"], token["mark"])
    body = token["single"] if token["single"] is not None else token["double"]
    escapes = [_escaped(found) for found in _ESCAPE.finditer(body)]
    if None in escapes:
        return None
    found = iter(escapes)
    return f'"{_ESCAPE.sub(lambda _: str(next(found)), body)}"'


def _escaped(found: re.Match[str]) -> str | None:
    if found[0] == '"':
        return '\\"'
    escape = found[1]
    if escape == "'":
        return "'"
    if escape.startswith("x"):
        plain = len(escape) == 3 and int(escape[1:], 16) < 128  # bytes of UTF-8 are no characters, and an x alone is none
        return f"\\u00{escape[1:]}" if plain else None
    return f"\\{escape}" if escape in _AS_THEY_ARE else None
