"""A stored function as a layer to paste."""

from __future__ import annotations

import ast

import pytest

from kdoctor.bytecode.as_layer import class_name, layer_source
from kdoctor.bytecode.marshal import read_code

from .fixtures import dumped, one


def test_statements_defaults_and_imports_are_written_out() -> None:
    code = read_code(dumped("def crop(x, width, scale):\n    y = x[:, -width:] * FACTOR\n    return tf.abs(y) / scale"))
    assert layer_source(code, "crop_2", [3, 2.0]) == (
        "import keras\n"
        "import tensorflow as tf\n"
        "FACTOR = ...  # from the script that made the model\n"
        "\n\n"
        "@keras.saving.register_keras_serializable()\n"
        "class Crop2(keras.layers.Layer):\n"
        "    def call(self, x, width=3, scale=2.0):\n"
        "        y = x[:, -width:] * FACTOR\n"
        "        return tf.abs(y) / scale\n"
    )


def test_the_keras_backend_comes_from_tensorflow_which_kept_it() -> None:
    code = read_code(dumped("def sampling(z):\n    return z + K.exp(z) * K.random_normal(shape=K.shape(z))"))
    assert str(layer_source(code, "z")).startswith("import keras\nfrom tensorflow.keras import backend as K\n\n\n")


def test_captured_values_come_from_the_file_where_they_are_values() -> None:
    code = read_code(one("3.9", "lambda x: K.map_fn(lambda y: y * scale, x)"))
    assert "\nscale = [1, 'a']\n" in str(layer_source(code, "lam", closure=[[1, "a"]]))
    assert "\nscale = ...  # captured" in str(layer_source(code, "lam", closure=[{"class_name": "function", "config": "f"}]))
    assert "\nscale = ...  # captured" in str(layer_source(code, "lam"))


@pytest.mark.parametrize("source", ["def f(x):\n    while x:\n        x = g(x)\n    return x", "lambda self, x: x"])
def test_what_cannot_be_told_or_has_no_room_for_self_is_no_layer(source: str) -> None:
    assert layer_source(read_code(dumped(source)), "lam") is None


@pytest.mark.parametrize(
    ("name", "expected"), [("crop", "Crop"), ("crop_2", "Crop2"), ("2d/x", "Stored2dX"), ("", "Stored"), ("none", "StoredNone")]
)
def test_any_name_of_a_layer_makes_a_class(name: str, expected: str) -> None:
    assert class_name(name) == expected


def test_the_text_is_python() -> None:
    code = read_code(dumped("lambda x, y: x if y else {'a': [x, y], **z}"))
    assert isinstance(ast.parse(str(layer_source(code, "lam"))).body[-1], ast.ClassDef)
