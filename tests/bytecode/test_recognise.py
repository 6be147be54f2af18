from __future__ import annotations

import pytest

from kdoctor.bytecode.code import PythonRange
from kdoctor.bytecode.marshal import read_code

from .fixtures import PYTHONS, dumped, one, recorded


@pytest.mark.parametrize(
    ("python", "source", "said"),
    [
        ("2.7", "lambda x: x", "2.7"),
        ("3.6", "lambda x: x * 2.0 + 1.0", "3.6-3.7"),
        ("3.7", "lambda x: x.mean(0).sum()", "3.7"),
        ("3.6", "lambda x: x.mean(0).sum()", "3.6"),
        ("3.6", "lambda x: K.sum(x[:, 0] * tf.exp(-x[1]), (1, 2))", "3.6"),
        ("3.8", "lambda x: x * 2.0 + 1.0", "3.8-3.9"),
        ("3.9", "lambda x: x * 2.0 + 1.0", "3.8-3.9"),
        ("3.8", "lambda x: x in (1, 2)", "3.8"),
        ("3.9", "lambda x: x in (1, 2)", "3.9"),
        ("3.10", "lambda x: x", "3.10"),
        ("3.11", "lambda x: x * 2.0 + 1.0", "3.11-3.12"),
        ("3.12", "lambda x: x * 2.0 + 1.0", "3.11-3.12"),
        ("3.11", "lambda x: tf.nn.relu(x)", "3.11"),
        ("3.12", "lambda x: tf.nn.relu(x)", "3.12"),
        ("3.11", "lambda x: 'text'", "3.11"),
        ("3.12", "lambda x: 'text'", "3.12"),
        ("3.13", "lambda x: x", "3.13"),
    ],
)
def test_the_python_is_told_as_far_as_the_bytes_can_tell(python: str, source: str, said: str) -> None:
    assert str(read_code(one(python, source)).python) == said


@pytest.mark.parametrize("python", PYTHONS)
def test_the_python_that_wrote_the_code_is_never_ruled_out(python: str) -> None:
    for each in recorded(python):
        assert each.release in read_code(each.data).python, each.source


def test_code_within_takes_part_in_the_verdict() -> None:
    outer = read_code(one("3.12", "lambda x: K.map_fn(lambda y: y * 2, x)"))
    assert {str(inner.python) for inner in outer.nested()} == {str(outer.python)} == {"3.12"}


def test_instructions_of_no_python_are_malformed() -> None:
    data = dumped("lambda x: x")
    code = read_code(data)
    broken = data.replace(code.instructions, b"\xc9" * len(code.instructions))
    with pytest.raises(Exception, match="no instruction 201"):
        read_code(broken)


def test_ranges_are_written_as_people_write_them() -> None:
    assert str(PythonRange.parse("3.8-3.10")) == "3.8-3.10"
    assert str(PythonRange.parse("3.11")) == "3.11"
    assert (3, 9) in PythonRange.parse("3.8-3.10")
    assert (3, 11) not in PythonRange.parse("3.8-3.10")
    assert PythonRange.parse("3.8-3.10").releases() == ((3, 8), (3, 9), (3, 10))
    with pytest.raises(ValueError, match="not a range"):
        PythonRange.parse("three")
