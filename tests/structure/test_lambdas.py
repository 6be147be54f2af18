"""Stored functions, found in every place and form; their code is read, never run."""

from __future__ import annotations

import base64
import marshal
import sys
from types import CodeType
from typing import Any

import pytest

from kdoctor.structure.lambdas import Lambda, lambdas
from kdoctor.testing import document, layer, model


def stored(source: str = "lambda x: x * 2") -> str:
    """The code of a lambda as Keras stores it, by this Python."""
    whole = compile(source, "train.py", "eval")
    code = next(constant for constant in whole.co_consts if isinstance(constant, CodeType))
    return base64.b64encode(marshal.dumps(code)).decode()


def keras_3(code: Any = None, **more: Any) -> dict[str, Any]:
    return {"class_name": "__lambda__", "config": {"code": stored() if code is None else code, "defaults": None, "closure": None, **more}}


def only(*layers: dict[str, Any]) -> Lambda:
    (found,) = lambdas(model(*layers))
    return found


def test_the_function_of_a_lambda_layer_is_found_with_its_code_and_its_owner() -> None:
    found = only(layer("Lambda", name="crop", function=keras_3()))
    assert (found.owner, found.key, found.at.json) == ("crop", "function", "/config/layers/0/config/function")
    assert found.described == "Lambda 'crop'"
    assert found.code is not None
    assert found.code.python.first <= sys.version_info[:2] <= found.code.python.last
    assert found.malformed is None


def test_the_list_of_keras_2_is_found_where_its_type_stands_beside_it() -> None:
    found = only(layer("Lambda", function=[stored(), None, [2]], function_type="lambda"))
    assert (found.stored.form, found.stored.closure, found.malformed) == ("list", (2,), None)


def test_a_function_by_name_has_no_code_and_nothing_wrong_with_it() -> None:
    found = only(layer("Lambda", function="pixel_range", function_type="function"))
    assert (found.stored.name, found.code, found.malformed) == ("pixel_range", None, None)


def test_output_shape_and_mask_of_a_lambda_layer_may_be_functions_too() -> None:
    found = lambdas(model(layer("Lambda", name="crop", function=keras_3(), output_shape=keras_3(), mask=keras_3())))
    assert [(one.key, one.described) for one in found] == [
        ("function", "Lambda 'crop'"),
        ("output_shape", "the output_shape of 'crop'"),
        ("mask", "the mask of 'crop'"),
    ]


def test_a_lambda_elsewhere_is_told_by_the_key_and_the_layer() -> None:
    found = only(layer("Dense", activation=keras_3()))
    assert (found.key, found.owner, found.described) == ("activation", "dense", "the activation of 'dense'")


def test_a_lambda_as_the_loss_belongs_to_the_model() -> None:
    (found,) = lambdas(document(training={"loss": keras_3()}))
    assert (str(found.at), found.owner, found.described) == ("training#/loss", None, "the loss of the model")


def test_a_function_is_listed_once_though_it_is_also_an_object() -> None:
    assert len(lambdas(model(layer("Lambda", function=keras_3())))) == 1


@pytest.mark.parametrize(
    "code", ["", "====", "not code at all \x00", 7, base64.b64encode(b"\xe3\xff\xff").decode(), stored()[: len(stored()) // 2]]
)
def test_code_that_cannot_be_read_says_why(code: Any) -> None:
    found = only(layer("Lambda", function=keras_3(code)))
    assert found.code is None
    assert found.malformed


def test_a_model_without_functions_has_none() -> None:
    assert lambdas(model(layer("Dense", activation="relu"))) == ()


def test_code_is_never_run_however_it_is_stored() -> None:
    source = "lambda x: __import__('sys').modules.__setitem__('was_run', x)"
    lambdas(model(layer("Lambda", function=keras_3(stored(source)), output_shape=[stored(source), None, None])))
    assert "was_run" not in sys.modules
