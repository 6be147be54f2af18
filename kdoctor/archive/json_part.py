"""Reads a JSON part tolerantly: what Python's ``json`` would refuse is named, and read all the same where its meaning is plain."""

from __future__ import annotations

import json
import re
import sys
from array import array
from collections import Counter
from collections.abc import Callable
from itertools import accumulate, islice
from typing import NamedTuple

from kdoctor.archive.python_text import json_of_python
from kdoctor.document import ABSENT, Fault, Json
from kdoctor.faults import FaultKind
from kdoctor.limits import Limits

_CONSTANT = re.compile("NaN|-?Infinity")
_CLOSING_COMMA = re.compile(r",(?=\s*[\]}])")
_ODD = (b"NaN", b"Infinity")
_ODD_WITHOUT_BLANKS = (b",]", b",}")
_BLANKS = b" \t\r\n\f\v"
_VALUE_BEFORE = re.compile(r"[^\s,\[{:]\s*\Z")
_STEPS = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")  # into and out of a list or object, as signed bytes
_NO_BRACKETS = bytes(set(range(256)) - set(b"[{]}"))
_NO_MARKS = bytes(set(range(256)) - set(b'[{]},:"'))
_STEP = 2**20  # characters
_LONGEST_INTEGER = 4300  # digits; CPython's own bound since 3.10.7: longer ones take quadratic time
_BOUNDED = 0 < getattr(sys, "get_int_max_str_digits", int)() <= _LONGEST_INTEGER  # by Python itself
_LONG_INTEGER = b"1" * (_LONGEST_INTEGER + 1)
_ONES = bytes(ord("1") if chr(byte).isdigit() and byte < 128 else ord(" ") for byte in range(256))
_KEYS_SHOWN = 20
_PADDING = " \t\r\n\0"


def read_json(data: bytes, part: str, limits: Limits) -> tuple[Json, list[Fault]]:
    """The JSON object in ``data`` and what is wrong with its text; `ABSENT` when nothing could be read.

    A byte order mark, UTF-16, trailing commas, duplicate keys (the last one wins, as in Python) and ``NaN`` are faults that do not
    stop the reading; nor is a text that holds the object (encoded twice, or as Python shows it). Anything but an object at the root is malformed: no part of a Keras file is one.
    """
    if len(data) > limits.json_bytes:
        return ABSENT, [_limit(part, "json_bytes", limits.json_bytes, len(data))]
    if not data.strip(b" \t\r\n\0"):
        why = "the part is empty" if not data else "the part holds only blanks" if data.strip(b"\0") else "the part holds only zero bytes"
        return ABSENT, [_malformed(part, 1, 1, why, empty=True)]
    text, faults = _decode(data, part)
    shape = _measure(text, limits)
    if shape.depth > limits.json_depth:
        return ABSENT, [*faults, _limit(part, "json_depth", limits.json_depth, shape.depth)]
    if shape.values > limits.json_values:
        return ABSENT, [*faults, _limit(part, "json_values", limits.json_values, shape.values)]
    value, found, constants = _parse(text, part, limits, shape.keys)
    odd = _oddities(text) if constants or value is ABSENT else NOTHING_ODD  # to look for them takes as long as reading
    if odd.commas:
        line, column = _place(text, odd.commas[0])
        detail = {"line": line, "column": column, "count": len(odd.commas)}
        faults.append(Fault(FaultKind.JSON_TRAILING_COMMA.value, part, detail))
        text = _blanked(text, odd.commas)
        value, found, _ = _parse(text, part, limits, shape.keys)
    if isinstance(value, str):
        value, found = _within(value, part, limits, "twice")
    elif value is ABSENT:
        value, found = _meant(text, part, limits, found)
    faults += found
    if value is not ABSENT and odd.constants:
        start, name = odd.first_constant
        faults.append(Fault(FaultKind.JSON_CONSTANT.value, part, {"count": odd.constants, "first": name, "line": _place(text, start)[0]}))
    return value, faults


def _decode(data: bytes, part: str) -> tuple[str, list[Fault]]:
    """The text and the fault of its encoding, if any; Keras reads UTF-8 without a byte order mark."""
    if data.startswith(b"\xef\xbb\xbf"):
        text, faults = _decode(data[3:], part)
        return text, [Fault(FaultKind.JSON_BOM.value, part), *faults]
    encoding: str = json.detect_encoding(data)  # by byte order mark or by where the zero bytes stand
    if encoding == "utf-8":
        try:
            return data.decode("utf-8"), []
        except UnicodeDecodeError:
            encoding = "latin-1"
    named = {"utf-16": "utf-16-le", "utf-32": "utf-32-le"}
    if data.startswith((b"\xfe\xff", b"\0\0\xfe\xff")):
        named = {"utf-16": "utf-16-be", "utf-32": "utf-32-be"}
    fault = Fault(FaultKind.JSON_ENCODING.value, part, {"encoding": named.get(encoding, encoding)})
    return data.decode(encoding, errors="replace"), [fault]


