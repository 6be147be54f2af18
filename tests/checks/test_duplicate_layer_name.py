"""K205: two layers of one model under one name."""

from __future__ import annotations

import pytest
from graphs import after, cured, functional, start, wrapped

from kdoctor.testing import document, examine, layer, model, sequential


def test_in_a_sequential_the_later_one_gets_a_free_name() -> None:
    sick = model(layer("Dense", units=1), layer("Dense", name="dense_1"), layer("Dense", units=2))
    (finding,) = examine("K205", sick)
    assert finding.at.json == "/config/layers/2"
    assert "Name 'dense' is already the name of a layer" in str(finding.keras_says)
    healed = cured(sick, finding)
    assert [item["config"]["name"] for item in healed.config["config"]["layers"]] == ["dense", "dense_1", "dense_2"]
    assert examine("K205", healed) == []


def test_of_three_equal_names_two_are_findings() -> None:
    assert len(examine("K205", model(layer("Dense"), layer("Dense"), layer("Dense")))) == 2


def test_in_a_functional_an_entry_that_stands_twice_is_dropped() -> None:
    one = after(layer("Dense", name="out"), "in")
    sick = document(functional(start(), one, one))
    (finding,) = examine("K205", sick)
    assert finding.message == "the same entry twice of the model 'model' are named 'out'"
    healed = cured(sick, finding)
    assert len(healed.config["config"]["layers"]) == 2
    assert examine("K205", healed) == []


def test_two_different_layers_of_a_functional_have_no_cure() -> None:
    other = after(layer("Dense", name="out", units=9), "in")
    (finding,) = examine("K205", document(functional(start(), after(layer("Dense", name="out"), "in"), other)))
    assert finding.repair is None
    assert finding.message.startswith("two different layers")


def test_one_name_in_two_models_is_healthy() -> None:
    assert examine("K205", document(sequential(sequential(layer("Dense"), name="inner"), layer("Dense")))) == []


def test_a_model_in_a_wrapper_is_looked_into() -> None:
    inner = sequential(layer("Dense", name="same", units=2), layer("Dense", name="same", units=2), name="inner")
    sick = wrapped(inner)
    (finding,) = examine("K205", sick)
    assert finding.layer == "same"
    assert examine("K205", cured(sick, finding)) == []


@pytest.mark.parametrize("changed", [{}, {"batch_shape": [None, 9]}])
def test_an_input_layer_that_keras_3_replaces_by_the_later_of_the_name_is_healthy(changed: dict[str, object]) -> None:
    earlier = start()
    earlier["config"] = {**earlier["config"], **changed}
    assert examine("K205", document(functional(earlier, start(), after(layer("Dense", name="out"), "in")))) == []
