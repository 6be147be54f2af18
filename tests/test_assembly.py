"""A whole model from a file of weights and an architecture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from kdoctor.convert import NotConvertible
from kdoctor.convert.assembly import assembled
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
