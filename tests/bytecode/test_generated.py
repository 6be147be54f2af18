"""What ``Lambda(tf.nn.relu)`` and ``Lambda(K.abs)`` store: code of TensorFlow's own, as TensorFlow 2.9 and 2.13 saved it."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kdoctor.bytecode.code import Code
from kdoctor.bytecode.evaluate import evaluate
from kdoctor.bytecode.generated import is_wrapper
from kdoctor.bytecode.literal import Untraceable
from kdoctor.bytecode.marshal import read_code
from kdoctor.bytecode.source import source_of

RECORDED: list[dict[str, Any]] = json.loads((Path(__file__).parent / "data" / "tensorflow_wrappers.json").read_text("utf-8"))
GENERATED = [row for row in RECORDED if row["function"] == "tf.nn.relu"]
WRAPPERS = [row for row in RECORDED if row["function"] == "tf.keras.backend.abs"]


def code_of(row: dict[str, Any]) -> Code:
    return read_code(base64.b64decode(row["code"]))


def release(row: dict[str, Any]) -> str:
    return str(row["tensorflow"])


@pytest.mark.parametrize("row", GENERATED, ids=release)
def test_a_generated_function_is_the_operation_that_it_is_generated_for(row: dict[str, Any]) -> None:
    shown = source_of(code_of(row))
    assert shown is not None
    assert "return tf.nn.relu(features)" in shown.text


@pytest.mark.parametrize("row", GENERATED, ids=release)
@pytest.mark.parametrize("name", ["os", "relu6"])
def test_code_that_calls_anything_else_is_none_of_them(row: dict[str, Any], name: str) -> None:
    code = code_of(row)
    with pytest.raises(Untraceable):
        evaluate(replace(code, names=(name, *code.names[1:])), code.python.last)


@pytest.mark.parametrize("row", GENERATED, ids=release)
def test_code_that_names_two_operations_is_none_of_them(row: dict[str, Any]) -> None:
    code = code_of(row)
    with pytest.raises(Untraceable):
        evaluate(replace(code, consts=(*code.consts, "Relu6")), code.python.last)


@pytest.mark.parametrize("row", GENERATED, ids=release)
def test_a_function_by_another_name_than_its_operation_is_none_of_them(row: dict[str, Any]) -> None:
    code = code_of(row)
    with pytest.raises(Untraceable):
        evaluate(replace(code, name="mine"), code.python.last)


@pytest.mark.parametrize("row", RECORDED, ids=lambda row: f"{row['function']}-{row['tensorflow']}")
def test_a_wrapper_is_told_from_what_it_wraps(row: dict[str, Any]) -> None:
    assert is_wrapper(code_of(row)) == (row in WRAPPERS)
