"""K506: a loss, metric or optimizer of the author's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import pytest
from graphs import cured
from typer.testing import CliRunner

from kdoctor.archive import open_document
from kdoctor.check import Finding, Severity
from kdoctor.cli.app import app
from kdoctor.document import ABSENT, Document, Format
from kdoctor.target import Target
from kdoctor.testing import document, examine, find_check, layer, sequential

RMSE = {"module": "builtins", "class_name": "function", "config": "rmse", "registered_name": "function"}
SCHEDULE = {"module": None, "class_name": "WarmUp", "config": {"base": 0.1}, "registered_name": "WarmUp"}
ADAM = {"module": "keras.optimizers", "class_name": "Adam", "config": {"name": "adam", "learning_rate": SCHEDULE}, "registered_name": None}
FOR_TRAINING = Target("3.15.1", purpose="training")
MINE = {"module": "mine", "class_name": "Mine", "config": {}, "registered_name": "mine>Mine"}


def wrapper(fn: Any) -> dict[str, Any]:
    return {"module": "keras.metrics", "class_name": "MeanMetricWrapper", "config": {"name": "q", "dtype": "float32", "fn": fn}}


def h5(**training: Any) -> Document:
    return document(sequential(layer("Dense")), format=Format.H5_MODEL, training=training)


def native(**training: Any) -> Document:
    return document(sequential(layer("Dense")), training=training)


def severity(finding: Finding) -> Severity:
    return find_check("K506").severity_of(finding)


@pytest.mark.parametrize(
    ("sick", "keras_says"),
    [
        (h5(loss="my_loss"), "TypeError: string indices must be integers"),
        (h5(loss={"class_name": "Mine", "config": {"name": "mine"}}), "ValueError: Could not interpret loss identifier: mine"),
        (h5(loss={"class_name": "Mine", "config": {}}), "KeyError: 'name'"),
        (h5(metrics=[{**MINE, "module": None}]), "TypeError: Cannot deserialize object of type `Mine`."),
        (h5(loss={"class_name": "function", "config": "my_loss"}), "KeyError: 'module'"),
        (h5(loss=RMSE), "TypeError: string indices must be integers"),
        (h5(metrics=[wrapper(RMSE)]), "TypeError: Could not locate function 'rmse'."),
        (h5(optimizer_config={"class_name": "Mine", "config": {}}), "ValueError: Unknown optimizer function: Mine"),
        (native(metrics=[RMSE]), "TypeError: Could not locate function 'rmse'."),
        (native(loss=MINE), "TypeError: Could not locate class 'Mine'."),
        (native(optimizer="mine"), "ValueError: Could not interpret optimizer identifier: mine"),
    ],
)
def test_what_blocks_loading_is_an_error_and_the_training_state_goes(sick: Document, keras_says: str) -> None:
    (finding,) = examine("K506", sick)
    assert severity(finding) is Severity.ERROR
    assert str(finding.keras_says).startswith(keras_says)
    healed = cured(sick, finding)
    assert healed.training is ABSENT
    assert examine("K506", healed) == []


@pytest.mark.parametrize(
    "sick",
    [
        h5(metrics=["rmse"]),
        native(metrics=["rmse"]),
        native(loss="my_loss"),
        h5(loss={"dense": "my_loss"}),
        h5(loss=[{"class_name": "Mine", "config": {"name": "mine"}}]),
        h5(metrics=[MINE]),
        h5(metrics=[RMSE]),
    ],
)
def test_a_plain_text_does_not_block_loading_and_is_kept(sick: Document) -> None:
    (finding,) = examine("K506", sick)
    assert (severity(finding), finding.repair) == (Severity.WARNING, None)


@pytest.mark.parametrize("sick", [h5(metrics=["rmse"]), native(loss="my_loss"), h5(metrics=[[wrapper("rmse")]])])
def test_a_name_that_fit_does_not_find_is_an_error_for_training(sick: Document) -> None:
    (finding,) = examine("K506", sick, FOR_TRAINING)
    assert (severity(finding), finding.repair) == (Severity.ERROR, None)
    assert severity(examine("K506", sick)[0]) is Severity.WARNING


@pytest.mark.parametrize(
    ("sick", "flag", "name"),
    [
        (h5(loss="my_loss"), "--custom", "my_loss"),
        (native(loss={**MINE, "class_name": "mine>Mine"}), "--custom", "Mine"),
        (native(optimizer={**ADAM, "config": {"learning_rate": SCHEDULE}}), "--custom", "WarmUp"),
        (native(metrics=["ce"]), "--compile", "optimizer=adam,loss=…,metrics=…"),
    ],
)
def test_for_training_nothing_is_left_out_and_the_code_is_asked_for(sick: Document, flag: str, name: str) -> None:
    (finding,) = examine("K506", sick, FOR_TRAINING)
    (need,) = finding.needs
    assert (severity(finding), finding.repair, need.flag, need.name) == (Severity.ERROR, None, flag, name)


def test_a_function_of_the_users_own_within_a_wrapper_blocks_loading_an_archive() -> None:
    sick = native(metrics=[wrapper(RMSE)])
    (finding,) = examine("K506", sick)
    assert (severity(finding), finding.at.json) == (Severity.ERROR, "/metrics/0/config/fn")
    assert cured(sick, finding).training is ABSENT
    assert examine("K506", sick, Target("3.15.1", custom=frozenset({"rmse"}))) == []
    assert examine("K506", native(metrics=[wrapper({**RMSE, "config": "huber"})])) == []


@pytest.mark.parametrize("fn", ["huber", "kl_divergence", "mean_absolute_error", "log_cosh"])
def test_a_function_of_keras_within_a_wrapper_is_none_of_the_users_own(fn: str) -> None:
    assert examine("K506", h5(metrics=[[wrapper(fn)]]), FOR_TRAINING) == []


def test_a_cross_entropy_that_the_file_does_not_tell_is_not_called_the_authors_own() -> None:
    (finding,) = examine("K506", native(metrics=["ce"]))
    assert str(finding.message).endswith("which the file does not tell")


def test_of_several_the_first_that_blocks_has_the_cure() -> None:
    found = examine("K506", native(loss="my_loss", metrics=[RMSE, MINE]))
    assert [finding.repair is not None for finding in found] == [False, True, False]
    assert [severity(finding) for finding in found] == [Severity.WARNING, Severity.ERROR, Severity.WARNING]


@pytest.mark.parametrize(
    ("name", "outcome"),
    [(None, "the model comes back without a loss"), ("mse", "the model comes back with Keras's own loss of the name 'mse'")],
)
def test_a_loss_that_stands_alone_in_an_h5_is_sought_by_its_name(name: str | None, outcome: str) -> None:
    sick = h5(loss={"class_name": "Mine", "config": {"name": name}})
    (finding,) = examine("K506", sick)
    assert (severity(finding), finding.message.rpartition("; ")[2]) == (Severity.WARNING, outcome)
    assert severity(examine("K506", sick, FOR_TRAINING)[0]) is Severity.ERROR
    assert severity(examine("K506", sick, Target("2.15.0"))[0]) is Severity.ERROR


class Own(keras.losses.Loss):  # type: ignore[misc]
    def call(self, y_true: Any, y_pred: Any) -> Any:
        return keras.ops.mean(keras.ops.abs(y_true - y_pred), axis=-1)


class Counted(keras.metrics.Metric):  # type: ignore[misc]
    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        pass

    def result(self) -> float:
        return 0.0


def own(y_true: Any, y_pred: Any) -> Any:
    return keras.ops.mean(keras.ops.abs(y_true - y_pred), axis=-1)


@pytest.mark.filterwarnings("ignore:__array__ implementation")  # of Keras, when it saves
@pytest.mark.parametrize(
    ("loss", "metrics", "loads"),
    [
        (own, None, False),
        ([own], None, True),
        ({"out": own}, None, True),
        (Own(), None, False),
        (Own(name="mse"), None, True),
        ([Own()], None, True),
        ({"out": Own()}, None, True),
        ("mean_squared_error", [own], True),
        ("mean_squared_error", [Counted()], True),
        ("mean_squared_error", {"out": [Counted(), own]}, True),
    ],
)
def test_keras_loads_an_h5_with_losses_of_the_users_own_as_told(tmp_path: Path, loss: Any, metrics: Any, loads: bool) -> None:
    trained = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="out")])
    trained.compile("sgd", loss, metrics=metrics)
    trained.save(path := tmp_path / "model.h5")
    sick = open_document(path)
    assert loads is all(severity(finding) is Severity.WARNING for finding in examine("K506", sick))
    assert examine("K506", sick) != [] == examine("K502", sick)
    if loads:
        assert keras.saving.load_model(path).count_params() == 3
    else:
        with pytest.raises((TypeError, ValueError), match=r"indices|identifier"):
            keras.saving.load_model(path)


def test_what_the_user_will_give_is_known() -> None:
    assert examine("K506", h5(loss="my_loss"), Target("3.15.1", custom=frozenset({"my_loss"}))) == []


def test_an_h5_falls_back_to_the_optimizer_that_the_config_names() -> None:
    assert examine("K506", h5(optimizer_config={"class_name": "Mine", "config": {"name": "Adam"}})) == []


def test_keras_own_names_short_ones_included_are_no_custom_objects() -> None:
    assert examine("K506", h5(loss="mse", metrics=["accuracy", "mae"], optimizer_config={"class_name": "Adam", "config": {}})) == []
    assert examine("K506", document(sequential(layer("Dense")))) == []


@pytest.mark.parametrize(
    "sick",
    [
        native(optimizer=ADAM, loss="mse"),
        h5(optimizer_config={"class_name": "Adam", "config": {"learning_rate": SCHEDULE}}),
        h5(optimizer_config={"class_name": "Adam", "config": {"learning_rate": {"class_name": "WarmUp", "config": {}}}}),
    ],
)
def test_a_learning_rate_schedule_of_the_users_own_blocks_loading(sick: Document) -> None:
    (finding,) = examine("K506", sick)
    assert severity(finding) is Severity.ERROR
    assert str(finding.keras_says).startswith("TypeError: Could not locate class 'WarmUp'.")
    assert cured(sick, finding).training is ABSENT
    assert examine("K506", sick, Target("3.15.1", custom=frozenset({"WarmUp"}))) == []


@pytest.mark.parametrize(
    ("form", "keras_says"), [(native, "TypeError: Cannot deserialize object of type"), (h5, "ValueError: Unknown decay: 'WarmUp'")]
)
def test_a_learning_rate_schedule_of_the_users_own_blocks_loading_in_keras_2(form: Callable[..., Document], keras_says: str) -> None:
    """Seen in 2.15.0; TensorFlow 2.3 to 2.11 say the latter."""
    sick = form(**{"optimizer" if form is native else "optimizer_config": ADAM})
    (finding,) = examine("K506", sick, Target("2.15.0"))
    assert (severity(finding), str(finding.keras_says).startswith(keras_says)) == (Severity.ERROR, True)
    assert cured(sick, finding).training is ABSENT
    assert examine("K506", sick, Target("2.15.0", custom=frozenset({"WarmUp"}))) == []
    known = {"module": "keras.optimizers.schedules", "class_name": "ExponentialDecay", "config": {}, "registered_name": None}
    healthy = form(**{"optimizer" if form is native else "optimizer_config": {**ADAM, "config": {"learning_rate": known}}})
    assert examine("K506", healthy, Target("2.15.0")) == []


def test_a_schedule_is_needed_beside_the_optimizer_that_is_given() -> None:
    sick = native(optimizer={**ADAM, "module": None, "class_name": "Mine", "registered_name": "Mine"})
    (finding,) = examine("K506", sick, Target("3.15.1", custom=frozenset({"Mine"})))
    assert (finding.at.json, cured(sick, finding).training) == ("/optimizer/config/learning_rate", ABSENT)


def test_an_h5_falls_back_to_no_optimizer_by_a_name_of_the_users_own() -> None:
    sick = h5(optimizer_config={"class_name": "Mine", "config": {"name": "mine"}})
    (finding,) = examine("K506", sick)
    assert finding.keras_says == "ValueError: Could not interpret optimizer identifier: mine"
    assert cured(sick, finding).training is ABSENT


@pytest.mark.filterwarnings("ignore:__array__ implementation")  # of Keras, when it saves
def test_keras_refuses_what_is_named_and_reads_what_is_cured(tmp_path: Path) -> None:
    class WarmUp(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
        def get_config(self) -> dict[str, float]:
            return {}

        def __call__(self, step: Any) -> float:
            return 0.1

    class Mine(keras.optimizers.Adam):  # type: ignore[misc]
        pass

    scaled, namesake = keras.optimizers.LossScaleOptimizer, type("Adam", (keras.optimizers.Adam,), {})
    trained = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    for optimizer in (keras.optimizers.Adam(WarmUp()), scaled(keras.optimizers.Adam(WarmUp())), scaled(Mine()), scaled(namesake())):
        trained.compile(optimizer, "mean_squared_error")
        for name in (f"{id(optimizer)}.keras", f"{id(optimizer)}.h5"):
            path, out = tmp_path / name, tmp_path / f"cured_{name}"
            trained.save(path)
            with pytest.raises(TypeError, match=r"WarmUp|could not be deserialized|Could not deserialize"):
                keras.saving.load_model(path)
            assert CliRunner().invoke(app, ["fix", str(path), "-o", str(out)]).exit_code == 0
            cured = keras.saving.load_model(out)
            assert (cured.count_params(), getattr(cured, "optimizer", None)) == (3, None)


def test_a_function_in_a_wrapper_keeps_an_h5_from_loading_in_keras_2_and_is_asked_for_where_it_shall_be_trained() -> None:
    """Two dozen names were held against what 2.15 loads, and 45 against what the readers of 2.4, 2.9 and 2.11 find."""
    sick = h5(metrics=[[wrapper("dice"), wrapper("categorical_accuracy")]])
    (finding,) = examine("K506", sick, Target("2.15.0"))
    assert finding.keras_says == "ValueError: Unknown metric function: dice"
    assert cured(sick, finding).training is ABSENT
    (finding,) = examine("K506", sick, Target("2.15.0", purpose="training"))
    assert [need.flag for need in finding.needs] == ["--custom"]
    assert examine("K506", sick, Target("2.15.0", custom=frozenset({"dice"}))) == []