class _Shape(NamedTuple):
    """What a JSON text tells before it is parsed; places are offsets in the text."""

    depth: int
    values: int  # at most so many
    keys: int  # of all objects, if it is JSON


class _Odd(NamedTuple):
    """What Python reads and JSON does not allow, outside of strings; places are offsets in the text."""

    commas: list[int]  # before a closing bracket
    constants: int
    first_constant: tuple[int, str]


NOTHING_ODD = _Odd([], 0, (0, ""))


class _Parsed(NamedTuple):
    """The object or text at the root, or `ABSENT`; what is wrong with it; whether NaN or an infinity stands in it."""

    value: Json
    faults: list[Fault]
    constants: bool = False


def _measure(text: str, limits: Limits) -> _Shape:
    """Never fails, whatever the text is; of a text of more brackets than values are allowed only so many count for its depth."""
    marks = _marks(text if "\\" in text else text.encode("ascii", "replace"))
    values = 1 + sum(map(marks.count, (b"[", b"{", b",")))
    steps = array("b", marks.translate(_STEPS, _NO_BRACKETS))
    depth = max(accumulate(islice(steps, 2 * limits.json_values)), default=0)
    return _Shape(depth, values, marks.count(b":"))


def _marks(text: str | bytes) -> bytes:
    """The brackets, commas and colons outside of strings. Two quotes side by side have nothing between them, on whichever side they are."""
    if isinstance(text, str):
        text = text.replace("\\\\", "  ").replace('\\"', "  ").encode("ascii", "replace")
    return _without_strings(text.translate(None, _NO_MARKS).replace(b'""', b"").decode("ascii"), "").encode("ascii")


def _is_odd(plain: bytes) -> bool:
    """Whether there may be anything that JSON does not allow and Python reads: expressions that search for it would take as long as reading."""
    close = plain.translate(None, _BLANKS)
    return any(each in plain for each in _ODD) or any(each in close for each in _ODD_WITHOUT_BLANKS)


def _oddities(text: str) -> _Odd:
    if not all(_is_odd(each.encode("ascii", "replace")) for each in (text, _without_strings(text, ""))):
        return NOTHING_ODD
    outside = _without_strings(text, " ")
    places = (found.start() for found in _CLOSING_COMMA.finditer(outside))
    commas = [at for at in places if _VALUE_BEFORE.search(outside, max(0, at - 200), at)]
    constants = list(_CONSTANT.finditer(outside))
    return _Odd(commas, len(constants), (constants[0].start(), constants[0].group()) if constants else (0, ""))


def _without_strings(text: str, blank: str) -> str:
    """The text with ``blank`` for each character between quotes. In steps, since a text may be all quotes."""
    if "\\" in text:
        text = text.replace("\\\\", "  ").replace('\\"', "  ")
    pieces: list[str] = []
    inside = False
    for start in range(0, len(text), _STEP):
        parts = text[start : start + _STEP].split('"')
        first = 0 if inside else 1
        parts[first::2] = [blank * len(part) for part in parts[first::2]] if blank else [""] * len(parts[first::2])
        inside ^= len(parts) % 2 == 0
        pieces.append('"'.join(parts))
    return "".join(pieces)


def _blanked(text: str, places: list[int]) -> str:
    """The text with blanks at these places, so that lines and columns of what follows stay what they are."""
    pieces = []
    position = 0
    for place in places:
        pieces += [text[position:place], " "]
        position = place + 1
    return "".join([*pieces, text[position:]])


