"""One training state in the words of an archive and of an ``.h5``, as Keras 2.15 and 3.0 write them: no difference; and one setting changed."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from graphs import after, functional, start

from kdoctor.document import Document, Json
from kdoctor.testing import document, layer
from kdoctor.weights.comparison import compared

ADAM = {
    "name": "Adam", "weight_decay": None, "clipnorm": None, "global_clipnorm": None, "clipvalue": None, "use_ema": False, "ema_momentum": 0.99,
    "ema_overwrite_frequency": None, "jit_compile": False, "is_legacy_optimizer": False, "learning_rate": 0.0010000000474974513,
    "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-07, "amsgrad": False,
}  # fmt: skip
STATED: dict[str, Json] = {"class_name": "Custom>Adam", "config": ADAM}


def model(training: Json, release: str = "2.15.0", ends: int = 1) -> Document:
    rows = [start("x"), *(after(layer("Dense", name=name, units=2), "x") for name in "ab"[:ends])]
    config = functional(*rows, inputs=(("x", 0, 0),), outputs=tuple((name, 0, 0) for name in "ab"[:ends]))
    return document(config, training=training, metadata={"keras_version": release})


def wrapped(name: str, function: Json) -> Json:
    return {"class_name": "MeanMetricWrapper", "config": {"name": name, "dtype": "float32", "fn": function}}


def function(name: str) -> Json:
    return {"module": "builtins", "class_name": "function", "config": name, "registered_name": "function"}


SAME: list[tuple[int, dict[str, Any], dict[str, Any]]] = [
    (1, {"optimizer": "adam"}, {"optimizer_config": STATED}),
    (1, {"metrics": ["mae"]}, {"metrics": [[wrapped("mae", "mean_absolute_error")]]}),
    (1, {"metrics": ["acc"]}, {"metrics": [[wrapped("acc", "categorical_accuracy")]]}),
    (1, {"metrics": ["logcosh"]}, {"metrics": [[wrapped("logcosh", "log_cosh")]]}),
    (1, {"metrics": [function("mean_squared_error")]}, {"metrics": [[wrapped("mean_squared_error", "mean_squared_error")]]}),
    (1, {"metrics": ["MeanAbsoluteError"]}, {"metrics": [[{"class_name": "MeanAbsoluteError", "config": {"name": "mean_absolute_error", "dtype": "float32"}}]]}),
    (1, {"loss": "mse"}, {"loss": "mean_squared_error"}),
    (1, {"loss": function("mean_absolute_error")}, {"loss": "mae"}),
    (1, {"loss": "kld"}, {"loss": "kl_divergence"}),
    (1, {"loss": "mse"}, {"loss": {"class_name": "MeanSquaredError", "config": {"reduction": "auto", "name": "mean_squared_error", "fn": "mean_squared_error"}}}),
    (1, {"loss": "mse", "run_eagerly": False, "steps_per_execution": 1}, {"loss": "mse"}),
    (2, {"metrics": ["mae"]}, {"metrics": [[wrapped("a_mae", "mean_absolute_error")], [wrapped("b_mae", "mean_absolute_error")]]}),
    (2, {"metrics": {"a": "mae"}}, {"metrics": [[wrapped("a_mae", "mean_absolute_error")], []]}),
    (2, {"loss": "mse"}, {"loss": ["mse", "mean_squared_error"]}),
    (2, {"loss": {"a": "mse", "b": "mae"}}, {"loss": ["mse", "mae"]}),
    (2, {"loss_weights": [1, 0.5]}, {"loss_weights": {"b": 0.5}}),
]  # fmt: skip


@pytest.mark.parametrize(("ends", "archive", "legacy"), SAME)
def test_what_two_containers_say_of_one_model_is_no_difference(ends: int, archive: Json, legacy: Json) -> None:
    one, other = model(archive, ends=ends), model(legacy, ends=ends)
    assert compared(one, other) == compared(other, one) == ()


def test_the_settings_of_keras_2_and_3_are_the_same_where_each_leaves_its_defaults_out() -> None:
    old = {"class_name": "Adam", "config": {"lr": 0.001, "beta_1": 0.8999999761581421, "decay": 0.0}}
    assert compared(model({"optimizer_config": old}, "2.2.5"), model({"optimizer": "adam"}, "3.15.1")) == ()


@pytest.mark.parametrize(
    ("archive", "legacy"),
    [
        ({"optimizer": "adam"}, {"optimizer_config": {**STATED, "config": {**ADAM, "learning_rate": 0.002}}}),
        ({"optimizer": "adam"}, {"optimizer_config": {**STATED, "config": {**ADAM, "learning_rate": 0.0010000001}}}),
        ({"optimizer": "adam"}, {"optimizer_config": {**STATED, "config": {**ADAM, "amsgrad": True}}}),
        ({"optimizer": "adam"}, {"optimizer_config": {**STATED, "config": {**ADAM, "clipnorm": 1.0}}}),
        ({"optimizer": "sgd"}, {"optimizer_config": STATED}),
        ({"optimizer": "adam"}, {"loss": "mse"}),
        ({"metrics": ["mae"]}, {"metrics": [[wrapped("mae", "mean_squared_error")]]}),
        ({"metrics": ["mae"]}, {"metrics": [[wrapped("error", "mean_absolute_error")]]}),
        ({"metrics": ["acc"]}, {"metrics": [[wrapped("acc", "mean_squared_error")]]}),
        ({"metrics": ["mae"]}, {"metrics": [[wrapped("mae", "mean_absolute_error")], [wrapped("mae", "mean_absolute_error")]]}),
        ({"metrics": ["mae"]}, {}),
        ({"loss": "mse"}, {"loss": "mae"}),
        ({"loss": "mse"}, {"loss": {"class_name": "MeanSquaredError", "config": {"reduction": "sum", "name": "mean_squared_error"}}}),
        ({"loss": "huber"}, {"loss": {"class_name": "Huber", "config": {"name": "huber_loss", "delta": 0.5, "reduction": "auto"}}}),
        ({"loss": "mse", "run_eagerly": True}, {"loss": "mse"}),
    ],
)  # fmt: skip
def test_one_setting_changed_is_told(archive: Json, legacy: Json) -> None:
    one, other = model(archive), model(legacy)
    assert compared(one, other)
    assert compared(other, one)


def test_of_two_outputs_each_is_told() -> None:
    one = model({"loss": {"a": "mse", "b": "mae"}, "loss_weights": [1.0, 0.5]}, ends=2)
    other = model({"loss": {"a": "mse", "b": "mse"}, "loss_weights": [1.0, 0.25]}, ends=2)
    assert [(change.place, change.one, change.other) for change in compared(one, other)] == [
        ("loss.b", "mae", "mse"), ("loss_weights.b", 0.5, 0.25),
    ]  # fmt: skip


@pytest.mark.parametrize(("value", "told"), [(1, False), (2, True)])
def test_an_argument_that_one_release_does_not_write_is_told_where_it_has_a_meaning(value: int, told: bool) -> None:
    def one(**said: Json) -> Document:
        return document(functional(start(), after(layer("DepthwiseConv2D", name="d", kernel_size=3, **said), "in"), outputs=(("d", 0, 0),)))

    assert bool(compared(one(groups=value), one())) is told
    assert bool(compared(one(), one(groups=value))) is told


def test_other_outputs_and_other_keywords_of_a_call_are_told() -> None:
    plain = model({}, ends=2)
    config: Any = copy.deepcopy(plain.config)
    config["config"]["output_layers"].reverse()
    changed = plain.replacing({**plain.parts, "config": config})
    assert [change.place for change in compared(plain, changed)] == ["outputs"]
    config = copy.deepcopy(plain.config)
    config["config"]["layers"][1]["inbound_nodes"] = [[["x", 0, 0, {"training": True}]]]
    assert [change.place for change in compared(plain, plain.replacing({**plain.parts, "config": config}))] == ["a: calls"]


def test_keras_3_names_a_metric_by_the_text_that_stands_for_it() -> None:
    """Run in 3.0.5 and 3.15.1: ``history`` has a MeanAbsoluteError there, and a mean_absolute_error here."""
    one, other = model({"metrics": ["MeanAbsoluteError"]}, "3.15.1"), model({"metrics": ["mean_absolute_error"]}, "3.15.1")
    assert [change.place for change in compared(one, other)] == ["metrics.0.config.name"]


@pytest.mark.parametrize("release", ["2.15.0", "3.0.5", "3.15.1"])
def test_a_schedule_without_its_usual_name_is_the_same(release: str) -> None:
    def trained(**said: Json) -> Document:
        config = {"initial_learning_rate": 0.01, "decay_steps": 1000, "decay_rate": 0.9, **said}
        rate = {"module": "keras.optimizers.schedules", "class_name": "ExponentialDecay", "config": config, "registered_name": None}
        return model({"optimizer": {"class_name": "SGD", "config": {"learning_rate": rate}}}, release)

    for usual in (None, "ExponentialDecay"):  # Keras 2 writes a null, and Keras 3 a text
        assert compared(trained(), trained(name=usual, staircase=False)) == ()
    assert compared(trained(), trained(staircase=True))
    assert compared(trained(), trained(decay_rate=0.8))
