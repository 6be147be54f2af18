"""A whole ``.h5`` as a ``.keras`` archive: the same numbers, where the other loader looks for them."""

from __future__ import annotations

from typing import Any

import keras
import pytest
from graphs import after, functional, start
from weight_documents import NATIVE, ONE, TWO, archive, h5

from kdoctor.convert.native import to_native
from kdoctor.convert.refusal import NotConvertible
from kdoctor.convert.training import native_training
from kdoctor.document import Document, Fault, Format, Json
from kdoctor.faults import FaultKind
from kdoctor.target import Target
from kdoctor.testing import KERAS_3, document, layer, sequential

WHOLE = h5({"one": ONE, "two": TWO}, ["one", "two"])


def with_parts(base: Document, **parts: Any) -> Document:
    return base.replacing({**base.parts, **parts})


def test_each_array_stands_where_the_archive_of_keras_has_it() -> None:
    found = to_native(WHOLE, KERAS_3)
    assert found.format is Format.KERAS_ZIP
    assert {path: weight.shape for path, weight in found.weights.items()} == NATIVE
    assert found.weights["layers/dense_1/vars/0"].source == "model_weights/two/two/kernel:0"


def test_every_group_on_the_way_to_an_array_is_made_and_the_one_without_which_early_releases_load_nothing() -> None:
    groups = {"/", "/vars", "/layers", "/layers/dense", "/layers/dense/vars", "/layers/dense_1", "/layers/dense_1/vars"}
    assert {*to_native(WHOLE, KERAS_3).attributes} == groups


def test_the_target_signs_and_the_release_before_is_told() -> None:
    stated = with_parts(WHOLE, metadata={}, attributes={**WHOLE.attributes, "/": {"keras_version": "2.9.0"}})
    metadata = to_native(stated, Target("3.6.0")).metadata
    assert (metadata["keras_version"], metadata["converted_from"]) == ("3.6.0", "2.9.0")


def test_arrays_are_numbered_by_class_and_not_by_name() -> None:
    stack = sequential(
        layer("InputLayer", name="in", batch_shape=[None, 4]), layer("BatchNormalization", name="one"), layer("Dense", name="two", units=3)
    )
    four = {f"one/{role}:0": (4,) for role in ("gamma", "beta", "moving_mean", "moving_variance")}
    found = to_native(h5({"one": four, "two": {"two/kernel:0": (4, 3), "two/bias:0": (3,)}}, ["one", "two"], stack), KERAS_3)
    assert found.weights["layers/batch_normalization/vars/3"].source == "model_weights/one/one/moving_variance:0"
    assert found.weights["layers/dense/vars/0"].shape == (4, 3)


def test_a_bare_list_of_layers_gets_a_name_that_is_free() -> None:
    listed = {
        "class_name": "Sequential",
        "config": [layer("InputLayer", name="sequential", batch_shape=[None, 4]), layer("Dense", name="one", units=5)],
    }
    found = to_native(h5({"one": ONE}, ["one"], listed), KERAS_3)
    assert found.config["config"]["name"] == "sequential_1"
    assert [item["class_name"] for item in found.config["config"]["layers"]] == ["InputLayer", "Dense"]


def test_a_functional_keeps_its_connections() -> None:
    graph = functional(start(), after(layer("Dense", name="out", units=5), "in"))
    found = to_native(h5({"out": {"out/kernel:0": (4, 5), "out/bias:0": (5,)}}, ["out"], graph), KERAS_3)
    assert found.config["config"]["layers"][1]["inbound_nodes"] == [[["in", 0, 0, {}]]]
    assert {*found.weights} == {"layers/dense/vars/0", "layers/dense/vars/1"}


def test_what_the_bytes_do_wrong_beside_the_weights_stays_to_be_cured() -> None:
    faults = {0: Fault(FaultKind.JSON_CONSTANT, "config")}
    assert to_native(with_parts(WHOLE, faults=faults), KERAS_3).faults == faults


def test_a_damaged_file_is_not_converted() -> None:
    with pytest.raises(NotConvertible):
        to_native(with_parts(WHOLE, faults={0: Fault(FaultKind.TRUNCATED)}), KERAS_3)


