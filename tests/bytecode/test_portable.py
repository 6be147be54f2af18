"""Stored functions as source for another Python: whatever is compiled of it is proved to be the same, or refused."""

from __future__ import annotations

import base64
import marshal
import sys
from types import CodeType

import pytest

from kdoctor.bytecode.code import Code
from kdoctor.bytecode.literal import Untraceable
from kdoctor.bytecode.marshal import read_code
from kdoctor.bytecode.names import names_read
from kdoctor.bytecode.portable import MODULES, Portable, portable
from kdoctor.recompiling.run import compiled

from .fixtures import recorded

HERE = sys.version_info[:2]


def inner(source: str, captured: str = "") -> Code:
    module = compile(f"def around({captured}):\n    return {source}", "train.py", "exec")
    (around,) = (constant for constant in module.co_consts if isinstance(constant, CodeType))
    (function,) = (constant for constant in around.co_consts if isinstance(constant, CodeType))
    return read_code(marshal.dumps(function))


def made(source: str, captured: str = "", **bound: object) -> Portable:
    return portable(inner(source, captured), bound)


@pytest.mark.parametrize("python", ["3.6", "3.8", "3.12", "3.13"])
def test_what_this_python_makes_of_the_source_is_what_the_other_one_wrote(python: str) -> None:
    rows = []
    for row in recorded(python):
        code = read_code(row.data)
        try:
            rows.append(portable(code, dict.fromkeys(names_read(code).unknown, 3)))
        except Untraceable:
            continue
    codes = compiled([row.source for row in rows])
    assert [row.source for row in rows if row.proved(codes[row.source], HERE) is None] == []
    assert len(rows) > 90


def test_modules_become_imports_and_bound_names_assignments() -> None:
    found = made("lambda x: tf.scan(lambda a, r: a * k + N, x)", "k", N=(1, 2))
    assert found.source == (
        "def around(k):\n    def recovered(x):\n        import tensorflow as tf\n        N = (1, 2)\n"
        "        return tf.scan(lambda a, r: a * k + N, x)\n    return recovered\n"
    )
    assert found.captured == ("k",)
    assert found.proved(compiled([found.source])[found.source], HERE) is not None


def test_what_the_user_calls_a_module_becomes_an_import_where_something_is_read_from_it_or_it_is_called() -> None:
    found = made("lambda x: relu(B.abs(x)) + N", B="keras.backend", relu="tf.nn.relu", N=2)
    for line in ("from tensorflow.keras import backend as B\n", "from tensorflow.nn import relu\n", "N = 2\n"):
        assert f"        {line}" in found.source
    assert found.proved(compiled([found.source])[found.source], HERE) is not None
    assert "mode = 'keras.backend'" in made("lambda x: tf.pad(x, mode)", mode="keras.backend").source


def test_a_bound_name_takes_the_place_of_a_captured_one() -> None:
    found = made("lambda x: x * k", "k", k=[1, -2.5])
    assert (found.captured, "k = [1, -2.5]" in found.source) == ((), True)
    assert found.proved(compiled([found.source])[found.source], HERE) is not None


@pytest.mark.parametrize("name", MODULES)
def test_every_module_is_brought_along(name: str) -> None:
    found = made(f"lambda x: {name}.a(x)")
    assert found.proved(compiled([found.source])[found.source], HERE) is not None


@pytest.mark.parametrize(
    "other",
    [
        "lambda x: x * 3 + k",
        "lambda x: x * 2.0 + k",
        "lambda y: y * 2 + k",
        "lambda x, y: x * 2 + k",
        "lambda x: x * 2 + tf",
        "lambda x: __import__('os').system('true')",
    ],
)
def test_code_of_another_function_is_no_proof(other: str) -> None:
    wanted = made("lambda x: x * 2 + k", "k")
    stranger = compiled([f"def around(k):\n    return {other}\n"])
    assert [wanted.proved(data, HERE) for data in stranger.values()] == [None]


def test_code_of_another_python_and_bytes_that_are_none_are_no_proof() -> None:
    (row,) = (row for row in recorded("3.8") if row.source == "lambda x: x / 255.0 - 0.5")
    wanted = portable(read_code(row.data), {})
    assert wanted.proved(row.data, (3, 8)) is not None
    assert wanted.proved(row.data, (3, 12)) is None
    assert wanted.proved(base64.b64decode("4wAA"), HERE) is None


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("lambda x: x[:N]", "it reads N, which the file does not hold"),
        ("lambda x, *, k=2: x * k", "the defaults of keyword-only arguments are not in the file"),
        ("lambda x: x if x > 0 else -x", "a condition on the numbers in a tensor"),
    ],
)
def test_what_cannot_be_brought_along_whole_is_refused(source: str, why: str) -> None:
    with pytest.raises(Untraceable, match=why):
        made(source)


def test_python_2_is_refused() -> None:
    with pytest.raises(Untraceable, match="Python 2"):
        portable(read_code(recorded("2.7")[0].data), {})
