"""K301: the user's own source reads what keras.backend had before Keras 3.1."""

from __future__ import annotations

import ast
from textwrap import dedent
from typing import Any

import keras
import pytest
from keras import backend

from kdoctor.check import Finding
from kdoctor.target import Given, Target
from kdoctor.testing import document, examine, layer, sequential
from kdoctor.user_code.reading import definitions

SOURCE = """
    from keras import backend as K
    from keras.layers import Layer
    class Scale(Layer):
        def call(self, x):
            return {body}
"""


def told(body: str, release: str = "3.15.1") -> list[Finding]:
    code = {one.name: one for one in definitions(ast.parse(dedent(SOURCE.format(body=body))), "mine", "mine.py")}
    made: dict[str, Any] = {**layer("Scale", module="mine", name="s"), "registered_name": "Scale"}
    return examine("K301", document(sequential(made)), Target(release, custom=frozenset(code), given=Given(code=code)))


def test_a_name_that_keras_lost_is_told() -> None:
    (finding,) = told("K.dot(x, K.transpose(x))")
    assert "K.dot, K.transpose of keras.backend" in finding.message
    assert finding.repair is None
    assert finding.keras_says is not None
    with pytest.raises(AttributeError, match="dot"):
        _ = backend.dot


@pytest.mark.parametrize("name", ["epsilon", "floatx", "image_data_format"])
def test_a_name_that_keras_kept_is_not(name: str) -> None:
    assert told(f"x + K.{name}()") == []
    assert hasattr(keras.backend, name)


def test_a_release_that_has_it_is_fine() -> None:
    assert told("K.dot(x, x)", "3.0.5") == []
