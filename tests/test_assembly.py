"""A whole model from a file of weights and an architecture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from kdoctor.convert.assembly import assembled, restored
from kdoctor.convert.refusal import NotConvertible
from kdoctor.document import Document, Format, Json, Weight
from kdoctor.target import Given, Target
from kdoctor.testing import KERAS_3, document, examine, layer, sequential

MODEL = sequential(layer("InputLayer", batch_shape=[None, 4]), layer("Dense", units=3, name="one", build=[None, 4]))
NATIVE = {"layers/dense/vars/0": (4, 3), "layers/dense/vars/1": (3,)}
LEGACY = {"one/one/kernel:0": (4, 3), "one/one/bias:0": (3,)}
LISTS: Mapping[str, Json] = {"/": {"layer_names": ["one"]}, "/one": {"weight_names": ["one/kernel:0", "one/bias:0"]}}


def weights_file(shapes: Mapping[str, tuple[int, ...]], attributes: Mapping[str, Json]) -> Document:
    found = document(format=Format.H5_WEIGHTS, attributes=attributes)
    return found.replacing({**found.parts, "weights": {path: Weight(shape, "float32", path) for path, shape in shapes.items()}})


def given(architecture: Json = MODEL) -> Target:
    return replace(KERAS_3, given=Given(architecture=architecture))


@pytest.mark.parametrize("file", [weights_file(NATIVE, {"/": {}}), weights_file(LEGACY, LISTS)])
def test_weights_and_their_architecture_make_an_archive(file: Document) -> None:
    whole = assembled(file, given())
    assert whole.format is Format.KERAS_ZIP
    assert {path: weight.shape for path, weight in whole.weights.items()} == NATIVE
    assert {weight.source for weight in whole.weights.values()} == {*file.weights}
    (finding,) = examine("K108", file, given())
    assert finding.repair is not None
    assert finding.repair.native


def test_an_architecture_in_the_words_of_keras_2_makes_an_h5() -> None:
    words = {"class_name": "Sequential", "config": {"name": "s", "layers": [
        {"class_name": "InputLayer", "config": {"batch_input_shape": [None, 4], "name": "in"}},
        {"class_name": "Dense", "config": {"units": 3, "name": "one"}},
    ]}}  # fmt: skip
    whole = assembled(weights_file(LEGACY, LISTS), given(words))
    assert whole.format is Format.H5_MODEL
    assert {*whole.weights} == {f"model_weights/{path}" for path in LEGACY}


@pytest.mark.parametrize(
    ("shapes", "why"),
    [
        ({"layers/dense/vars/0": (4, 3)}, "not in the file"),
        ({**NATIVE, "layers/dense/vars/0": (5, 3)}, "stored as"),
        ({**NATIVE, "layers/dense_1/vars/0": (3, 3)}, "no layer of the architecture has the array layers/dense_1/vars/0"),
    ],
)
def test_what_does_not_match_is_named_and_nothing_is_written(shapes: Mapping[str, tuple[int, ...]], why: str) -> None:
    file = weights_file(shapes, {"/": {}})
    with pytest.raises(NotConvertible, match=why):
        assembled(file, given())
    (finding,) = examine("K108", file, given())
    assert finding.repair is None
    assert why in finding.message


OF_KERAS_2: Json = {
    "class_name": "Functional",
    "keras_version": "2.13.1",
    "backend": "tensorflow",
    "config": {
        "name": "m",
        "trainable": True,
        "layers": [
            {"class_name": "InputLayer", "config": {"batch_input_shape": [None, 4], "dtype": "float32", "sparse": False, "ragged": False, "name": "in"}, "name": "in", "inbound_nodes": []},
            {"class_name": "Dense", "config": {"name": "one", "units": 3, "activation": "hard_sigmoid"}, "name": "one", "inbound_nodes": [[["in", 0, 0, {}]]]},
            {"class_name": "Dense", "config": {"name": "two", "units": 3}, "name": "two", "inbound_nodes": [[["one", 0, 0, {}]]]},
        ],
        "input_layers": [["in", 0, 0]],
        "output_layers": [["two", 0, 0]],
    },
}  # fmt: skip
FOLDER = "_layer_checkpoint_dependencies"
NUMBERED = {
    f"{FOLDER}/dense/vars/0": (4, 3),
    f"{FOLDER}/dense/vars/1": (3,),
    f"{FOLDER}/dense_2/vars/0": (3, 3),
    f"{FOLDER}/dense_2/vars/1": (3,),
}


def test_what_keras_2_says_of_a_model_becomes_an_archive_with_weights_that_keras_2_numbered() -> None:
    whole = assembled(weights_file(NUMBERED, {"/": {}}), given(OF_KERAS_2))
    assert whole.format is Format.KERAS_ZIP
    assert {*whole.weights} == {*NUMBERED}  # K607 moves them
    assert whole.saved_by().keras == "2.13.1"  # so that K609 knows which hard_sigmoid is meant
    assert [layer["module"] for layer in whole.config["config"]["layers"]] == ["keras.layers"] * 3
    assert whole.config["config"]["layers"][0]["config"]["batch_shape"] == [None, 4]
    assert {"K607", "K609"} <= {code for code in ("K607", "K609") if examine(code, whole, KERAS_3)}


def test_numbers_of_keras_3_do_not_go_with_the_words_of_keras_2() -> None:
    found = document(format=Format.KERAS_ZIP, attributes={"/": {}}, metadata={"keras_version": "3.9.0"})
    weights = {path: Weight(shape, "float32", path) for path, shape in NUMBERED.items()}
    lost = found.replacing({**{key: value for key, value in found.parts.items() if key != "config"}, "weights": weights})
    with pytest.raises(NotConvertible, match="in the words of Keras 2, and Keras 3 saved the weights"):
        restored(lost, given(OF_KERAS_2))
    older = lost.replacing({**lost.parts, "metadata": {"keras_version": "2.13.1"}})
    assert restored(older, given(OF_KERAS_2)).config["module"].startswith("keras")


KERAS_1_DENSE = {"class_name": "Dense", "config": {"name": "dense_1", "output_dim": 3, "init": "zero", "batch_input_shape": [None, 4]}}
UNSHAPED = {
    "class_name": "Sequential",
    "config": {"name": "s", "layers": [{"class_name": "Dense", "config": {"name": "dense_1", "units": 3}}]},
}


def by_groups(**groups: tuple[int, ...]) -> Document:
    """A file of weights whose groups have a kernel each."""
    attributes: dict[str, Json] = {"/": {"layer_names": list(groups)}, **{f"/{name}": {"weight_names": ["w"]} for name in groups}}
    return weights_file({f"{name}/w": shape for name, shape in groups.items()}, attributes)


@pytest.mark.parametrize("architecture", [{"class_name": "Sequential", "config": [KERAS_1_DENSE], "keras_version": "1.2.2"}, UNSHAPED])
def test_an_architecture_whose_variables_other_repairs_tell_is_paired_by_its_names(architecture: Json) -> None:
    whole = assembled(by_groups(dense_1=(4, 3)), given(architecture))
    assert whole.format is Format.H5_MODEL
    assert list(whole.weights) == ["model_weights/dense_1/w"]
    assert whole.attributes["/"] == {name: value for name, value in architecture.items() if name == "keras_version"}


@pytest.mark.parametrize("groups", [{"dense_2": (4, 3)}, {"dense_1": (4, 3), "other": (1,)}, {}])
def test_groups_of_other_names_are_not(groups: dict[str, tuple[int, ...]]) -> None:
    with pytest.raises(NotConvertible):
        assembled(by_groups(**groups), given(UNSHAPED))
