from __future__ import annotations

import base64

import pytest

from kdoctor.bytecode.marshal import read_code
from kdoctor.bytecode.stored import StoredFunction, stored_function

from .fixtures import one

DATA = one("3.6", "lambda x: x * 2.0 + 1.0")
BASE64 = base64.encodebytes(DATA).decode("ascii")


def test_the_object_of_keras_3() -> None:
    value = {"class_name": "__lambda__", "config": {"code": BASE64, "defaults": [3], "closure": None}}
    assert stored_function(value) == StoredFunction("lambda-object", DATA, defaults=(3,))


def test_the_object_around_a_list_that_other_places_than_lambda_layers_have() -> None:
    value = {"class_name": "__lambda__", "config": {"value": [BASE64, None, ["double"]]}}
    assert stored_function(value) == StoredFunction("lambda-object-list", DATA, closure=("double",))


def test_the_list_of_keras_2_with_and_without_its_type_beside_it() -> None:
    assert stored_function([BASE64, None, None], "lambda") == StoredFunction("list", DATA)
    assert stored_function([BASE64, [3], [{"class_name": "Dense"}]]) == StoredFunction(
        "list", DATA, defaults=(3,), closure=({"class_name": "Dense"},)
    )


@pytest.mark.parametrize("python", ["2.7", "3.6"])
def test_the_raw_text_of_keras_1(python: str) -> None:
    data = one(python, "lambda x: x * 2.0 + 1.0")
    found = stored_function([data.decode("raw_unicode_escape"), None, None], "lambda")
    assert found == StoredFunction("list-raw", data)
    assert found.code is not None
    read_code(found.code)


def test_only_the_name_of_a_function() -> None:
    value = {"module": "builtins", "class_name": "function", "config": "scale", "registered_name": "function"}
    assert stored_function(value) == StoredFunction("name", name="scale")
    assert stored_function("scale", "function") == StoredFunction("name", name="scale")


@pytest.mark.parametrize(
    "value", [None, "relu", 3, [None, 4], [1, 2, 3], ["relu", "tanh", None], [], {}, {"class_name": "Dense", "config": {}}, ["abc"]]
)
def test_what_is_no_function_is_not_taken_for_one(value: object) -> None:
    assert stored_function(value) is None
    assert stored_function(value, "raw") is None


def test_characters_that_base64_decoders_skip_do_not_hide_the_code() -> None:
    hidden = "\x01".join(BASE64)
    assert stored_function([hidden, None, None], "lambda") == StoredFunction("list", DATA)


@pytest.mark.parametrize(
    "value",
    [
        {"class_name": "__lambda__", "config": {"code": None}},
        {"class_name": "__lambda__", "config": {"code": "A"}},
        {"class_name": "__lambda__", "config": {"code": "  "}},
        {"class_name": "__lambda__", "config": {"code": "schön"}},
        {"class_name": "__lambda__"},
    ],
)
def test_a_stored_function_without_readable_code_says_why(value: object) -> None:
    found = stored_function(value)
    assert found is not None
    assert found.code is None
    assert found.undecodable


def test_a_damaged_list_is_named_when_the_config_announces_a_lambda() -> None:
    found = stored_function([7, None, None], "lambda")
    assert found is not None
    assert found.undecodable == "not [code, defaults, closure]"
