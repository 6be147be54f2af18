"""Ways out of a function, told by names. What checks/test_lambda_reaches_system.py asks of sources is asked here of forged code."""

from __future__ import annotations

import marshal

import pytest

from kdoctor.bytecode.marshal import read_code
from kdoctor.bytecode.reach import Reach, reaches

from .fixtures import PYTHONS, compiled_here, dumped, everything, one


def test_no_recorded_function_reaches_for_anything() -> None:
    assert [each.source for each in everything() if reaches(read_code(each.data))] == []


@pytest.mark.parametrize("python", PYTHONS)
def test_honest_code_of_every_python_has_no_way_out(python: str) -> None:
    assert reaches(read_code(one(python, "lambda x: x[:, -CONV_WIDTH:, :]"))) == ()


def test_a_name_is_told_once_with_all_that_is_read_from_it() -> None:
    assert reaches(read_code(dumped("lambda x: os.environ['A'] + os.environ['B']"))) == (Reach("os.environ", "the machine"),)


def test_getattr_in_code_that_cannot_be_followed_hides() -> None:
    followed = "def f(x):\n    y = getattr(x, 'shape')\n    return y"
    lost = "def f(x):\n    while x:\n        x = getattr(x, 'shape')\n    return x"
    assert reaches(read_code(dumped(followed))) == ()
    assert reaches(read_code(dumped(lost))) == (Reach("getattr", "hides what it calls"),)


def test_very_many_constants_are_looked_at_within_bounds() -> None:
    many = compiled_here("lambda x: x").replace(co_consts=(None, tuple(tuple(range(50)) for _ in range(500))))
    assert reaches(read_code(marshal.dumps(many))) == ()


def test_names_in_byte_strings_and_nested_constants_are_read() -> None:
    forged = compiled_here("lambda x: x").replace(co_consts=(None, ("a", (b"x.__globals__", frozenset({"y.__subclasses__()"})))))
    assert {reach.name for reach in reaches(read_code(marshal.dumps(forged)))} == {"'__globals__'", "'__subclasses__'"}


def test_a_name_does_not_hide_among_thousands_of_constants() -> None:
    crowd = ", ".join(repr(f"text {number}") for number in range(3_000))
    code = read_code(dumped(f"lambda x: ('__subclasses__', {crowd})"))
    assert [reach.name for reach in reaches(code)] == ["'__subclasses__'"]
