"""K502: a loss or metric of Keras that the training state names in words of another release."""

from __future__ import annotations

from typing import Any

import pytest
from graphs import cured

from kdoctor.document import Document, Format
from kdoctor.target import Target
from kdoctor.testing import document, examine, layer, sequential


def h5(**training: Any) -> Document:
    return document(sequential(layer("Dense")), format=Format.H5_MODEL, training=training)


def native(**training: Any) -> Document:
    return document(sequential(layer("Dense")), training=training)


def loss(**config: Any) -> dict[str, Any]:
    return {"class_name": "MeanSquaredError", "config": config}


def test_the_short_name_of_a_loss_in_an_h5_is_written_out() -> None:
    sick = h5(loss="mse")
    (finding,) = examine("K502", sick)
    assert finding.message == "the loss 'mse' is a short name that Keras 3.15.1 does not read in this place"
    assert "Could not deserialize 'keras.metrics.mse' because it is not a KerasSaveable subclass" in str(finding.keras_says)
    healed = cured(sick, finding)
    assert healed.training == {"loss": "mean_squared_error"}
    assert examine("K502", healed) == []


def test_short_names_are_found_for_every_output() -> None:
    found = examine("K502", h5(loss={"one": "mse", "two": ["mae", "mean_squared_error"]}))
    assert [finding.at.json for finding in found] == ["/loss/one", "/loss/two/0"]


def test_an_archive_reads_short_names_as_texts_but_not_as_functions() -> None:
    assert examine("K502", native(loss="mse", metrics=["mae", "accuracy"])) == []
    sick = native(metrics=[{"module": "builtins", "class_name": "function", "config": "mse", "registered_name": "function"}])
    (finding,) = examine("K502", sick)
    assert examine("K502", cured(sick, finding)) == []


@pytest.mark.parametrize(("argument", "value", "new"), [("fn", "x", None), ("reduction", "auto", "sum_over_batch_size")])
def test_arguments_of_keras_2_are_left_out_or_said_anew(argument: str, value: str, new: str | None) -> None:
    sick = h5(loss=loss(name="mine", **{argument: value}))
    (finding,) = examine("K502", sick)
    healed = cured(sick, finding)
    assert healed.training["loss"]["config"] == {"name": "mine", **({argument: new} if new else {})}
    assert examine("K502", healed) == []


def test_an_argument_with_a_meaning_is_reported_but_kept() -> None:
    (finding,) = examine("K502", h5(loss=loss(odd=1)))
    assert (finding.at.json, finding.repair) == ("/loss/config/odd", None)


def test_what_compile_chooses_itself_and_the_authors_own_are_left_alone() -> None:
    assert examine("K502", h5(loss="my_loss", metrics=["acc", "accuracy", ["rmse"]])) == []
    assert examine("K502", document(sequential(layer("Dense")))) == []


def test_what_the_user_will_give_is_known() -> None:
    assert examine("K502", h5(loss="mse"), Target("3.15.1", custom=frozenset({"mse"}))) == []
