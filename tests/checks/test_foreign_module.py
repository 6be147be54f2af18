from __future__ import annotations

import pytest

from kdoctor.testing import examine, layer, model


def test_a_module_of_the_standard_library_is_named() -> None:
    (finding,) = examine("K801", model(layer("system", module="os")))
    assert "os.system" in finding.message


def test_a_builtin_function_by_name_is_named() -> None:
    reference = {"module": "builtins", "class_name": "function", "config": "eval", "registered_name": "function"}
    (finding,) = examine("K801", model(layer("Dense", units=1, activation=reference)))
    assert str(finding.at).endswith("/config/activation")


@pytest.mark.parametrize("name", ["abs", "round"])
def test_a_function_of_tensorflow_whose_name_python_has_too_is_no_offence(name: str) -> None:
    reference = {
        "module": "builtins",
        "class_name": "function",
        "config": name,
        "registered_name": name,
    }  # activation=tf.abs, by Keras 2.15
    sick = model(layer("Dense", units=1, activation=reference))
    assert examine("K801", sick) == []
    (finding,) = examine("K303", sick)
    assert name in finding.message


def test_a_function_of_keras_under_builtins_is_no_offence() -> None:
    reference = {"module": "builtins", "class_name": "function", "config": "relu", "registered_name": "function"}
    assert examine("K801", model(layer("Dense", units=1, activation=reference))) == []


@pytest.mark.parametrize("module", ["keras.layers", "__main__", "my_package.layers"])
def test_keras_and_the_authors_own_modules_are_no_offence(module: str) -> None:
    assert examine("K801", model(layer("Anything", module=module))) == []


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("tensorflow", "load_op_library"),
        ("tensorflow", "py_function"),
        ("torch", "load"),
        ("keras.src.layers.preprocessing.string_lookup.os", "system"),
        ("torch.nn.modules.module.os", "system"),
    ],
)
def test_what_a_package_of_models_knows_of_others_is_named(module: str, name: str) -> None:
    reference = {"module": module, "class_name": "function", "config": name, "registered_name": name}
    assert len(examine("K801", model(layer("Dense", units=1, activation=reference)))) == 1


@pytest.mark.parametrize(
    ("module", "name"), [("tensorflow", "tanh"), ("torch.nn.functional", "gelu"), ("keras.src.random.random", "normal")]
)
def test_what_it_has_for_models_is_no_offence(module: str, name: str) -> None:
    reference = {"module": module, "class_name": "function", "config": name, "registered_name": name}
    assert examine("K801", model(layer("Dense", units=1, activation=reference))) == []
