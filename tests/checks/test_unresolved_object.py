"""K301: a class that the target does not know."""

from __future__ import annotations

from typing import Any

import pytest

from kdoctor.check import Safety
from kdoctor.document import Format
from kdoctor.target import Target
from kdoctor.testing import document, examine, layer, model, sequential

SCALE: dict[str, Any] = {**layer("Scale", module="train", factor=2.0, name="scale"), "registered_name": "my_package>Scale"}


def test_a_class_of_the_users_own_is_named_with_all_that_the_file_knows_of_it() -> None:
    (finding,) = examine("K301", model(SCALE))
    assert finding.message == (
        "Keras 3.15.1 does not know the layer class Scale of the module train, registered as my_package>Scale; it was given factor=2.0"
    )
    assert "Could not locate class 'Scale'" in str(finding.keras_says)
    assert [(need.flag, need.name) for need in finding.needs] == [("--custom", "Scale")]
    assert finding.repair is not None
    assert (finding.repair.safety, finding.repair.edits) == (Safety.ADVICE, ())


def test_an_h5_file_is_quoted_with_the_words_of_its_own_reader() -> None:
    legacy = {"class_name": "Scale", "config": {"name": "scale"}}
    (finding,) = examine("K301", document(sequential(legacy), format=Format.H5_MODEL))
    assert str(finding.keras_says).startswith("ValueError: Unknown layer: 'Scale'.")
    assert finding.message.endswith("it was given no arguments of its own")


def test_a_class_is_named_once_however_often_it_is_used() -> None:
    assert len(examine("K301", model(SCALE, {**SCALE, "config": {"name": "other"}}))) == 1


@pytest.mark.parametrize("name", ["Scale", "my_package>Scale"])
def test_a_class_that_the_user_will_give_is_known(name: str) -> None:
    found = examine("K301", model(SCALE), Target("3.15.1", custom=frozenset({name})))
    assert [one.mild for one in found] == [True] * (name == "Scale")  # only the key is told


def test_in_an_h5_a_class_inside_bidirectional_has_to_be_registered() -> None:
    """Bidirectional's constructor copies its layer without the custom_objects that the reader was given; seen in 3.15.1."""
    held = {**layer("Memory", module="train", units=2), "registered_name": "Memory"}
    sick = document(sequential(layer("Bidirectional", layer=held)), format=Format.H5_MODEL)
    given = Target("3.15.1", custom=frozenset({"Memory"}))
    (finding,) = examine("K301", sick, given)
    assert "has to be registered" in finding.message
    assert [need.flag for need in finding.needs] == ["--custom"]
    assert examine("K301", document(sequential(layer("Bidirectional", layer=held))), given) == []
    registered = sequential(layer("Bidirectional", layer={**held, "registered_name": "mine>Memory"}))
    assert all(one.mild for one in examine("K301", document(registered, format=Format.H5_MODEL), given))
    assert examine("K301", document(sequential(layer("TimeDistributed", layer=held)), format=Format.H5_MODEL), given) == []


@pytest.mark.parametrize("made", [layer("Dense"), layer("CuDNNLSTM"), layer("TFOpLambda"), layer("KerasLayer", handle="h")])
def test_what_keras_or_tensorflow_hub_once_had_is_no_custom_class(made: dict[str, Any]) -> None:
    assert examine("K301", model(made)) == []


@pytest.mark.parametrize(("name", "where", "code"), [("Popen", "subprocess", "K801"), ("get_file", "keras.utils", "K802")])
def test_what_no_model_calls_is_not_asked_for_as_a_custom_class(name: str, where: str, code: str) -> None:
    hostile = model(layer(name, module=where))
    assert examine("K301", hostile) == []
    assert len(examine(code, hostile)) == 1


def test_a_model_that_is_a_class_of_its_own_is_explained_as_what_it_is() -> None:
    root = {"module": None, "class_name": "SubModel", "config": {"units": 4}, "registered_name": "SubModel"}
    (finding,) = examine("K301", document(root, weights={"layers/dense/vars/0": (4, 4)}))
    assert "it was given units=4. The model itself is a class of its author's: the file holds no graph" in finding.message
    assert "1 array ((4, 4))" in finding.message
    (empty,) = examine("K301", document(root))
    assert empty.message.endswith("these arguments and no weights")


@pytest.mark.parametrize("format", [Format.KERAS_ZIP, Format.H5_MODEL])
def test_a_class_without_a_module_is_the_authors_whatever_keras_has_of_its_name(format: Format) -> None:
    own = {**layer("LayerNormalization", epsilon=0.5, name="norm"), "module": None, "registered_name": "LayerNormalization"}
    mine = document(sequential(own), format=format)
    (finding,) = examine("K301", mine)
    assert [(need.flag, need.name) for need in finding.needs] == [("--custom", "LayerNormalization")]
    assert examine("K306", mine) == []
    assert examine("K301", mine, Target("3.15.1", custom=frozenset({"LayerNormalization"}))) == []


@pytest.mark.parametrize("name", ["TFOpLambda", "CuDNNLSTM", "ThresholdedReLU"])
def test_what_a_conversion_writes_without_a_module_is_no_class_of_the_authors(name: str) -> None:
    made = {**layer(name), "module": None, "registered_name": name}
    assert examine("K301", model(made)) == []
