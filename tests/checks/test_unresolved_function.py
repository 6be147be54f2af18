"""K303: a function by name that the target does not know."""

from __future__ import annotations

from typing import Any

import pytest

from kdoctor.edit import apply
from kdoctor.target import Given, Target
from kdoctor.testing import examine, layer, model
from kdoctor.user_code.definition import Definition


def named(name: str, module: str = "builtins") -> dict[str, Any]:
    return {"module": module, "class_name": "function", "config": name, "registered_name": name}


MINE = model(layer("Dense", activation=named("my_activation")))


def test_a_function_of_the_users_own_is_asked_for() -> None:
    (finding,) = examine("K303", MINE)
    assert finding.message == "Keras 3.15.1 does not know the function 'my_activation' (module builtins)"
    assert [(need.flag, need.name) for need in finding.needs] == [("--custom", "my_activation")]
    assert "Could not locate function 'my_activation'" in str(finding.keras_says)


def test_a_function_that_the_user_will_give_is_known() -> None:
    assert examine("K303", MINE, Target("3.15.1", custom=frozenset({"my_activation"}))) == []


def test_a_function_of_keras_is_known() -> None:
    assert examine("K303", model(layer("Dense", activation=named("relu", "keras.activations")))) == []
    assert examine("K303", model(layer("Dense", activation="relu"))) == []


def test_an_initializer_of_the_users_own_is_named_at_its_place() -> None:
    (finding,) = examine("K303", model(layer("Dense"), layer("Dense", name="second", kernel_initializer=named("my_start", "mine"))))
    assert finding.at.json == "/config/layers/1/config/kernel_initializer"
    assert finding.repair is None


def test_a_name_registered_with_its_package_is_given_by_either() -> None:
    packed = model(layer("Dense", activation=named("pack>my_activation", "mine")))
    for custom in ("my_activation", "pack>my_activation"):
        assert examine("K303", packed, Target("3.15.1", custom=frozenset({custom}))) == []


@pytest.mark.parametrize(
    ("name", "where", "code"), [("print", "builtins", "K801"), ("system", "os", "K801"), ("get_file", "keras.utils", "K802")]
)
def test_what_no_model_calls_is_not_asked_for_as_a_custom_function(name: str, where: str, code: str) -> None:
    hostile = model(layer("Dense", activation=named(name, where)))
    assert examine("K303", hostile) == []
    assert len(examine(code, hostile)) == 1


def test_a_name_that_is_stored_as_text_is_asked_for() -> None:
    (finding,) = examine("K303", model(layer("Dense", activation="swishy")))
    assert finding.at.json == "/config/layers/0/config/activation"
    assert [(need.flag, need.name) for need in finding.needs] == [("--custom", "swishy")]
    assert "Could not interpret activation function identifier: swishy" in str(finding.keras_says)


@pytest.mark.parametrize("name", ["relu", "swish", "hard_swish", "relu6", "leaky_relu", "gelu", "mish", "silu", "linear"])
def test_names_of_keras_are_known_as_text(name: str) -> None:
    assert examine("K303", model(layer("Dense", activation=name))) == []


def test_a_name_that_the_user_will_give_is_known_as_text() -> None:
    assert examine("K303", model(layer("Dense", activation="swishy")), Target("3.15.1", custom=frozenset({"swishy"}))) == []


def test_the_function_of_a_text_is_written_as_keras_finds_it() -> None:
    code = {"swishy": Definition("swishy", False, "train", "train.py", 3)}
    target = Target("3.15.1", custom=frozenset({"swishy"}), given=Given(code=code))
    sick = model(layer("Dense", activation="swishy"))
    (finding,) = examine("K303", sick, target)
    assert finding.repair is not None
    after = apply(sick, finding.repair.edits)
    assert after.config["config"]["layers"][0]["config"]["activation"] == {
        "module": "train", "class_name": "function", "config": "swishy", "registered_name": "swishy",
    }  # fmt: skip
    assert examine("K303", after, target) == []


@pytest.mark.parametrize(
    ("argument", "name", "kind"),
    [
        ("kernel_regularizer", "ridge", "regularizer"),
        ("bias_constraint", "never", "constraint"),
        ("kernel_initializer", "wild", "initializer"),
        ("activation", "", "activation function"),
    ],
)
def test_a_name_that_keras_does_not_know_is_named_whatever_it_is_for(argument: str, name: str, kind: str) -> None:
    (finding,) = examine("K303", model(layer("Dense", **{argument: name})))
    assert finding.keras_says == f"ValueError: Could not interpret {kind} identifier: {name}"


def test_the_short_names_of_keras_are_known() -> None:
    words = {"kernel_regularizer": "l2", "bias_constraint": "non_neg", "kernel_initializer": "glorot_uniform", "activation": "relu"}
    assert examine("K303", model(layer("Dense", **words))) == []
