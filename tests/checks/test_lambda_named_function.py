"""K406: of a named function, Keras 3 stores the name alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from stored_lambdas import encoded, innermost

from kdoctor.check import Safety
from kdoctor.document import Document
from kdoctor.edit import apply
from kdoctor.testing import KERAS_3, document, examine, layer, model, sequential

WITH_SCALE = replace(KERAS_3, custom=frozenset({"scale"}))


def by_name(name: str, class_name: str = "function", module: str = "builtins") -> dict[str, Any]:
    return {"module": module, "class_name": class_name, "config": name, "registered_name": class_name}


def bytecode() -> str:
    code = innermost(compile("def scale(x):\n    return x * 0.1", "train.py", "exec"))
    return str(encoded(code)["config"]["code"])


def keras_2() -> Document:
    kept = [bytecode(), None, None]
    return model(layer("Lambda", name="lam", function=kept, function_type="lambda", module="__main__", output_shape=None))


def test_a_function_of_which_only_the_name_is_stored_needs_its_code() -> None:
    (finding,) = examine("K406", model(layer("Lambda", name="lam", function=by_name("scale"))))
    assert finding.message.startswith("Lambda 'lam' is the function 'scale', of which only the name is in the file")
    assert [(need.flag, need.name) for need in finding.needs] == [("--custom", "scale")]
    assert str(finding.keras_says).startswith("TypeError: Could not locate function 'scale'")
    assert not finding.mild


def test_the_user_reads_of_it_once() -> None:
    for function in (by_name("scale"), by_name("absolute", "ufunc", "numpy")):
        named = model(layer("Lambda", name="lam", function=function))
        assert len(examine("K406", named)) == 1
        assert [finding for code in ("K301", "K303", "K401", "K405") for finding in examine(code, named)] == []


def test_it_is_found_in_an_h5_within_a_wrapper_within_a_nested_model() -> None:
    inner = layer("TimeDistributed", layer=layer("Lambda", name="lam", function=by_name("scale")))
    (finding,) = examine("K406", document(sequential(sequential(inner, name="nested")), format=document().format))
    assert finding.layer == "lam"


def test_with_the_code_given_nothing_is_missing() -> None:
    assert examine("K406", model(layer("Lambda", name="lam", function=by_name("scale"))), WITH_SCALE) == []
    assert examine("K406", model(layer("Lambda", name="lam", function="scale", function_type="function")), WITH_SCALE) == []


def test_a_function_of_keras_itself_is_there() -> None:
    assert examine("K406", model(layer("Lambda", name="lam", function=by_name("relu")))) == []
    assert examine("K406", model(layer("Lambda", name="lam", function=by_name("abs", module="keras.ops")))) == []


def test_the_bare_name_of_keras_2_is_taken_for_the_function() -> None:
    (finding,) = examine("K406", model(layer("Lambda", name="lam", function="scale", function_type="function")))
    assert finding.keras_says == "TypeError: unsupported callable"
    assert [need.name for need in finding.needs] == ["scale"]


def test_what_is_callable_and_no_function_gets_the_form_of_one_when_it_is_given() -> None:
    sick = model(layer("Lambda", name="lam", function=by_name("scale", "Function", "tensorflow.python.eager")))
    (finding,) = examine("K406", sick)
    assert "Expected 'config' to be a dict for Function" in str(finding.keras_says)
    assert [need.name for need in finding.needs] == ["scale"]
    (finding,) = examine("K406", sick, WITH_SCALE)
    assert finding.repair is not None
    assert (finding.repair.safety, finding.needs) == (Safety.SAFE, ())
    assert examine("K406", apply(sick, finding.repair.edits), WITH_SCALE) == []


def test_nobody_is_asked_for_a_function_without_a_name() -> None:
    (finding,) = examine("K406", model(layer("Lambda", name="lam", function=by_name("<lambda>", "Function", "tensorflow.python.eager"))))
    assert (finding.repair, finding.needs) == (None, ())


def test_what_python_or_keras_would_do_to_the_machine_is_told_elsewhere() -> None:
    for function in (by_name("system", module="os"), by_name("get_file", module="keras.utils")):
        assert examine("K406", model(layer("Lambda", name="lam", function=function))) == []


def test_bytecode_of_a_named_function_is_an_info_beside_k401() -> None:
    (finding,) = examine("K406", keras_2())
    assert (finding.mild, finding.repair, finding.needs) == (True, None, ())
    assert "was made from the named function 'scale', kept as bytecode" in finding.message


def test_who_gives_the_function_gets_its_name_in_the_place_of_the_bytecode() -> None:
    sick = keras_2()
    (finding,) = examine("K406", sick, WITH_SCALE)
    assert finding.repair is not None
    assert finding.repair.safety is Safety.SAFE
    cured = apply(sick, finding.repair.edits)
    config = cured.config["config"]["layers"][0]["config"]
    assert config["function"] == by_name("scale")
    assert "function_type" not in config
    assert "module" not in config
    assert [found for code in ("K401", "K406", "K601") for found in examine(code, cured, WITH_SCALE)] == []


def test_a_lambda_has_no_name_to_go_by() -> None:
    code = innermost(compile("f = lambda x: x", "train.py", "exec"))
    assert examine("K406", model(layer("Lambda", name="lam", function=encoded(code)))) == []


def test_a_function_that_was_registered_is_asked_for_by_its_own_name() -> None:
    sick = model(layer("Lambda", name="lam", function=by_name("Custom>scale")))
    (finding,) = examine("K406", sick)
    assert [(need.flag, need.name) for need in finding.needs] == [("--custom", "scale")]
    assert finding.repair is not None
    assert "{'Custom>scale': scale}" in finding.repair.title
    assert examine("K406", sick, WITH_SCALE) == []
