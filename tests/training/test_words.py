"""The training state: what people ask for, and what each container calls it."""

from __future__ import annotations

import pytest

from kdoctor.document import Format, Json
from kdoctor.errors import UsageError
from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.target import Training
from kdoctor.training.words import parse_training, training_part

KERAS_3 = Catalogue.load("3.15.1")


def parsed(text: str) -> Training:
    return parse_training(text, KERAS_3)


def test_names_are_written_out_as_keras_has_them() -> None:
    found = parsed("optimizer=adam,loss=mse,metrics=mae")
    assert (found.optimizer, found.loss, found.metrics) == ("Adam", "mean_squared_error", ("mae",))


def test_the_optimizer_alone_is_enough() -> None:
    assert parsed("optimizer=sgd") == Training("SGD", {"name": "sgd"}, None, ())


def test_the_first_argument_of_an_optimizer_is_its_learning_rate() -> None:
    assert parsed("optimizer=adam(1e-4),loss=mse").arguments == {"name": "adam", "learning_rate": 1e-4}


def test_a_whole_learning_rate_is_written_as_the_float_that_keras_wants() -> None:
    rate = parsed("optimizer=sgd(1),loss=mse").arguments["learning_rate"]
    assert (rate, type(rate)) == (1.0, float)


def test_further_arguments_go_by_name() -> None:
    found = parsed("optimizer=SGD(0.1, momentum=0.9, nesterov=True),loss=mse")
    assert found.arguments == {"name": "sgd", "learning_rate": 0.1, "momentum": 0.9, "nesterov": True}


@pytest.mark.parametrize(
    "metrics",
    ["metrics=mae+accuracy", "metrics=mae,accuracy", "metric=mae+accuracy", "metrics= mae + accuracy ", "metrics=['mae', 'accuracy']"],
)
def test_several_metrics_are_joined_by_plus_or_comma(metrics: str) -> None:
    assert parsed(f"optimizer=adam,{metrics}").metrics == ("mae", "accuracy")


def test_the_parts_may_come_in_any_order() -> None:
    assert parsed("metrics=mae+acc,loss=mse,optimizer=adam") == parsed("optimizer=adam,loss=mse,metrics=mae+acc")


