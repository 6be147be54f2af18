"""JSON parts as strangers' files have them: with marks, commas and constants that JSON does not know."""

from __future__ import annotations

import codecs
import json
import math
from collections.abc import Mapping

import pytest

from kdoctor.archive.json_part import read_json
from kdoctor.document import ABSENT, Json
from kdoctor.limits import Limits


def read(data: bytes, **bounds: int) -> tuple[Json, dict[str, Mapping[str, Json]]]:
    value, faults = read_json(data, "config", Limits(**bounds))
    assert all(fault.part == "config" for fault in faults)
    return value, {str(fault.kind): fault.detail for fault in faults}


def test_what_json_writes_is_read_without_a_fault() -> None:
    value = {"name": 'modèle "x" \\ [,]', "layers": [1, 2.5, None, True, {"deep": [[]]}], "empty": {}}
    assert read(json.dumps(value).encode()) == (value, {})
    assert read(json.dumps(value, ensure_ascii=False, indent=2).encode()) == (value, {})


def test_a_byte_order_mark_is_named_and_skipped() -> None:
    assert read(codecs.BOM_UTF8 + b'{"a": 1}') == ({"a": 1}, {"json-bom": {}})


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_wide_encodings_are_named_and_read(encoding: str) -> None:
    expected = {"json-encoding": {"encoding": encoding}}
    assert read('{"a": "é"}'.encode(encoding)) == ({"a": "é"}, expected)
    assert read('\ufeff{"a": "é"}'.encode(encoding)) == ({"a": "é"}, expected)


def test_what_is_no_utf8_is_read_as_latin_1() -> None:
    assert read('{"a": "é"}'.encode("latin-1")) == ({"a": "é"}, {"json-encoding": {"encoding": "latin-1"}})


def test_constants_that_json_lacks_are_counted_and_kept_as_numbers() -> None:
    value, faults = read(b'{"a": "NaN",\n "b": NaN, "c": [-Infinity, Infinity]}')
    assert value["a"] == "NaN"
    assert math.isnan(value["b"])
    assert value["c"] == [-math.inf, math.inf]
    assert faults == {"json-constant": {"count": 3, "first": "NaN", "line": 2}}


def test_trailing_commas_are_read_as_if_they_were_not_there() -> None:
    value, faults = read(b'{"a": [1, 2,],\n "b": "},", "c": {"d": 1 ,\n}}')
    assert value == {"a": [1, 2], "b": "},", "c": {"d": 1}}
    assert faults == {"json-trailing-comma": {"line": 1, "column": 12, "count": 2}}


def test_a_comma_without_a_value_before_it_is_no_trailing_comma() -> None:
    value, faults = read(b'{"a": [,]}')
    assert value is ABSENT
    assert list(faults) == ["json-malformed"]


def test_of_a_key_that_stands_twice_the_last_wins() -> None:
    value, faults = read(b'{"a": 1, "b": {"a": 2, "a": 3}, "a": 4}')
    assert value == {"a": 4, "b": {"a": 3}}
    assert faults == {"json-duplicate-keys": {"keys": ["a"], "count": 2}}


def test_malformed_text_is_named_with_its_place() -> None:
    value, faults = read(b'{"a": 1,\n "b": }')
    assert value is ABSENT
    assert faults == {"json-malformed": {"line": 2, "column": 7, "why": "Expecting value", "empty": False}}


@pytest.mark.parametrize("data", [b"", b" \n", b"\0" * 64])
def test_an_empty_part_is_named_as_empty(data: bytes) -> None:
    value, faults = read(data)
    assert value is ABSENT
    assert faults["json-malformed"]["empty"] is True


@pytest.mark.parametrize("data", [b"null", b"[]", b'"text"', b"3"])
def test_a_part_that_is_no_object_is_malformed(data: bytes) -> None:
    value, faults = read(data)
    assert value is ABSENT
    assert "not an object" in faults["json-malformed"]["why"]


