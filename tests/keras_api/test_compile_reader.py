"""What the loaders make of the training state."""

from __future__ import annotations

from typing import Any

import pytest

from kdoctor.document import Format
from kdoctor.keras_api.compile_reader import Mention, mentions
from kdoctor.target import Target
from kdoctor.testing import KERAS_3, document


def read(training: Any, format: Format = Format.KERAS_ZIP, target: Target = KERAS_3) -> tuple[Mention, ...]:
    return mentions(document(format=format, training=training), target)


def test_the_optimizer_comes_first_and_stands_under_another_key_in_an_h5() -> None:
    both = {"loss": "mean_squared_error", "optimizer": "adam", "optimizer_config": {"class_name": "SGD", "config": {}}}
    assert [(found.kind, found.name) for found in read(both)] == [("optimizer", "adam"), ("loss", "mean_squared_error")]
    assert [(found.kind, found.name) for found in read(both, Format.H5_MODEL)] == [("optimizer", "SGD"), ("loss", "mean_squared_error")]


def test_losses_and_metrics_nest_in_lists_and_by_output() -> None:
    found = read({"loss": {"a": "mse", "b": ["mae", None]}, "metrics": [["AUC"], None], "weighted_metrics": {"a": "mse"}})
    assert [(one.at.json, one.kind, one.nested) for one in found] == [
        ("/loss/a", "loss", True),
        ("/loss/b/0", "loss", True),
        ("/metrics/0/0", "metric", True),
        ("/weighted_metrics/a", "metric", True),
    ]
    assert [one.nested for one in read({"loss": "mse", "metrics": "mae"})] == [False, False]


@pytest.mark.parametrize("name", ["accuracy", "acc", "ce", "crossentropy"])
def test_metrics_that_compile_chooses_are_not_looked_up(name: str) -> None:
    assert read({"metrics": [name]}, target=Target("2.15.0")) == ()
    assert len(read({"metrics": [name]})) == (name not in ("accuracy", "acc"))  # Keras 3 does not choose a cross-entropy
    assert len(read({"loss": name})) == 1


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ("mean_squared_error", "text"),
        ({"module": "builtins", "class_name": "function", "config": "mean_squared_error"}, "function"),
        ({"module": "keras.losses", "class_name": "MeanSquaredError", "config": {"reduction": "sum"}}, "object"),
    ],
)
def test_a_loss_of_keras_is_found_in_each_form(value: object, form: str) -> None:
    (found,) = read({"loss": value})
    assert (found.form, found.found is not None, found.not_taken()) == (form, True, ())


def test_a_short_name_means_something_even_where_it_is_not_found() -> None:
    (in_h5,), (in_keras,) = read({"loss": "mse"}, Format.H5_MODEL), read({"loss": "mse"})
    assert in_h5.found is None
    assert in_h5.meant is not None
    assert in_h5.meant.name == "mean_squared_error"
    assert in_keras.found is not None


def test_arguments_that_the_constructor_refuses_are_named() -> None:
    (found,) = read({"optimizer": {"module": "keras.optimizers", "class_name": "Adam", "config": {"lr": 1, "beta_1": 0.9}}})
    assert found.not_taken() == ("lr",)


def test_what_the_user_will_give_is_marked() -> None:
    target = Target("3.15.1", custom=frozenset({"mine", "pack>Mine"}))
    registered = {"module": "m", "class_name": "Mine", "config": {}, "registered_name": "pack>Mine"}
    assert [found.given for found in read({"loss": "mine", "metrics": [registered, "other"]}, target=target)] == [True, True, False]


@pytest.mark.parametrize(
    "training", [None, "adam", [], {}, {"optimizer": None, "loss": None}, {"loss": 7}, {"loss": {"class_name": 1, "config": 2}}]
)
def test_odd_training_state_mentions_nothing(training: Any) -> None:
    assert read(training) == ()
