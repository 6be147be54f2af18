"""K301: the user's own source is a skeleton still."""

from __future__ import annotations

import ast
from textwrap import dedent
from typing import Any

import pytest

from kdoctor.check import Finding
from kdoctor.target import Given, Target
from kdoctor.testing import document, examine, layer, sequential
from kdoctor.user_code.reading import definitions

LAYER = """
    import keras
    class Base(keras.layers.Layer):
        def call(self, x):
            '''What heirs compute.'''
            raise NotImplementedError
    class Scale(Base):
        pass
"""
WRITTEN = """
        def call(self, x):
            return x
"""
CHECKED = """
        def call(self, x):
            if x is None:
                raise NotImplementedError
            return x
"""


def told(source: str) -> list[Finding]:
    code = {one.name: one for one in definitions(ast.parse(dedent(source)), "mine", "mine.py")}
    made: dict[str, Any] = {**layer("Scale", module="mine", name="s"), "registered_name": "Scale"}
    return examine("K301", document(sequential(made)), Target("3.15.1", custom=frozenset(code), given=Given(code=code)))


def test_a_class_whose_call_is_not_written_is_told() -> None:
    (finding,) = told(LAYER)
    assert "Scale (mine.py:7) is not written yet" in finding.message
    assert finding.repair is None
    assert finding.keras_says == "NotImplementedError"


@pytest.mark.parametrize("more", [WRITTEN, CHECKED])
def test_a_class_that_computes_is_not(more: str) -> None:
    assert told(f"{LAYER.rstrip()}\n{more}") == []


def test_a_function_that_is_not_written_is_told() -> None:
    code = {one.name: one for one in definitions(ast.parse("def squash(x):\n    raise NotImplementedError('what?')"), "mine", "mine.py")}
    dense = layer(
        "Dense", name="d", units=2, activation={"module": "mine", "class_name": "function", "config": "squash", "registered_name": "squash"}
    )
    (finding,) = examine("K301", document(sequential(dense)), Target("3.15.1", custom=frozenset(code), given=Given(code=code)))
    assert "squash (mine.py:1) is not written yet" in finding.message
