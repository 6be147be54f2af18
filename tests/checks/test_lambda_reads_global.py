"""K402: a stored function reads names that are not in the file."""

from __future__ import annotations

from stored_lambdas import crop

from kdoctor.target import Given, Target
from kdoctor.testing import examine, model

SEED = model(crop("lambda x: x[:, -CONV_WIDTH:, :]"))


def test_a_value_of_the_script_around_is_named_and_asked_for() -> None:
    (finding,) = examine("K402", SEED)
    assert finding.message == "Lambda 'crop' reads CONV_WIDTH: not in the file"
    assert [(need.flag, need.name) for need in finding.needs] == [("--bind", "CONV_WIDTH")]
    assert finding.keras_says == "NameError: name 'CONV_WIDTH' is not defined"
    assert finding.repair is None


def test_every_use_is_marked_in_the_source() -> None:
    (finding,) = examine("K402", model(crop("lambda x: x[:WIDTH, WIDTH:]")))
    assert finding.excerpt is not None
    assert [finding.excerpt.text[start:end] for start, end in finding.excerpt.marks] == ["WIDTH", "WIDTH"]


def test_a_value_that_the_user_gives_is_not_missing() -> None:
    assert examine("K402", SEED, Target("3.15.1", given=Given(bindings={"CONV_WIDTH": 3}))) == []


def test_a_module_is_known_by_its_usual_name_and_not_asked_for() -> None:
    (finding,) = examine("K402", model(crop("lambda x: tf.nn.relu(x) * SCALE")))
    assert "tf.nn.relu (the module tensorflow), SCALE" in finding.message
    assert [need.name for need in finding.needs] == ["SCALE"]


def test_builtins_arguments_and_captured_variables_are_no_globals() -> None:
    assert examine("K402", model(crop("lambda x: len(x) * abs(factor)", captured="factor", closure=[2]))) == []
