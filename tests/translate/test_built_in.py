"""Lambdas that are one of Keras's own layers, against what TensorFlow makes of the very same input; and those that only look like one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("built_in_layers.py")
X, ROWS, IMAGE, SOLID = (3, 4), (3, 6, 4), (3, 6, 7, 3), (3, 4, 5, 6, 2)
LAYERS: tuple[tuple[str, tuple[tuple[int, ...], ...], str], ...] = (
    ("x * 2.5", (X,), "Rescaling"), ("0.5 * x", (IMAGE,), "Rescaling"), ("x / 4", (X,), "Rescaling"), ("x * 0.3 + 1", (ROWS,), "Rescaling"),
    ("1 + x * 2", (X,), "Rescaling"), ("x * 3 - 0.1", (X,), "Rescaling"), ("tf.math.multiply(x, 0.1)", (X,), "Rescaling"),
    ("x + 0.5", (ROWS,), "Rescaling"), ("x - 0.1", (X,), "Rescaling"), ("tf.constant(1e-7) + x", (X,), "Rescaling"),
    *((f"tf.{name}(x)", (ROWS,), "Activation") for name in (
        "nn.relu", "nn.relu6", "tanh", "sigmoid", "nn.softplus", "nn.softsign", "nn.selu", "nn.elu", "nn.gelu", "nn.silu", "exp",
        "nn.softmax", "nn.log_softmax",
    )),
    ("K.relu(x)", (X,), "Activation"), ("keras.activations.tanh(x)", (X,), "Activation"), ("tf.keras.activations.selu(x)", (X,), "Activation"),
    ("tf.nn.softmax(x, axis=1)", (ROWS,), "Softmax"), ("K.elu(x, 0.3)", (X,), "ELU"), ("tf.nn.leaky_relu(x, alpha=0.1)", (X,), "LeakyReLU"),
    ("tf.clip_by_value(x, 0.0, 1.0)", (X,), "ReLU"), ("K.relu(x, max_value=2.5)", (X,), "ReLU"), ("x", (X,), "Identity"),
    ("ops.normalize(x, axis=1, epsilon=1e-12)", (X,), "UnitNormalization"),
    ("tf.reshape(x, (-1, 2, 2))", (X,), "Reshape"), ("tf.reshape(x, (tf.shape(x)[0], 4, 6))", (ROWS,), "Reshape"),
    ("tf.expand_dims(x, -1)", (X,), "Reshape"), ("K.expand_dims(x, 1)", (ROWS,), "Reshape"), ("tf.squeeze(x, 2)", ((3, 4, 1),), "Reshape"),
    ("tf.reshape(x, (-1, 24))", (ROWS,), "Flatten"), ("K.batch_flatten(x)", (IMAGE,), "Flatten"),
    ("tf.reshape(x, [tf.shape(x)[0], -1])", (IMAGE,), "Flatten"),
    ("tf.transpose(x, [0, 2, 1])", (ROWS,), "Permute"), ("K.permute_dimensions(x, (0, 3, 1, 2))", (IMAGE,), "Permute"),
    ("x[:, 1:-2]", (ROWS,), "Cropping1D"), ("x[:, -3:, :]", (ROWS,), "Cropping1D"), ("x[:, :100]", (ROWS,), "Cropping1D"),
    ("x[:, 1:-1, 2:, :]", (IMAGE,), "Cropping2D"), ("x[:, :, 1:]", (IMAGE,), "Cropping2D"), ("x[..., 2:5, :]", (IMAGE,), "Cropping2D"),
    ("x[:, 1:, :, :4]", (SOLID,), "Cropping3D"), ("tf.image.central_crop(x, 0.5)", (IMAGE,), "Cropping2D"),
    ("tf.pad(x, [[0, 0], [1, 2], [0, 0]])", (ROWS,), "ZeroPadding1D"), ("K.temporal_padding(x, (1, 2))", (ROWS,), "ZeroPadding1D"),
    ("tf.pad(x, [[0, 0], [1, 2], [3, 0], [0, 0]])", (IMAGE,), "ZeroPadding2D"),
    ("tf.reduce_mean(x, axis=1)", (ROWS,), "GlobalAveragePooling1D"), ("K.mean(x, axis=[1, 2])", (IMAGE,), "GlobalAveragePooling2D"),
    ("tf.reduce_mean(x, [-3, -2], keepdims=True)", (IMAGE,), "GlobalAveragePooling2D"), ("tf.reduce_mean(x, 2)", (ROWS,), "GlobalAveragePooling1D"),
    ("tf.reduce_mean(x, [1, 2, 3])", (SOLID,), "GlobalAveragePooling3D"), ("K.max(x, axis=(1, 2))", (IMAGE,), "GlobalMaxPooling2D"),
    ("tf.nn.max_pool2d(x, 2, 2, 'VALID')", (IMAGE,), "MaxPooling2D"), ("tf.nn.avg_pool2d(x, 3, 2, 'SAME')", (IMAGE,), "AveragePooling2D"),
    *((f"tf.image.resize(x, (9, 8), method='{method}')", (IMAGE,), "Resizing") for method in ("bilinear", "nearest", "bicubic", "lanczos3")),
    ("tf.image.resize(x, [3, 4], antialias=True)", (IMAGE,), "Resizing"),
    ("K.repeat(x, 3)", (X,), "RepeatVector"), ("tf.repeat(tf.expand_dims(x, 1), 2, axis=1)", (X,), "RepeatVector"),
    ("tf.repeat(x, 2, axis=1)", (ROWS,), "UpSampling1D"), ("K.resize_images(x, 2, 3, 'channels_last')", (IMAGE,), "UpSampling2D"),
    ("tf.keras.layers.GlobalAveragePooling1D()(x)", (ROWS,), "GlobalAveragePooling1D"),
    ("x[0] + x[1]", (X, X), "Add"), ("x[0] - x[1]", (X, X), "Subtract"), ("tf.add_n(x)", (X, X, X), "Add"),
    ("tf.maximum(x[0], x[1])", (ROWS, ROWS), "Maximum"), ("x[0] * x[1]", (X, X), "Multiply"), ("tf.concat(x, -1)", (X, (3, 2)), "Concatenate"),
    ("K.concatenate([x[0], x[1]], axis=1)", (ROWS, ROWS), "Concatenate"),
)  # fmt: skip
# Divided by other than a power of two, a number may come out one unit of its last place away from the product with the reciprocal.
NEARLY = (("x / 255.0", (IMAGE,), "Rescaling"), ("x / 127.5 - 1.0", (IMAGE,), "Rescaling"))
# What looks like a layer, and is none, or one with other numbers.
NONE: tuple[tuple[str, tuple[tuple[int, ...], ...]], ...] = (
    ("2 / x", (X,)), ("1 - x", (X,)), ("(x - 3.0) / 2.0", (X,)), ("(x + 1) * 2", (X,)), ("x * [1.0, 2.0, 3.0, 4.0]", (X,)), ("x * x", (X,)),
    ("tf.nn.gelu(x, approximate=True)", (X,)), ("tf.clip_by_value(x, -1.0, 1.0)", (X,)), ("K.hard_sigmoid(x)", (X,)),
    ("tf.math.l2_normalize(x, axis=1)", (X,)), ("ops.normalize(x, axis=1)", (X,)), ("tf.reshape(x, (-1, 2))", (X,)), ("K.flatten(x)", (X,)),
    ("tf.expand_dims(x, 0)", (X,)), ("tf.transpose(x, (1, 0))", (X,)), ("tf.transpose(x, (1, 0, 2))", (ROWS,)), ("x[:, ::2]", (ROWS,)),
    ("x[:, :, 1:]", (ROWS,)), ("x[1:]", (ROWS,)), ("x[:, 0]", (ROWS,)), ("x[:, 1:, tf.newaxis]", (ROWS,)), ("tf.reduce_mean(x, 0)", (ROWS,)),
    ("tf.reduce_mean(x)", (ROWS,)), ("tf.reduce_mean(x, axis=1)", (X,)), ("tf.reduce_mean(x, [1, 3])", (IMAGE,)), ("tf.reduce_sum(x, 1)", (ROWS,)),
    ("tf.pad(x, [[0, 0], [1, 1], [0, 0]], 'REFLECT')", (ROWS,)), ("tf.pad(x, [[0, 0], [1, 1], [0, 0]], constant_values=1)", (ROWS,)),
    ("tf.pad(x, [[0, 0], [0, 0], [1, 1]])", (ROWS,)), ("tf.repeat(x, 2, axis=2)", (ROWS,)), ("tf.cast(x, tf.float64)", (X,)),
    ("x[1] - x[0]", (X, X)), ("x[0] - x[1] - x[2]", (X, X, X)), ("x[0] + x[1]", (X, (3, 1))), ("x[0] + 2 * x[1]", (X, X)), ("tf.concat(x, 0)", (X, X)),
    ("tf.concat([x[1], x[0]], 1)", (X, X)), ("x[0] * x[0]", (X, X)),
)  # fmt: skip
HALF = (("x / 255.0", None), ("x / 4.0", "Rescaling"), ("tf.nn.relu(x)", "Activation"), ("tf.expand_dims(x, 1)", "Reshape"))
ANY_RANK = (("x / 4", "Rescaling"), ("tf.nn.softmax(x)", "Activation"), ("tf.transpose(x, (0, 2, 1))", "Permute"), ("x", "Identity"))
WHOLE = ("tf.reshape(x, (-1, 2, 2))", "tf.expand_dims(x, 1)")
CASES: list[tuple[str, tuple[tuple[int, ...], ...], str, bool]] = [
    *((source, shapes, "float32", True) for source, shapes, _ in (*LAYERS, *NEARLY)),
    *((source, shapes, "float32", True) for source, shapes in NONE),
    *((source, (X,), "float16", True) for source, _ in HALF),
    *((source, (ROWS,), "float32", False) for source, _ in ANY_RANK),
    *((source, (X,), "int32", True) for source in WHOLE),
]


@cache
def answers() -> dict[object, tuple[str | None, str]]:
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "tensorflow"}
    asked = json.dumps([(f"lambda x: {source}", *rest) for source, *rest in CASES])
    done = subprocess.run([sys.executable, str(SCRIPT)], input=asked, capture_output=True, text=True, check=True, env=environment)
    return dict(zip(CASES, map(tuple, json.loads(done.stdout)), strict=True))


@pytest.mark.parametrize(("source", "shapes", "class_name"), LAYERS)
def test_the_layer_computes_the_very_same(source: str, shapes: tuple[tuple[int, ...], ...], class_name: str) -> None:
    assert answers()[source, shapes, "float32", True] == (class_name, "the same")


@pytest.mark.parametrize(("source", "shapes", "class_name"), NEARLY)
def test_a_quotient_is_the_same_but_for_the_last_place(source: str, shapes: tuple[tuple[int, ...], ...], class_name: str) -> None:
    found, said = answers()[source, shapes, "float32", True]
    assert (found, said in ("the same", "differs by 1 in the last place")) == (class_name, True), said


@pytest.mark.parametrize(("source", "shapes"), NONE)
def test_what_is_no_layer_stays_operations_and_computes_the_same(source: str, shapes: tuple[tuple[int, ...], ...]) -> None:
    found, said = answers()[source, shapes, "float32", True]
    assert found is None
    assert not said.startswith(("ValueError", "TypeError")), said


@pytest.mark.parametrize(("source", "class_name"), HALF)
def test_in_half_precision_only_what_rounds_alike_is_a_layer(source: str, class_name: str | None) -> None:
    assert answers()[source, (X,), "float16", True] == (class_name, "the same")


@pytest.mark.parametrize(("source", "class_name"), ANY_RANK)
def test_a_layer_for_inputs_of_any_rank_needs_no_shape(source: str, class_name: str) -> None:
    assert answers()[source, (ROWS,), "float32", False] == (class_name, "the same")


@pytest.mark.parametrize("source", WHOLE)
def test_whole_numbers_stay_operations_because_a_layer_would_state_floats(source: str) -> None:
    assert answers()[source, (X,), "int32", True] == (None, "the same")
