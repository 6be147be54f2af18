"""What real Keras refuses of seeds, windows, axes and held layers, and of statistics; the verdicts were measured in 3.15.1."""

from __future__ import annotations

from typing import Any

import keras
import pytest

from kdoctor.document import Format
from kdoctor.target import Target
from kdoctor.testing import document, examine, layer, model, sequential

SEEDS: tuple[tuple[Any, bool], ...] = (
    (None, False), (7, False), (-1, False), (1.0, True), ([1], True), ("x", True), ({}, True), (True, True),
)  # fmt: skip
HELD = layer("Dense", units=2)


def takes(make: Any) -> bool:
    """Whether Keras makes the layer, and a variable of it."""
    try:
        made = make()
        made.build((None, 8, 8, 3))
        return made(keras.Input((8, 8, 3))) is not None
    except Exception:
        return False


@pytest.mark.parametrize(("seed", "refused"), SEEDS)
def test_a_seed_is_a_whole_number_or_a_generator(seed: Any, refused: bool) -> None:
    initializer = {"module": "keras.initializers", "class_name": "GlorotUniform", "config": {"seed": seed}, "registered_name": None}
    assert takes(lambda: keras.layers.Dense(2, kernel_initializer=initializer)) != refused
    assert bool(examine("K614", model(layer("Dense", units=2, kernel_initializer=initializer)))) == refused
    assert bool(examine("K614", model(layer("Dropout", rate=0.1, seed=seed)))) == refused


@pytest.mark.parametrize("kind", ["Conv2D", "SeparableConv2D", "DepthwiseConv2D"])
@pytest.mark.parametrize("rate", [["x", 1], [{}, 1], [[1], 1], [1, 1]])
def test_a_dilation_is_of_numbers(kind: str, rate: list[Any]) -> None:
    own = {"kernel_size": [3, 3], "dilation_rate": rate, **({} if kind == "DepthwiseConv2D" else {"filters": 2})}
    healthy = takes(lambda: getattr(keras.layers, kind)(**own))
    assert (examine("K614", model(layer(kind, **own))) == []) == healthy


@pytest.mark.parametrize("axis", [-1, 3, 1.5, "x", {}, None])
def test_an_axis_of_a_batch_normalization_is_a_number(axis: Any) -> None:
    healthy = takes(lambda: keras.layers.BatchNormalization(axis=axis))
    assert (examine("K614", model(layer("BatchNormalization", axis=axis))) == []) == healthy


@pytest.mark.parametrize("axis", [0, 4, -5])
def test_an_axis_that_the_input_does_not_have_is_named(axis: int) -> None:
    rows = (layer("InputLayer", name="in", batch_shape=[None, 8, 8, 3]), layer("BatchNormalization", axis=axis))
    assert not takes(lambda: keras.layers.BatchNormalization(axis=axis))
    assert examine("K206", document(sequential(*rows), format=Format.H5_MODEL))
    healthy = (rows[0], layer("BatchNormalization", axis=-4 + 7))
    assert examine("K206", document(sequential(*healthy), format=Format.H5_MODEL)) == []


@pytest.mark.parametrize("mode", [None, "DOT", "dotx", 1, []])
def test_a_score_mode_is_one_of_two(mode: Any) -> None:
    assert examine("K614", model(layer("Attention", score_mode=mode)))
    assert examine("K614", model(layer("Attention", score_mode="concat"))) == []


@pytest.mark.parametrize("kind", ["TimeDistributed", "Bidirectional", "SpectralNormalization"])
def test_a_wrapper_holds_a_layer_with_a_class(kind: str) -> None:
    nameless = {key: value for key, value in HELD.items() if key != "class_name"}
    for held in (nameless, None, "Dense", {}, []):
        assert examine("K614", model(layer(kind, layer=held)))
    assert examine("K614", model(layer(kind, layer=HELD))) == []


@pytest.mark.parametrize(("mean", "fits"), [([1.0] * 3, True), (1.0, True), ([1.0], True), ([1.0] * 4, False), ([[1.0] * 3], False)])
def test_means_are_as_many_as_the_features(mean: Any, fits: bool) -> None:
    assert takes(lambda: keras.layers.Normalization(mean=mean, variance=mean)) == fits
    rows = (layer("InputLayer", name="in", batch_shape=[None, 8, 8, 3]), layer("Normalization", mean=mean, variance=mean))
    for format in (Format.KERAS_ZIP, Format.H5_MODEL):
        assert (examine("K614", document(sequential(*rows), format=format)) == []) == fits


def test_each_release_lays_them_out_in_its_own_way() -> None:
    """The same number of means was enough up to 3.7, whatever their shape; later they were spread over the whole input."""
    rows = (layer("InputLayer", name="in", batch_shape=[None, 3]), layer("Normalization", mean=[[1.0] * 3], variance=[[1.0] * 3]))
    named = {release: bool(examine("K614", model(*rows), Target(release))) for release in ("3.6.0", "3.9.2", "3.15.1")}
    assert named == {"3.6.0": False, "3.9.2": False, "3.15.1": True}


@pytest.mark.parametrize("mode", ["x", "", None, 1, "gptq", "INT8"])
def test_a_mode_of_quantization_that_there_is_not_is_named(mode: Any) -> None:
    policy = {"module": "keras", "class_name": "QuantizedDTypePolicy", "config": {"mode": mode, "source_name": "float32"}}
    assert examine("K614", model(layer("Dense", units=2, dtype={**policy, "registered_name": None})))


def test_int4_is_one_from_keras_3_11_on() -> None:
    policy = {"module": "keras", "class_name": "QuantizedDTypePolicy", "config": {"mode": "int4", "source_name": "float32"}}
    sick = model(layer("Dense", units=2, dtype={**policy, "registered_name": None}))
    assert examine("K614", sick, Target("3.10.0"))
    assert examine("K614", sick, Target("3.15.1")) == []


def test_a_bidirectional_s_second_layer_has_a_class_too() -> None:
    nameless = {key: value for key, value in HELD.items() if key != "class_name"}
    assert examine("K614", model(layer("Bidirectional", layer=HELD, backward_layer=nameless)))
    assert examine("K614", model(layer("Bidirectional", layer=HELD, backward_layer=None))) == []


@pytest.mark.parametrize(("seed", "refused"), SEEDS[:-1])
def test_a_random_layer_wants_a_whole_number_too(seed: Any, refused: bool) -> None:
    assert takes(lambda: keras.layers.RandomContrast(0.1, seed=seed)) != refused
    assert bool(examine("K614", model(layer("RandomContrast", factor=0.1, seed=seed)))) == refused


def test_words_of_numbers_are_of_int64() -> None:
    for name in ("", "int32", None):
        assert not takes(lambda name=name: keras.layers.IntegerLookup(vocabulary=[1], vocabulary_dtype=name))
        assert examine("K614", model(layer("IntegerLookup", vocabulary=[1], vocabulary_dtype=name)))


def test_the_name_of_a_model_is_a_text() -> None:
    (finding,) = examine("K614", model(layer("Dense", units=2), name=3))
    assert finding.repair is not None
    assert finding.repair.edits[0].new == "3"
