"""Values of a file as literals."""

from __future__ import annotations

import ast
import math

import pytest

from kdoctor.rebuild.fragments import flat
from kdoctor.rebuild.literals import literal, single_precision, text

TEXTS = ["plain", "it's", 'say "x"', "both ' and \"", "back\\slash", "new\nline", "\u202eturned", "nul\x00", '"""', "\ud800", "{x}", "é"]


@pytest.mark.parametrize("value", TEXTS)
def test_a_text_means_itself_on_one_printable_line(value: str) -> None:
    found = text(value)
    assert ast.literal_eval(found) == value
    assert found.isprintable()


@pytest.mark.parametrize("value", [None, True, 1, -2.5, 1e-5, [1, [2, None]], {"a": [1], "b": {"c": "d"}}, 10**30])
def test_a_plain_value_means_itself(value: object) -> None:
    assert ast.literal_eval(flat(literal(value))) == value


def test_infinity_and_nan_have_no_literal() -> None:
    assert flat(literal(-math.inf)) == 'float("-inf")'
    assert flat(literal(math.nan)) == 'float("nan")'


def test_shapes_are_tuples() -> None:
    assert flat(literal([3, 3], "kernel_size")) == "(3, 3)"
    assert flat(literal([3, 3], "axis")) == "[3, 3]"


def test_a_number_in_single_precision_is_written_as_it_was_typed() -> None:
    assert single_precision(0.009999999776482582) == 0.01
    assert single_precision(0.01) == 0.01
    assert single_precision(0.1 + 0.2) == 0.1 + 0.2
    assert single_precision(1e300) == 1e300