def test_deep_nesting_is_refused_before_it_is_parsed() -> None:
    value, faults = read(b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}")
    assert value is ABSENT
    assert faults == {"limit": {"limit": "json_depth", "allowed": 256, "found": 100_001}}


def test_brackets_in_strings_are_no_nesting() -> None:
    assert read(json.dumps({"a": '["' * 1000}).encode())[1] == {}


def test_too_many_values_are_refused_before_they_are_parsed() -> None:
    value, faults = read(b'{"a": [' + b"0," * 50 + b"0]}", json_values=20)
    assert value is ABSENT
    assert faults["limit"]["limit"] == "json_values"


def test_a_part_over_its_size_is_refused() -> None:
    assert read(b'{"a": 1}', json_bytes=4) == (ABSENT, {"limit": {"limit": "json_bytes", "allowed": 4, "found": 8}})


def test_a_number_of_a_million_digits_does_not_hang() -> None:
    value, faults = read(b'{"a":\n ' + b"9" * 1_000_000 + b"}")
    assert value is ABSENT
    assert faults == {"json-malformed": {"line": 2, "column": 2, "why": "a number of 1000000 digits", "empty": False}}


@pytest.mark.parametrize(
    "data", [b'{"a": "' + b'\\"' * 50_000, b'{"a": "b\\', b'"' * 50_001, b'{"a": "\\ud800"}', b"]]]}}}", b"\xff\xfe\x00"]
)
def test_hostile_text_is_read_without_an_error(data: bytes) -> None:
    value, faults = read(data)
    assert value == {"a": "\ud800"} or "json-malformed" in faults


CONFIG = {"name": 'it\'s "x" \\ é\n', "layers": [1, -2.5, 1e-07, None, True, False, {"deep": [[]]}], "empty": {}}


@pytest.mark.parametrize("text", [repr(CONFIG), str(json.dumps(CONFIG).encode()), str({**CONFIG, "layers": tuple(CONFIG["layers"])})])
def test_pythons_own_text_is_read_as_what_it_shows(text: str) -> None:
    assert read(text.encode()) == (CONFIG, {"json-in-text": {"how": "python"}})


def test_a_tuple_of_one_keeps_its_value() -> None:
    assert read(b"{'shape': (4,), 'of': (None, 4)}")[0] == {"shape": [4], "of": [None, 4]}


def test_words_of_python_alone_are_read_too() -> None:
    assert read(b'{"a": True, "b": None, "c": "True None"}')[0] == {"a": True, "b": None, "c": "True None"}


@pytest.mark.parametrize(
    "text",
    ["{'a': print()}", "{'a': 1 + 1}", "{'a': b}", "{'a': [1}", "{'a': '\\N{DIGIT ONE}'}", "b'\\xc3{'", "{'a': f'{1}'}", "{'a': '\\x'}"],
)
def test_what_python_would_have_to_evaluate_is_read_by_nobody(text: str) -> None:
    value, faults = read(text.encode())
    assert value is ABSENT
    assert "json-malformed" in faults


def test_pythons_text_has_the_same_bounds() -> None:
    value, faults = read(("{'a': " * 400 + "1" + "}" * 400).encode(), json_depth=100)
    assert value is ABSENT
    assert "limit" in faults


@pytest.mark.parametrize(("tail", "how"), [(b"\0" * 64, "padded"), (b"\n}", "closed"), (b"}]\n", "closed"), (b"}\0\0", "closed")])
def test_zero_bytes_and_brackets_behind_the_end_are_named(tail: bytes, how: str) -> None:
    assert read(b'{"a": {"b": 1}}' + tail) == ({"a": {"b": 1}}, {"json-in-text": {"how": how}})


def test_another_object_behind_the_end_is_not_left_out() -> None:
    assert read(b'{"a": 1}{"a": 2}')[0] is ABSENT
