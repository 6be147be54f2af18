"""K602: a class that Keras once had and the target has not."""

from __future__ import annotations

from typing import Any

import pytest
from graphs import cured

from kdoctor.check import Safety
from kdoctor.document import Format
from kdoctor.testing import document, examine, layer, model, sequential


def test_a_retired_class_is_named_and_not_called_custom() -> None:
    (finding,) = examine("K602", model(layer("LocallyConnected2D", filters=3)))
    assert finding.message == "Keras 3.15.1 has no layer LocallyConnected2D; earlier releases had it"
    assert (
        finding.keras_says
        == "ValueError: Could not deserialize 'keras.layers.LocallyConnected2D' because it is not a KerasSaveable subclass"
    )
    assert finding.repair is None


def test_an_h5_file_is_quoted_with_the_words_of_its_own_reader() -> None:
    legacy = {"class_name": "LocallyConnected2D", "config": {"name": "local"}}
    (finding,) = examine("K602", document(sequential(legacy), format=Format.H5_MODEL))
    assert finding.keras_says == "ValueError: Unknown layer: 'LocallyConnected2D'."


def test_neither_todays_classes_nor_the_users_own_are_retired() -> None:
    assert examine("K602", model(layer("Dense"), layer("Scale", module="mine"), layer("LocallyConnected2D", module="mine"))) == []


@pytest.mark.parametrize(
    ("retired", "successor"),
    [
        (layer("ThresholdedReLU", name="x", theta=0.5), layer("ReLU", name="x", threshold=0.5)),
        (layer("SyncBatchNormalization", name="x", axis=3), layer("BatchNormalization", name="x", axis=3, synchronized=True)),
    ],
)
def test_a_class_that_computes_the_same_is_written(retired: dict[str, Any], successor: dict[str, Any]) -> None:
    sick = model(retired)
    (finding,) = examine("K602", sick)
    healed = cured(sick, finding)
    assert healed.config["config"]["layers"] == [successor]
    assert examine("K602", healed) == []


def test_a_threshold_that_is_no_number_is_not_rewritten() -> None:
    (finding,) = examine("K602", model(layer("ThresholdedReLU", theta={"class_name": "__numpy__", "config": {}})))
    assert finding.repair is None


@pytest.mark.parametrize("class_name", ["RandomHeight", "RandomWidth"])
def test_what_varies_images_in_training_alone_goes_only_with_leave(class_name: str) -> None:
    sick = model(layer(class_name, name="x", dtype="float32", factor=0.2, interpolation="bilinear", seed=None))
    (finding,) = examine("K602", sick)
    assert finding.repair is not None
    assert finding.repair.safety is Safety.UNSAFE
    healed = cured(sick, finding)
    assert healed.config["config"]["layers"] == [layer("Rescaling", name="x", dtype="float32", scale=1.0, offset=0.0)]


def test_a_retired_constraint_goes_only_with_leave() -> None:
    constraint = {"module": "keras.constraints", "class_name": "RadialConstraint", "config": {}, "registered_name": None}
    sick = model(layer("Conv2D", filters=2, kernel_size=3, kernel_constraint=constraint))
    (finding,) = examine("K602", sick)
    assert finding.repair is not None
    assert finding.repair.safety is Safety.UNSAFE
    assert cured(sick, finding).config["config"]["layers"][0]["config"]["kernel_constraint"] is None
