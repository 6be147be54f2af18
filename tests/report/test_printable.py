"""Text that means harm to a terminal."""

from __future__ import annotations

import json

import pytest

from kdoctor.report.printable import escaped, printable

HARMFUL = {
    "escape": "\x1b[2J",
    "bell": "\a",
    "carriage return": "\r",
    "delete": "\x7f",
    "single-character escape": "\x9b31m",
    "right to left": "\u202e",
    "isolate": "\u2066",
    "line separator": "\u2028",
    "half a character": "\ud800",
    "null": "\0",
}


@pytest.mark.parametrize("harmful", HARMFUL.values(), ids=HARMFUL.keys())
def test_each_harmful_character_becomes_one_other(harmful: str) -> None:
    assert printable(f"a{harmful}b") == f"a\ufffd{harmful[1:]}b"
    assert printable(f"a{harmful}b", lines=True) == f"a\ufffd{harmful[1:]}b"


@pytest.mark.parametrize("text", ["Größe", "層", "x × y · …", "[bold]", "\\", "🙂"])
def test_what_people_write_stays_as_it_is(text: str) -> None:
    assert printable(text) == text


def test_line_breaks_stay_only_where_lines_are_meant() -> None:
    assert printable("a\n\tb") == "a\ufffd\ufffdb"
    assert printable("a\n\tb", lines=True) == "a\n\tb"


@pytest.mark.parametrize("harmful", HARMFUL.values(), ids=HARMFUL.keys())
def test_json_with_such_characters_escaped_means_the_same(harmful: str) -> None:
    value = {"name": f"a{harmful}b", "next": ["\n"]}
    text = escaped(json.dumps(value, ensure_ascii=False, indent=1))
    assert json.loads(text) == value
    assert printable(text, lines=True) == text