def _parse(text: str, part: str, limits: Limits, keys: int, integer: Callable[[str], int] | None = None) -> _Parsed:
    kept = constants = 0

    def counted(found: dict[str, Json]) -> dict[str, Json]:
        nonlocal kept
        kept += len(found)
        return found

    def constant(name: str) -> float:
        nonlocal constants
        constants += 1
        return float(name)

    if not _BOUNDED and _has_long_integer(text):
        integer = _integer
    try:
        value = json.loads(text, object_hook=counted, parse_int=integer, parse_constant=constant)
    except json.JSONDecodeError as error:
        return _Parsed(ABSENT, [_malformed(part, error.lineno, error.colno, error.msg, empty=False)])
    except ValueError as error:  # an integer that is too long
        if integer is None:  # Python does not say where: ours does, and is asked once more, because a call for each is dear
            return _parse(text, part, limits, keys, _integer)
        line, column = _place(text, text.find(error.args[1]) if len(error.args) > 1 else 0)
        return _Parsed(ABSENT, [_malformed(part, line, column, str(error.args[0]), empty=False)])
    except RecursionError:
        return _Parsed(ABSENT, [_limit(part, "json_depth", limits.json_depth, limits.json_depth)])
    if not isinstance(value, dict):
        return _Parsed(value if isinstance(value, str) else ABSENT, [] if isinstance(value, str) else [_no_object(part, value)])
    return _Parsed(value, [] if kept == keys else [_repeated(text, part)], constants > 0)


def _has_long_integer(text: str) -> bool:
    return _LONG_INTEGER in text.encode("ascii", "replace").translate(_ONES)


def _repeated(text: str, part: str) -> Fault:
    """Keys that stand in one object more than once, of a text that was read before."""
    repeated: Counter[str] = Counter()

    def looked_at(pairs: list[tuple[str, Json]]) -> None:
        if len(pairs) != len(dict(pairs)):
            repeated.update({key: times - 1 for key, times in Counter(key for key, _ in pairs).items() if times > 1})

    json.loads(text, object_pairs_hook=looked_at, parse_int=str)
    detail = {"keys": list(repeated)[:_KEYS_SHOWN], "count": sum(repeated.values())}
    return Fault(FaultKind.JSON_DUPLICATE_KEYS.value, part, detail)


def _meant(text: str, part: str, limits: Limits, malformed: list[Fault]) -> tuple[Json, list[Fault]]:
    """The object in a text that is no JSON, where its meaning is plain: Python's own words for it, or surplus behind its end."""
    ended = text.rstrip(_PADDING)
    readings = {"padded": ended if len(ended) < len(text) else None, "closed": _closed(ended), "python": json_of_python(ended)}
    for how, reading in readings.items():
        value, found = (ABSENT, []) if reading is None else _within(reading, part, limits, how)
        if value is not ABSENT:
            return value, found
    return ABSENT, malformed


def _closed(text: str) -> str | None:
    """The text up to the end of its object, where nothing but closing brackets stand behind."""
    try:
        _, end = json.JSONDecoder().raw_decode(text.lstrip())
    except (ValueError, RecursionError):
        return None
    return None if text.lstrip()[end:].strip(" \t\r\n}]") else text.lstrip()[:end]


def _within(text: str, part: str, limits: Limits, how: str) -> tuple[Json, list[Fault]]:
    """What a text at the root holds: the object, where it was encoded twice."""
    if how == "python" and text.startswith('"'):  # Python's text of the bytes
        text = json.loads(text)
    shape = _measure(text, limits)
    if not text.lstrip().startswith("{"):
        return ABSENT, [_no_object(part, text)]
    if shape.depth > limits.json_depth or shape.values > limits.json_values:
        return ABSENT, [_limit(part, "json_depth", limits.json_depth, shape.depth)]
    value, faults, _ = _parse(text, part, limits, shape.keys)
    return value, faults if value is ABSENT else [
        Fault(FaultKind.JSON_IN_TEXT.value, part, {} if how == "twice" else {"how": how}),
        *faults,
    ]


def _no_object(part: str, value: Json) -> Fault:
    return _malformed(part, 1, 1, f"the root is {_kind(value)}, not an object", empty=False)


def _integer(digits: str) -> int:
    if len(digits) > _LONGEST_INTEGER:
        raise ValueError(f"a number of {len(digits)} digits", digits)
    return int(digits)


def _kind(value: Json) -> str:
    names = {type(None): "null", bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "a list"}
    return names.get(type(value), "something else")


def _place(text: str, offset: int) -> tuple[int, int]:
    """Line and column, both from 1."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def _malformed(part: str, line: int, column: int, why: str, *, empty: bool) -> Fault:
    return Fault(FaultKind.JSON_MALFORMED.value, part, {"line": line, "column": column, "why": why, "empty": empty})


def _limit(part: str, limit: str, allowed: int, found: int) -> Fault:
    return Fault(FaultKind.LIMIT.value, part, {"limit": limit, "allowed": allowed, "found": found})