def test_an_argument_that_looks_like_a_part_belongs_to_what_precedes_it() -> None:
    with pytest.raises(UsageError):
        parsed("optimizer=adam(loss=1)")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "optimizer=…"),
        ("adam", "optimizer=…"),
        ("loss=mse", "optimizer=…"),
        ("mse,optimizer=adam", "optimizer=…"),
        ("optimizer=", "no optimizer ''"),
        ("optimizer=adamant", "no optimizer 'adamant'; .*Adam, "),
        ("optimizer=adam,loss=square", "no loss 'square'"),
        ("optimizer=adam,metrics=mae+luck", "no metric 'luck'"),
        ("optimizer=adam(speed=3)", "Adam takes no 'speed'"),
        ("optimizer=adam(1e-4, 0.9)", "only the learning rate"),
        ("optimizer=adam('fast')", "learning_rate of Adam is a number, not 'fast'"),
        ("optimizer=adam(-1)", "learning_rate of Adam is a number, not -1"),
        ("optimizer=adam(1e999)", "learning_rate of Adam is a number, not inf"),
        ("optimizer=adam(amsgrad=1)", "amsgrad of Adam is True or False, not 1"),
        ("optimizer=adam(weight_decay='much')", "weight_decay of Adam is a number, not 'much'"),
        ("optimizer=optimizer", "no optimizer 'optimizer'"),
        ("optimizer=LossScaleOptimizer", "no optimizer 'LossScaleOptimizer'"),
        ("optimizer=adam,loss=huber(delta=2.0)", "without arguments"),
        ("optimizer=adam(rate)", "not plain values"),
        ("optimizer=adam(1e-4", "no optimizer"),
        ("optimizer=adam(1)+(2)", "not plain values"),
        ("optimizer=adam(*[1])", "not plain values"),
        ("optimizer=adam(**{'learning_rate': 1})", "not plain values"),
        ("optimizer=adam(__import__('os').getcwd())", "not plain values"),
    ],
)
def test_what_is_no_training_state_is_refused_with_a_hint(text: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        parsed(text)


TRAINING = Training("Adam", {"name": "adam", "learning_rate": 1e-4}, "mean_squared_error", ("accuracy",))


def test_an_archive_names_the_optimizer_with_its_module() -> None:
    part = training_part(TRAINING, Format.KERAS_ZIP)
    assert part["optimizer"] == {
        "module": "keras.optimizers",
        "class_name": "Adam",
        "config": {"name": "adam", "learning_rate": 1e-4},
        "registered_name": None,
    }
    assert (part["loss"], part["metrics"], part["weighted_metrics"]) == ("mean_squared_error", ["accuracy"], None)


def test_an_hdf5_file_has_an_optimizer_config() -> None:
    part = training_part(TRAINING, Format.H5_MODEL)
    assert part["optimizer_config"] == {"class_name": "Adam", "config": {"name": "adam", "learning_rate": 1e-4}}
    assert "optimizer" not in part


def test_an_unzipped_archive_is_written_like_a_zip() -> None:
    assert training_part(TRAINING, Format.KERAS_DIR) == training_part(TRAINING, Format.KERAS_ZIP)


def test_an_optimizer_that_keras_2_15_knows_by_its_registered_name_alone() -> None:
    found = parse_training("optimizer=adamw(1e-3),loss=mse", Catalogue.load("2.15.0"))
    assert training_part(found, Format.H5_MODEL)["optimizer_config"]["class_name"] == "Custom>AdamW"
    assert training_part(found, Format.KERAS_ZIP)["optimizer"]["class_name"] == "AdamW"


@pytest.mark.parametrize(
    ("ends", "metrics"),
    [
        (None, ["accuracy"]),
        (["out", 0, 0], ["accuracy"]),
        ([["out", 0, 0]], ["accuracy"]),
        ([["a", 0, 0], ["b", 0, 0]], [["accuracy"], ["accuracy"]]),
        ({"x": ["a", 0, 0], "y": ["b", 0, 0]}, [["accuracy"], ["accuracy"]]),
    ],
)
def test_metrics_are_those_of_each_output(ends: Json, metrics: Json) -> None:
    """Fitted in 3.15.1: a flat list for two outputs is "tuple arity mismatch; expected: 2, got: 1"."""
    assert training_part(TRAINING, Format.KERAS_ZIP, ends)["metrics"] == metrics
    assert training_part(TRAINING, Format.H5_MODEL, ends)["metrics"] == metrics


def test_no_metrics_are_no_empty_list() -> None:
    """Fitted in 3.0.5 with two outputs: "when providing the `metrics` argument as a list, it should have as many entries"."""
    found = parsed("optimizer=adam,loss=mse")
    assert [training_part(found, format, [["a", 0, 0], ["b", 0, 0]])["metrics"] for format in (Format.KERAS_ZIP, Format.H5_MODEL)] == [
        None,
        None,
    ]


@pytest.mark.parametrize(
    "text", ["optimizer=sgd(0.5,momentum=0.9)", "optimizer=sgd(lr=0.5,momentum=0.9)", "optimizer=sgd(learning_rate=0.5,momentum=0.9)"]
)
def test_the_learning_rate_is_lr_up_to_keras_2_2(text: str) -> None:
    """Its optimizers have no name; that they had none at all was said of them."""
    assert parse_training(text, Catalogue.load("2.2.5")) == Training("SGD", {"lr": 0.5, "momentum": 0.9}, None, ())


def test_an_optimizer_has_the_name_that_the_release_gives_it() -> None:
    """As ``compile(optimizer="sgd")`` of each saves it."""
    found = [parse_training("optimizer=sgd,loss=mse", Catalogue.load(release)).arguments for release in ("2.15.0", "3.0.5", "3.15.1")]
    assert found == [{"name": "SGD"}, {"name": "SGD"}, {"name": "sgd"}]
