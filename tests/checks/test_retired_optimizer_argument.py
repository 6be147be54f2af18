"""K504: an optimizer in the words of an earlier Keras."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import keras
import numpy
import pytest
from graphs import cured
from kdoctor.checks._compile_arguments import TAKEN
from rewriting import with_config
from typer.testing import CliRunner

from kdoctor.check import Safety, Severity
from kdoctor.cli.app import app
from kdoctor.document import Document, Format
from kdoctor.target import Target
from kdoctor.testing import document, examine, find_check, layer, sequential


def h5(class_name: str = "Adam", **config: Any) -> Document:
    optimizer = {"class_name": class_name, "config": config}
    return document(sequential(layer("Dense")), format=Format.H5_MODEL, training={"optimizer_config": optimizer})


def native(**optimizer: Any) -> Document:
    return document(sequential(layer("Dense")), training={"optimizer": {"config": {"learning_rate": 0.1}, **optimizer}})


@pytest.mark.parametrize(
    ("config", "healthy"),
    [
        ({"lr": 0.1}, {"learning_rate": 0.1}),
        ({"lr": 0.1, "learning_rate": 0.2}, {"learning_rate": 0.2}),
        ({"learning_rate": 0.1, "jit_compile": True}, {"learning_rate": 0.1}),
        ({"learning_rate": 0.1, "is_legacy_optimizer": False}, {"learning_rate": 0.1}),
    ],
)
def test_what_keras_2_said_is_said_in_todays_words_or_left_out(config: dict[str, Any], healthy: dict[str, Any]) -> None:
    sick = h5(**config)
    (finding,) = examine("K504", sick)
    assert str(finding.keras_says).startswith("ValueError: Argument(s) not recognized: {")
    healed = cured(sick, finding)
    assert healed.training["optimizer_config"]["config"] == healthy
    assert examine("K504", healed) == []


def test_an_argument_with_a_meaning_is_reported_but_kept() -> None:
    (finding,) = examine("K504", h5(odd=2))
    assert finding.message == "the optimizer Adam of Keras 3.15.1 takes no argument 'odd' (here 2)"
    assert finding.repair is None


@pytest.mark.parametrize(
    ("config", "says"),
    [({}, "KeyError: 'name'"), ({"name": "mine"}, "ValueError: Could not interpret optimizer identifier: mine")],
)
def test_a_registered_name_in_an_h5_without_one_to_fall_back_to_is_written_as_the_class(config: dict[str, Any], says: str) -> None:
    sick = h5("Custom>AdamW", learning_rate=0.1, **config)
    (finding,) = examine("K504", sick)
    assert (finding.mild, finding.keras_says) == (False, says)
    healed = cured(sick, finding)
    assert healed.training["optimizer_config"]["class_name"] == "AdamW"
    assert examine("K504", healed) == []


def test_a_schedule_in_an_h5_is_told_its_module() -> None:
    settings = {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.9, "staircase": False}
    sick = h5("Adam", learning_rate={"class_name": "ExponentialDecay", "config": {**settings, "name": None}})
    (finding,) = examine("K504", sick)
    assert finding.keras_says == "TypeError: Could not locate class 'ExponentialDecay'."
    healed = cured(sick, finding)
    written = healed.training["optimizer_config"]["config"]["learning_rate"]
    assert written == {
        "module": "keras.optimizers.schedules",
        "class_name": "ExponentialDecay",
        "config": settings,
        "registered_name": None,
    }
    assert examine("K504", healed) == []
    assert examine("K504", sick, Target("2.15.0")) == []
    assert examine("K504", h5("Adam", learning_rate={"class_name": "Mine", "config": {}})) == []  # K506


def test_the_optimizer_that_another_one_holds_is_told_its_module() -> None:
    sick = h5("LossScaleOptimizer", inner_optimizer={"class_name": "Adam", "config": {"learning_rate": 0.1}})
    (finding,) = examine("K504", sick)
    assert finding.keras_says == "TypeError: Could not locate class 'Adam'."
    healed = cured(sick, finding)
    assert healed.training["optimizer_config"]["config"]["inner_optimizer"]["module"] == "keras.optimizers"
    assert examine("K504", healed) == []


@pytest.mark.parametrize("format", [Format.KERAS_ZIP, Format.H5_MODEL])
@pytest.mark.parametrize("release", ["3.0.5", "3.9.2", "3.15.1"])
def test_what_another_one_holds_of_the_legacy_module_is_written_as_todays_with_its_settings(format: Format, release: str) -> None:
    """As Keras 2.15 stores ``LossScaleOptimizer(legacy.Adam(1))``, which it makes by itself under mixed precision."""
    held = {
        "module": "keras.optimizers.legacy",
        "class_name": "Adam",
        "config": {"learning_rate": 1, "decay": 0.0},
        "registered_name": None,
    }
    outer = {"module": "keras.optimizers", "class_name": "LossScaleOptimizer", "config": {"inner_optimizer": held}, "registered_name": None}
    key, target = "optimizer" if format.native else "optimizer_config", Target(release)
    sick = document(sequential(layer("Dense")), format=format, training={key: outer, "loss": "mse"})
    (finding,) = examine("K504", sick, target)
    assert "keras.optimizers.legacy" in finding.message
    told = cured(sick, finding)
    (finding,) = examine("K504", told, target)
    assert finding.at.keys[-1] == "learning_rate"
    healed = cured(told, finding)
    inner = healed.training[key]["config"]["inner_optimizer"]
    assert (inner["module"], inner["config"]) == ("keras.optimizers", {"learning_rate": 1.0, "decay": 0.0})
    assert examine("K504", healed, target) == []


@pytest.mark.parametrize("release", ["3.0.5", "3.9.2", "3.15.1"])
def test_an_optimizer_of_the_legacy_module_is_todays_in_every_keras_3(release: str) -> None:
    """Seen in 3.0.5, which finds a class there: "Unable to reconstruct an instance of 'Adam' because the class is missing a `from_config()` method"."""
    sick, target = native(module="keras.optimizers.legacy", class_name="Adam", registered_name=None), Target(release)
    (finding,) = examine("K504", sick, target)
    healed = cured(sick, finding)
    assert (healed.training["optimizer"]["module"], examine("K504", healed, target)) == ("keras.optimizers", [])


def test_the_schedule_of_nadams_momentum_goes_and_asks_first_where_training_is_wanted() -> None:
    sick = h5("Nadam", learning_rate=0.1, schedule_decay=0.004)
    (finding,) = examine("K504", sick)
    assert finding.repair is not None
    assert (finding.repair.safety, examine("K504", cured(sick, finding))) == (Safety.SAFE, [])
    (finding,) = examine("K504", sick, Target("3.15.1", purpose="training"))
    assert finding.repair is not None
    assert finding.repair.safety is Safety.UNSAFE


def test_a_registered_name_in_an_h5_costs_the_settings_only() -> None:
    (finding,) = examine("K504", h5("Custom>Adam", name="Adam", learning_rate=0.1))
    assert find_check("K504").severity_of(finding) is Severity.WARNING
    assert finding.repair is None
    assert finding.message.endswith("comes back with default settings")


def test_the_legacy_module_in_an_archive_is_replaced() -> None:
    sick = native(module="keras.optimizers.legacy", class_name="Adam", registered_name="Custom>Adam")
    (finding,) = examine("K504", sick)
    assert find_check("K504").severity_of(finding) is Severity.ERROR
    healed = cured(sick, finding)
    assert (healed.training["optimizer"]["module"], healed.training["optimizer"]["registered_name"]) == ("keras.optimizers", None)
    assert examine("K504", healed) == []


def test_todays_arguments_and_an_ignored_one_are_healthy() -> None:
    assert examine("K504", h5(learning_rate=0.1, beta_1=0.9, decay=0.0)) == []  # decay: a warning of Keras, no more
    assert examine("K504", native(module="keras.optimizers", class_name="Adam", registered_name=None)) == []


def test_an_optimizer_of_the_users_own_is_not_judged() -> None:
    assert examine("K504", h5("Mine", lr=0.1)) == []
    assert examine("K504", h5("Adam", lr=0.1), Target("3.15.1", custom=frozenset({"Adam"}))) == []


@pytest.mark.parametrize(
    ("name", "release", "called", "found"),
    [
        ("Lamb", "3.15.1", "lamb", True),
        ("Lamb", "3.6.0", "lamb", True),
        ("Muon", "3.12.0", "muon", True),
        ("Muon", "3.15.1", "muon", False),
        ("Adam", "3.15.1", "mine", False),
    ],
)
def test_an_optimizer_that_is_not_in_the_table_of_the_h5_reader_is_cured_in_an_archive(
    name: str, release: str, called: str, found: bool
) -> None:
    sick = document(
        sequential(layer("Dense")), format=Format.H5_MODEL, training={"optimizer_config": {"class_name": name, "config": {"name": called}}}
    )
    findings = examine("K504", sick, Target(release))
    assert [finding.repair is not None and finding.repair.native for finding in findings] == [True] * found


def test_an_optimizer_outside_the_table_with_the_name_of_another_is_taken_for_that_one() -> None:
    training = {"optimizer_config": {"class_name": "Lamb", "config": {"name": "adam"}}}
    (finding,) = examine("K504", document(sequential(layer("Dense")), format=Format.H5_MODEL, training=training))
    assert finding.mild
    assert "takes Adam for it" in finding.message


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file", "ignore:__array__ implementation")
def test_an_h5_that_was_trained_with_lamb_is_written_as_an_archive_with_its_state(tmp_path: Path) -> None:
    path, out = tmp_path / "model.h5", tmp_path / "cured.keras"
    trained = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    trained.compile(keras.optimizers.Lamb(0.01), "mean_squared_error")
    trained.fit(numpy.ones((4, 2)), numpy.ones((4, 1)), verbose=0)
    trained.save(path)
    with pytest.raises(ValueError, match="Could not interpret optimizer identifier: lamb"):
        keras.saving.load_model(path)
    assert CliRunner().invoke(app, ["fix", str(path), "-o", str(out)]).exit_code == 0
    loaded = keras.saving.load_model(out)
    assert isinstance(loaded.optimizer, keras.optimizers.Lamb)
    for kept, saved in zip(loaded.optimizer.variables, trained.optimizer.variables, strict=True):
        assert numpy.allclose(kept, saved)
    assert numpy.allclose(loaded(numpy.ones((1, 2))), trained(numpy.ones((1, 2))))


@pytest.mark.filterwarnings("ignore:__array__ implementation")  # of Keras, when it saves
def test_an_argument_that_compile_does_not_take_is_left_out(tmp_path: Path) -> None:
    trained = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    trained.compile("sgd", "mean_squared_error")
    trained.save(path := tmp_path / "model.keras")

    def told(config: Any) -> None:
        assert set(config["compile_config"]) <= TAKEN
        config["compile_config"]["optimizer_weights"] = None

    with_config(path, path, told)
    with pytest.raises(TypeError, match=r"compile\(\) got an unexpected keyword argument 'optimizer_weights'"):
        keras.saving.load_model(path)
    assert CliRunner().invoke(app, ["fix", str(path), "-o", str(tmp_path / "cured.keras")]).exit_code == 0
    assert keras.saving.load_model(tmp_path / "cured.keras").loss == "mean_squared_error"


def test_compile_of_this_keras_takes_what_the_table_says() -> None:
    assert set(inspect.signature(keras.Model.compile).parameters) - {"self"} == TAKEN


def test_a_compile_of_the_authors_own_may_take_more() -> None:
    mine = {"class_name": "Mine", "module": "mine", "config": {}, "registered_name": "mine>Mine"}
    assert examine("K504", document(mine, training={"optimizer": "sgd", "more": 1})) == []
    (finding,) = examine("K504", document(sequential(layer("Dense")), training={"optimizer": "sgd", "more": 1}))
    assert finding.at.json == "/more"
    assert examine("K504", document(sequential(layer("Dense")), format=Format.H5_MODEL, training={"more": 1})) == []


def scaling(class_name: str, *, dynamic: bool, **around: Any) -> dict[str, Any]:
    """As tf_keras 2.19 and TF 2.11 write it around the optimizer of a model in mixed precision."""
    inner = {"module": "keras.optimizers", "class_name": "SGD", "config": {"name": "SGD", "learning_rate": 0.5}, "registered_name": None}
    settings = {"inner_optimizer": inner, "dynamic": dynamic, "initial_scale": 4.0, "dynamic_growth_steps": 2000 if dynamic else None}
    return {"class_name": class_name, "config": settings, **around}


ARCHIVED = {"module": "tf_keras.src.mixed_precision.loss_scale_optimizer", "registered_name": "LossScaleOptimizerV3"}


@pytest.mark.parametrize("class_name", ["LossScaleOptimizer", "LossScaleOptimizerV3"])
@pytest.mark.parametrize("archived", [False, True])
@pytest.mark.parametrize("dynamic", [False, True])
def test_an_optimizer_that_scales_the_loss_is_one_of_keras_3(class_name: str, archived: bool, dynamic: bool) -> None:
    stated = scaling(class_name, dynamic=dynamic, **(ARCHIVED if archived else {}))
    key = "optimizer" if archived else "optimizer_config"
    form = Format.KERAS_ZIP if archived else Format.H5_MODEL
    sick = document(sequential(layer("Dense")), format=form, training={key: stated})
    for finding in examine("K504", sick):
        sick = cured(sick, finding)
    assert examine("K504", sick) == []
    assert examine("K506", sick) == []
    made = keras.optimizers.deserialize(sick.training[key])
    if dynamic:
        assert isinstance(made, keras.optimizers.LossScaleOptimizer)
        assert (float(made.inner_optimizer.learning_rate), made.initial_scale) == (0.5, 4.0)
    else:
        assert isinstance(made, keras.optimizers.SGD)
        assert (float(made.learning_rate), made.loss_scale_factor) == (0.5, 4.0)


def test_a_fixed_scale_that_is_no_number_has_no_cure_and_keras_2_takes_it() -> None:
    stated = scaling("LossScaleOptimizer", dynamic=False)
    stated["config"]["initial_scale"] = None
    sick = document(sequential(layer("Dense")), format=Format.H5_MODEL, training={"optimizer_config": stated})
    (finding,) = examine("K504", sick)
    assert finding.repair is None
    assert "scales the loss by one number" in finding.message
    assert all("scales the loss" not in finding.message for finding in examine("K504", sick, Target("2.15.0")))


def test_a_schedule_of_the_optimizer_that_a_loss_scale_optimizer_holds_gets_its_module() -> None:
    """As TF 2.4 writes it; 3.15.1: LossScaleOptimizer could not be deserialized properly."""
    settings = {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.9, "staircase": False, "name": None}
    stated = scaling("LossScaleOptimizer", dynamic=True)
    stated["config"]["inner_optimizer"] = {
        "class_name": "SGD", "config": {"name": "SGD", "learning_rate": {"class_name": "ExponentialDecay", "config": settings}},
    }  # fmt: skip
    sick = document(sequential(layer("Dense")), format=Format.H5_MODEL, training={"optimizer_config": stated})
    while found := [finding for finding in examine("K504", sick) if finding.repair is not None]:
        sick = cured(sick, found[0])
    made = keras.optimizers.deserialize(sick.training["optimizer_config"])
    assert float(made.inner_optimizer.learning_rate) == pytest.approx(0.1)


def test_an_optimizer_gets_the_module_in_which_the_target_has_it() -> None:
    """Keras 2.12 names its LossScaleOptimizerV3 in no public module, and finds the class where it stands (looked up in 2.12.0)."""
    inner = {"module": "keras.optimizers", "class_name": "SGD", "config": {"learning_rate": 0.1}, "registered_name": None}
    stored = native(module="keras.src.mixed_precision.loss_scale_optimizer", class_name="LossScaleOptimizerV3", registered_name=None)
    stored = stored.replacing(
        {**stored.parts, "training": {"optimizer": {**stored.training["optimizer"], "config": {"inner_optimizer": inner}}}}
    )
    (finding,) = examine("K504", stored, Target("2.12.0"))
    assert cured(stored, finding).training["optimizer"]["module"] == "keras.mixed_precision.loss_scale_optimizer"


def test_keras_2_before_2_11_finds_no_optimizer_by_its_registered_name() -> None:
    """Files of 2.15 were cured and loaded in TensorFlow 2.3, 2.4 and 2.9."""
    sick, target = h5("Custom>Adam", name="Adam", learning_rate=0.1), Target("2.4.0", family="tf.keras")
    (finding,) = examine("K504", sick, target)
    assert (finding.mild, finding.keras_says) == (False, "ValueError: Unknown optimizer: Custom>Adam")
    assert examine("K504", cured(sick, finding), target) == []
