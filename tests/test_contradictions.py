"""What tells that an architecture is not that of the weights, although every array fits it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from kdoctor.check import Safety
from kdoctor.doctor import examine_file
from kdoctor.document import Document, Format, Json, Weight
from kdoctor.packs import load_checks
from kdoctor.target import Given, Target
from kdoctor.testing import KERAS_3, document, examine, layer, sequential

START = layer("InputLayer", name="in", batch_shape=[None, 4])


def dense(name: str, **more: Json) -> dict[str, Json]:
    return layer("Dense", name=name, units=4, build=[None, 4], **more)


def given(*layers: Json) -> Target:
    return Target(KERAS_3.release, given=Given(architecture=sequential(START, *layers)))


def weights_file(arrays: Mapping[str, tuple[int, ...]], attributes: Mapping[str, Json]) -> Document:
    found = document(format=Format.H5_WEIGHTS, attributes=attributes)
    return found.replacing({**found.parts, "weights": {path: Weight(shape, "float32", path) for path, shape in arrays.items()}})


def by_place(*folders: str, **names: str) -> Document:
    """Two Dense, and the groups of more layers."""
    arrays = {f"layers/{folder}/vars/{number}": shape for folder in ("dense", "dense_1") for number, shape in enumerate([(4, 4), (4,)])}
    groups = {f"/layers/{folder}/vars": {"name": names[folder]} if folder in names else {} for folder in ("dense", "dense_1", *folders)}
    return weights_file(arrays, {"/": {}, **{group.rpartition("/")[0]: {} for group in groups}, **groups})


def by_list(*names: str) -> Document:
    """A legacy file in which the layers that are no Dropout and no pooling have the arrays of a Dense."""
    filled = [name for name in names if "pooling" not in name and "dropout" not in name]
    arrays = {f"{name}/{name}/{role}:0": shape for name in filled for role, shape in (("kernel", (4, 4)), ("bias", (4,)))}
    held = {f"/{name}": {"weight_names": [path.partition("/")[2] for path in arrays if path.startswith(f"{name}/")]} for name in names}
    return weights_file(arrays, {"/": {"layer_names": [*names]}, **held})


def told(file: Document, *layers: Json) -> str:
    """What is said beyond the count, empty where the repair is safe."""
    (finding,) = examine("K108", file, given(*layers))
    assert finding.repair is not None
    assert (finding.repair.safety is Safety.SAFE) == ("but it is another" not in finding.message)
    return finding.message.partition("but it is another: ")[2]


ONE, TWO = dense("dense"), dense("dense_1")
POOLED = layer("GlobalMaxPooling1D", name="global_max_pooling1d")
DROPPED = layer("Dropout", name="dropout", rate=0.5)


@pytest.mark.parametrize("file", [by_place("global_average_pooling1d"), by_list("dense", "global_average_pooling1d", "dense_1")])
def test_another_layer_without_arrays_is_told(file: Document) -> None:
    found = told(file, ONE, POOLED, TWO)
    assert "the saved model had layers that it lacks (global_average_pooling1d)" in found
    assert "it has layers that the saved model did not have (global_max_pooling1d)" in found


@pytest.mark.parametrize(
    "file", [by_place("global_max_pooling1d", "dropout"), by_list("dense", "dropout", "global_max_pooling1d", "dense_1")]
)
def test_the_architecture_itself_is_written_with_its_dropout_and_without(file: Document) -> None:
    assert told(file, ONE, DROPPED, POOLED, TWO) == ""
    assert told(file, ONE, POOLED, TWO) == ""


@pytest.mark.parametrize("file", [by_place(dense="left", dense_1="right"), by_list("left", "right")])
def test_names_of_the_authors_own_in_each_others_places_are_told(file: Document) -> None:
    assert "'left' stand where it has 'right'" in told(file, dense("right"), dense("left"))
    assert told(file, dense("left"), dense("right")) == ""
    assert told(file, dense("upper"), dense("lower")) == ""  # renamed


@pytest.mark.parametrize("file", [by_place(dense="dense_1", dense_1="dense_2"), by_list("dense_1", "dense_2")])
def test_automatic_names_that_were_counted_anew_tell_nothing(file: Document) -> None:
    assert told(file, ONE, TWO) == ""


@pytest.mark.parametrize("file", [by_place("global_max_pooling1d"), by_list("dense", "global_max_pooling1d", "dense_1")])
def test_an_operation_has_no_group(file: Document) -> None:
    operation = {**layer("Relu", name="relu"), "module": "keras.src.ops.nn"}
    assert told(file, ONE, POOLED, operation, TWO) == ""


def test_an_operation_of_keras_2_has_one_and_is_an_operation_all_the_same() -> None:
    operation = layer("TFOpLambda", name="tf.nn.relu", function="nn.relu")
    assert told(by_place("flatten", "tf_op_lambda"), ONE, layer("Flatten", name="flatten"), operation, TWO) == ""


def test_a_writer_that_makes_no_group_without_arrays_tells_nothing_of_such_layers() -> None:
    assert told(by_place(), ONE, POOLED, TWO) == ""


def test_an_automatic_name_tells_the_class_of_a_layer_with_arrays_of_the_same_shapes() -> None:
    assert "the saved model had layers that it lacks (embedding)" in told(by_list("embedding", "dense_1"), ONE, TWO)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_models_within_models_of_real_keras_are_compared_each_by_itself(tmp_path: Path) -> None:
    import keras

    def built(pooling: Any) -> Any:
        inside = keras.Sequential([keras.Input((5, 4)), keras.layers.Dense(4), pooling()])
        start = keras.Input((5, 4))
        return keras.Model(start, keras.layers.Dense(2)(inside(start)))

    weights = tmp_path / "model.weights.h5"
    built(keras.layers.GlobalAveragePooling1D).save_weights(weights)
    safeties = []
    for pooling in (keras.layers.GlobalAveragePooling1D, keras.layers.GlobalMaxPooling1D):
        asked = Target(KERAS_3.release, given=Given(architecture=json.loads(built(pooling).to_json())))
        (found,) = (each.finding for each in examine_file(weights, asked, load_checks()).findings if each.check.code == "K108")
        assert found.repair is not None
        safeties.append(found.repair.safety)
    assert safeties == [Safety.SAFE, Safety.UNSAFE]
