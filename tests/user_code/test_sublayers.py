"""The layers that a constructor makes, from its source alone."""

from __future__ import annotations

import ast
from textwrap import dedent, indent

import pytest

from kdoctor.user_code.reading import definitions
from kdoctor.user_code.sublayers import Made


def made(body: str, before: str = "") -> Made:
    source = f"{before}\nclass Mine(keras.Model):\n    def __init__(self, units=3, filters=8):\n{indent(dedent(body), ' ' * 8)}\n"
    return definitions(ast.parse(source), "mine", "mine.py")[-1].made


def test_the_arguments_that_decide_kernels_are_told() -> None:
    found = made("""
        super().__init__()
        self.units = units
        self.first = keras.layers.Dense(self.units, activation="relu")
        self.drop = Dropout(0.5)
        self.rnn = LSTM(units=units)
        self.last = layers.Conv2DTranspose(filters, 3)
    """)
    assert found.complete
    assert [(one.attribute, one.recurrent, one.lengths) for one in found.layers] == [
        ("first", False, (("units", (-1, 1)),)),
        ("rnn", True, (("units", (-1, 4)),)),
        ("last", False, (("filters", (-2, 1)),)),
    ]


@pytest.mark.parametrize(
    "body", ["units = units * 2\nself.a = Dense(units)", "self.units = units\nself.units = 7\nself.a = Dense(self.units)"]
)
def test_an_argument_that_is_changed_on_the_way_is_not_told(body: str) -> None:
    assert [one.lengths for one in made(body).layers] == [()]


@pytest.mark.parametrize(
    "body", ["if units:\n    self.a = Dense(units)", "self.a = Dense(units)\nself.a = Dense(4)", "self.a = [Dense(units)]"]
)
def test_what_is_not_made_once_and_always_proves_nothing(body: str) -> None:
    assert made(body) == Made((), complete=False)


def test_a_class_of_the_source_is_not_one_of_keras() -> None:
    assert made("self.a = Dense(units)", before="class Dense(Layer): ...") == Made((), complete=False)
