"""K402: a stored function reads names that are not in the file."""

from __future__ import annotations

from stored_lambdas import crop

from kdoctor.target import Given, Target
from kdoctor.testing import examine, layer, model

INPUT = layer("InputLayer", name="in", batch_shape=[None, 4])
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


def test_a_module_under_another_name_is_what_it_was_imported_from() -> None:
    named = model(INPUT, crop("lambda x: relu(B.abs(x))"))
    (finding,) = examine("K402", named)
    assert "B.abs (if B is a module, it is what it was imported from: B=keras.backend)" in finding.message
    given = Given(bindings={"B": "tensorflow.keras.backend", "relu": "tensorflow.nn.relu"})
    assert examine("K402", named, Target("3.15.1", given=given)) == []
    (cured,) = examine("K401", named, Target("3.15.1", given=given))
    assert cured.repair is not None
    assert cured.repair.edits


def test_a_text_is_no_module_unless_something_is_read_from_it() -> None:
    (finding,) = examine("K401", model(INPUT, crop("lambda x: x * B")), Target("3.15.1", given=Given(bindings={"B": "keras.backend"})))
    assert finding.repair is None or not finding.repair.edits


def test_what_python_has_and_nobody_follows_is_not_asked_for() -> None:
    (finding,) = examine("K401", model(INPUT, crop("lambda x: x * hash(3)")))
    assert "hash() of Python, which is not followed" in finding.message
    assert finding.needs == ()
