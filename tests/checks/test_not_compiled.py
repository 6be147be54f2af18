"""K501: no training state is in the file."""

from __future__ import annotations

from dataclasses import replace

import pytest
from graphs import cured

from kdoctor.document import Document, Format
from kdoctor.edit import apply
from kdoctor.target import Given, StateWish, Target, Training
from kdoctor.testing import KERAS_3, document, examine, find_check, layer, model, sequential

GIVEN = Given(training=Training("Adam", {"learning_rate": 0.001}, "MeanSquaredError", ("MeanAbsoluteError",)))
MODEL = sequential(layer("Dense"))


def severity(sick: Document, target: Target = KERAS_3) -> str:
    (finding,) = examine("K501", sick, target)
    return str(find_check("K501").severity_of(finding))


def test_for_inference_nothing_is_missing_and_for_training_everything_is() -> None:
    assert severity(document(MODEL)) == "warning"
    assert severity(document(MODEL), Target("3.15.1", purpose="training")) == "error"


@pytest.mark.parametrize(
    ("format", "keras_says"),
    [(Format.KERAS_ZIP, "You must call `compile()` before using the model."), (Format.H5_MODEL, "No training configuration found")],
)
def test_without_a_wish_the_user_is_asked_how_to_compile(format: Format, keras_says: str) -> None:
    (finding,) = examine("K501", document(MODEL, format=format))
    assert finding.repair is None
    assert [need.flag for need in finding.needs] == ["--compile"]
    assert keras_says in str(finding.keras_says)


@pytest.mark.parametrize("format", [Format.KERAS_ZIP, Format.KERAS_DIR, Format.H5_MODEL])
def test_the_training_state_that_the_user_gives_is_written(format: Format) -> None:
    sick, target = document(MODEL, format=format), Target("3.15.1", given=GIVEN)
    (finding,) = examine("K501", sick, target)
    assert finding.repair is not None
    cured = apply(sick, finding.repair.edits)
    optimizer = cured.training["optimizer" if format.native else "optimizer_config"]
    assert (optimizer["class_name"], optimizer["config"]) == ("Adam", {"learning_rate": 0.001})
    assert examine("K501", cured, target) == []


def test_optimizer_state_left_behind_is_told() -> None:
    (finding,) = examine("K501", document(MODEL, weights={"optimizer/vars/0": ()}))
    assert finding.message.endswith("optimizer state was left behind")


def test_a_compiled_model_and_what_is_no_model_are_left_alone() -> None:
    assert examine("K501", document(MODEL, training={"optimizer": "adam"})) == []
    assert examine("K501", document(format=Format.H5_WEIGHTS)) == []
    assert examine("K501", document(format=Format.KERAS_ZIP)) == []


@pytest.mark.parametrize("format", [Format.KERAS_ZIP, Format.H5_MODEL])
def test_what_the_user_says_stands_in_the_place_of_what_the_file_says(format: Format) -> None:
    key, path = ("optimizer", "optimizer/vars/1") if format.native else ("optimizer_config", "optimizer_weights/sgd/learning_rate:0")
    stored = {key: {"class_name": "SGD", "config": {"learning_rate": 0.5}}, "loss": "mse"}
    sick, target = document(MODEL, format=format, training=stored, weights={path: ()}), Target("3.15.1", given=GIVEN)
    (finding,) = examine("K501", sick, target)
    assert finding.message == "the file says itself how it was trained, and you say otherwise"
    assert finding.repair is not None
    assert "what the optimizer had learned goes" in finding.repair.title
    healed = cured(sick, finding)
    assert (healed.training[key]["class_name"], healed.training[key]["config"]) == ("Adam", {"learning_rate": 0.001})
    assert examine("K501", healed, target) == []
    kept = healed.weights.get(path)  # or else the rate of the other optimizer would come back with its state
    assert kept is None if format is Format.H5_MODEL else kept is not None and kept.recipe is not None
    kept_on_purpose = Target("3.15.1", given=replace(GIVEN, state=StateWish.KEEP))
    assert cured(sick, examine("K501", sick, kept_on_purpose)[0]).weights == sick.weights


def test_an_archive_gets_the_counters_of_an_optimizer_that_has_not_taken_a_step() -> None:
    """As Keras writes them; without any, K503 says that a state is lost which there never was."""
    sick, target = document(MODEL, attributes={"/": {}}), Target("3.15.1", given=GIVEN)
    (finding,) = examine("K501", sick, target)
    assert finding.repair is not None
    healthy = apply(sick, finding.repair.edits)
    assert [*healthy.weights] == ["optimizer/vars/0", "optimizer/vars/1"]
    assert "learned" not in finding.repair.title
    (older,) = examine("K501", sick, Target("2.15.0", given=GIVEN))  # which has no rate among them: "Skipping variable loading" otherwise
    assert older.repair is not None
    assert [*apply(sick, older.repair.edits).weights] == ["optimizer/vars/0"]
    assert examine("K503", healthy, target) == []


def test_what_another_check_adds_for_an_old_release_is_nothing_else_than_was_said() -> None:
    """Keras up to 2.3 wants a null there (K507), which the two took out and wrote again by turns."""
    sick, target = document(MODEL, format=Format.H5_MODEL), Target("2.2.5", given=GIVEN)
    (finding,) = examine("K501", sick, target)
    healed = cured(sick, finding)
    added = cured(healed, *examine("K507", healed, target))
    assert added.training["sample_weight_mode"] is None
    assert examine("K501", added, target) == []


def test_in_an_h5_of_keras_2_a_list_of_metrics_is_that_of_each_output() -> None:
    """Run in 2.2.5, which takes no list in it ("Could not interpret metric function identifier"), and in 2.4."""
    both = model(layer("InputLayer", name="x", batch_shape=[None, 3]), layer("Dense", name="a", units=1), layer("Dense", name="b", units=1))
    two = {**both.config, "config": {**both.config["config"], "output_layers": [["a", 0, 0], ["b", 0, 0]]}}
    sick = document(MODEL, format=Format.H5_MODEL)
    sick = sick.replacing({**sick.parts, "config": two})
    flat, nested = (
        cured(sick, examine("K501", sick, Target(release, given=GIVEN))[0]).training["metrics"] for release in ("2.4.0", "3.15.1")
    )
    made = {"class_name": "MeanAbsoluteError", "config": {"name": "MeanAbsoluteError", "dtype": "float32"}}
    assert (flat, nested) == (["MeanAbsoluteError"], [[made], [made]])
