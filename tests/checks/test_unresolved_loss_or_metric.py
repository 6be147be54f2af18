"""K502: a loss or metric of Keras that the training state names in words of another release."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from textwrap import dedent
from typing import Any

import h5py
import keras
import pytest
from graphs import cured
from typer.testing import CliRunner

from kdoctor.cli.app import app
from kdoctor.document import Document, Format
from kdoctor.edit import apply
from kdoctor.target import Given, Target
from kdoctor.testing import document, examine, layer, sequential
from kdoctor.user_code.reading import definitions


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


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("cosine_proximity", keras.metrics.CosineSimilarity),
        ("logcosh", keras.metrics.LogCoshError),
        ("kullback_leibler_divergence", keras.metrics.KLDivergence),
    ],
)
def test_a_metric_under_a_name_of_keras_2_is_the_class_that_computes_the_same(name: str, kind: type) -> None:
    sick = document(sequential(layer("Dense")), metadata={"keras_version": "2.15.0"}, training={"metrics": [name]})
    (finding,) = examine("K502", sick, Target(keras.__version__, purpose="training"))
    assert not finding.mild
    (made,) = cured(sick, finding).training["metrics"]
    metric = keras.saving.deserialize_keras_object(made)
    assert (type(metric), metric.name) == (kind, name)
    assert examine("K506", sick) == []
    assert examine("K502", document(sequential(layer("Dense")), metadata={"keras_version": "2.2.4"}, training={"metrics": [name]})) == []


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


WRAPPED = {"class_name": "MeanMetricWrapper", "config": {"name": "rmse", "dtype": "float32", "fn": "rmse"}}


def test_a_metric_function_that_is_given_is_not_taken_for_the_name_of_its_wrapper() -> None:
    given = Target("3.15.1", custom=frozenset({"rmse"}))
    sick = document(sequential(layer("Dense")), format=Format.H5_MODEL, training={"metrics": [[WRAPPED]]})
    (finding,) = examine("K502", sick, given)
    assert finding.repair is not None
    healed = apply(sick, finding.repair.edits)
    assert healed.training["metrics"] == [["rmse"]]
    assert examine("K502", healed, given) == []


@pytest.mark.filterwarnings("ignore:__array__ implementation")  # of Keras, when it saves
def test_keras_reads_the_metric_by_its_name_alone(tmp_path: Path) -> None:
    def rmse(true: Any, guessed: Any) -> Any:
        return keras.ops.mean(keras.ops.abs(true - guessed))

    path, out, source = tmp_path / "model.h5", tmp_path / "cured.h5", tmp_path / "mine.py"
    source.write_text("def rmse(true, guessed): ...")
    trained = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    trained.compile("adam", "mean_squared_error", metrics=[rmse])
    trained.save(path)
    with h5py.File(path, "r+") as file:
        training = json.loads(file.attrs["training_config"])
        file.attrs["training_config"] = json.dumps({**training, "metrics": [[WRAPPED]]})
    with pytest.raises(AttributeError, match="replace"):
        keras.saving.load_model(path, custom_objects={"rmse": rmse})
    assert CliRunner().invoke(app, ["fix", str(path), "-o", str(out), "--custom", str(source)]).exit_code == 0
    assert keras.saving.load_model(out, custom_objects={"rmse": rmse}).compiled


MINE = """
    class Mine(keras.losses.Loss):
        def __init__(self, gamma=1.0, **kwargs):
            super().__init__(**kwargs)