@pytest.mark.parametrize(
    ("sick", "why"),
    [
        (archive(NATIVE), "only a whole model in HDF5"),
        (document(format=Format.H5_MODEL), "only a whole model in HDF5"),
        (document(sequential(layer("Dense")), format=Format.H5_MODEL), "not known to be those of the model's layers"),
        (h5({"one": ONE}, ["one"]), "not known to be those of the model's layers"),
        (h5({"one": {"one/kernel:0": (4, 5)}, "two": TWO}, ["one", "two"]), "the layer 'one' stores 1 arrays"),
    ],
)
def test_what_cannot_be_said_without_guessing_is_refused(sick: Document, why: str) -> None:
    with pytest.raises(NotConvertible, match=why):
        to_native(sick, KERAS_3)


def test_a_listed_array_that_is_not_there_is_refused() -> None:
    weights = {path: weight for path, weight in WHOLE.weights.items() if not path.endswith("one/bias:0")}
    with pytest.raises(NotConvertible, match="an array of the layer 'one' is not in the file"):
        to_native(with_parts(WHOLE, weights=weights), KERAS_3)


def test_training_state_is_said_as_compile_has_it() -> None:
    stored = {
        "optimizer_config": {"class_name": "Custom>Adam", "config": {"learning_rate": 0.1}},
        "loss": {"one": {"class_name": "MeanSquaredError", "config": {}}, "two": "mse"},
        "metrics": [{"class_name": "AUC", "config": {}}, "accuracy"],
        "loss_weights": [1.0, 2.0],
    }
    found = native_training(stored)
    assert found["optimizer"] == {
        "module": "keras.optimizers",
        "class_name": "Adam",
        "config": {"learning_rate": 0.1},
        "registered_name": None,
    }
    assert found["loss"]["one"] == {"module": "keras.losses", "class_name": "MeanSquaredError", "config": {}, "registered_name": None}
    assert found["loss"]["two"] == "mse"
    assert [item if isinstance(item, str) else item["module"] for item in found["metrics"]] == ["keras.metrics", "accuracy"]
    assert found["loss_weights"] == [1.0, 2.0]
    assert "optimizer" not in native_training({"loss": "mse"})


def test_a_function_that_keras_2_holds_as_a_metric_is_one_that_fit_can_call() -> None:
    def metric(fn: str) -> dict[str, Json]:
        return {"class_name": "MeanMetricWrapper", "config": {"name": "acc", "dtype": "float32", "fn": fn}}

    training = {"loss": "mse", "metrics": [[metric("categorical_accuracy"), metric("authors_own")]]}
    ((known, own),) = native_training(training)["metrics"]
    assert known["config"]["fn"] == {
        "module": "builtins",
        "class_name": "function",
        "config": "categorical_accuracy",
        "registered_name": "function",
    }
    assert own["config"]["fn"] == "authors_own"
    ((_, given),) = native_training(training, frozenset({"authors_own"}))["metrics"]
    assert given["config"]["fn"]["config"] == "authors_own"


def test_a_loss_that_a_metric_wraps_is_found_by_its_module() -> None:
    fn = {"class_name": "Huber", "config": {"delta": 0.3}}
    wrapped = {"class_name": "MeanMetricWrapper", "config": {"name": "mine", "dtype": "float32", "fn": fn}}
    ((found,),) = native_training({"loss": "mse", "metrics": [[wrapped]]})["metrics"]
    assert found["config"]["fn"] == {"module": "keras.losses", **fn, "registered_name": None}


def test_a_metric_that_is_a_class_alone_in_keras_3_becomes_that_class_under_its_name() -> None:
    wrapped = {"class_name": "MeanMetricWrapper", "config": {"name": "cosine_proximity", "dtype": "float32", "fn": "cosine_similarity"}}
    ((found,),) = native_training({"loss": "mse", "metrics": [[wrapped]]})["metrics"]
    metric = keras.saving.deserialize_keras_object(found)
    assert (type(metric), metric.name) == (keras.metrics.CosineSimilarity, "cosine_proximity")


def test_a_model_that_was_never_built_has_no_weights_to_place() -> None:
    unbuilt = document(
        {"class_name": "Sequential", "config": {"name": "s", "layers": [layer("Dense", name="a", units=2)]}}, format=Format.H5_MODEL
    )
    made = to_native(
        with_parts(unbuilt, attributes={"/": {"keras_version": "2.2.4-tf"}, "/model_weights": {"layer_names": ["a"]}}), KERAS_3
    )
    assert (made.format, made.weights) == (Format.KERAS_ZIP, {})