"""


def test_a_loss_whose_source_is_given_gets_the_word_of_today_for_its_reduction() -> None:
    code = {one.name: one for one in definitions(ast.parse(dedent(MINE)), "train", "train.py")}
    given = Target("3.15.1", custom=frozenset({"Mine"}), given=Given(code=code))
    loss = {"class_name": "Mine", "config": {"reduction": "auto", "name": "mine", "gamma": 2.0}}
    sick = document(sequential(layer("Dense")), format=Format.H5_MODEL, training={"loss": loss})
    (finding,) = examine("K502", sick, given)
    assert finding.repair is not None
    assert examine("K502", apply(sick, finding.repair.edits), given) == []
    assert examine("K502", sick, Target("3.15.1", custom=frozenset({"Mine"}))) == []  # who knows what it takes


def test_a_loss_as_a_metric_gets_the_word_of_today_for_its_reduction() -> None:
    sick = native(metrics=[{"module": "keras.losses", **loss(reduction="auto", name="mine"), "registered_name": None}])
    (finding,) = examine("K502", sick)
    assert cured(sick, finding).training["metrics"][0]["config"]["reduction"] == "sum_over_batch_size"


def test_a_loss_as_a_metric_of_an_h5_says_its_module_within_the_wrapper() -> None:
    fn = {**loss(reduction="auto", name="mine", fn="mean_squared_error"), "__passive_serialization__": True}
    sick = h5(metrics=[[{"class_name": "MeanMetricWrapper", "config": {"name": "mine", "dtype": "float32", "fn": fn}}]])
    healed = sick
    while found := examine("K502", healed):
        healed = cured(healed, found[0])
    assert examine("K502", healed) == []
    metric = keras.metrics.deserialize(healed.training["metrics"][0][0])
    assert float(metric([[1.0]], [[3.0]])) == 4.0


@pytest.mark.parametrize(
    ("old", "new"), [("huber_loss", "huber"), ("logcosh", "log_cosh"), ("kullback_leibler_divergence", "kl_divergence")]
)
def test_a_loss_under_a_name_of_keras_2_is_the_one_that_computes_the_same(old: str, new: str) -> None:
    for sick, mild in ((h5(loss=old), False), (native(loss=old), True), (native(loss={"a": old}), True)):
        (finding,) = examine("K502", sick)
        assert (finding.mild, examine("K506", sick)) == (mild, [])
        healed = cured(sick, finding)
        assert healed.training["loss"] in (new, {"a": new})
        assert examine("K502", healed) == []
    assert callable(keras.losses.get(new))


@pytest.mark.parametrize(
    ("units", "loss", "right"),
    [
        (1, "binary_crossentropy", keras.metrics.BinaryCrossentropy),
        (3, "categorical_crossentropy", keras.metrics.CategoricalCrossentropy),
        (3, "sparse_categorical_crossentropy", keras.metrics.SparseCategoricalCrossentropy),
        (3, "my_loss", None),
    ],
)
def test_a_crossentropy_that_keras_2_chose_is_the_one_that_model_and_loss_tell(units: int, loss: str, right: type | None) -> None:
    stack = sequential(layer("InputLayer", batch_shape=[None, 4]), layer("Dense", units=units))
    sick = document(stack, metadata={"keras_version": "2.15.0"}, training={"loss": loss, "metrics": ["ce"]})
    found = examine("K502", sick)
    assert len(found) == (right is not None)
    for finding in found:
        metric = keras.saving.deserialize_keras_object(cured(sick, finding).training["metrics"][0])
        assert (type(metric), metric.name) == (right, "ce")


def test_a_reduction_in_an_h5_that_keras_3_does_not_read_is_passed_over() -> None:
    """Of a loss of the user's own, Keras 3 takes the name alone: K506 tells what becomes of it."""
    mine = {"class_name": "Mine", "config": {"name": None, "reduction": "auto"}}
    assert examine("K502", h5(loss=mine)) == []
    (finding,) = examine("K502", h5(loss={**mine, "class_name": "MeanSquaredError"}))
    assert finding.at.json == "/loss/config/reduction"


@pytest.mark.parametrize("release", ["2.4.0", "2.11.0", "2.15.0"])
def test_the_divergence_goes_by_the_name_that_keras_2_finds_among_its_metrics(release: str) -> None:
    sick = h5(metrics=[[{"class_name": "MeanMetricWrapper", "config": {"name": "x", "dtype": "float32", "fn": "kl_divergence"}}]])
    (finding,) = examine("K502", sick, Target(release))
    assert finding.keras_says == "ValueError: Unknown metric function: 'kl_divergence'"
    healed = cured(sick, finding)
    assert healed.training["metrics"][0][0]["config"]["fn"] == "kullback_leibler_divergence"
    assert examine("K502", healed, Target(release)) == []
