"""K405: what stands where a function should be is no code object."""

from __future__ import annotations

import base64

from stored_lambdas import crop

from kdoctor.testing import examine, layer, model


def holding(code: object) -> dict[str, object]:
    return layer("Lambda", name="crop", function={"class_name": "__lambda__", "config": {"code": code, "defaults": None, "closure": None}})


def whole() -> bytes:
    return base64.b64decode(crop("lambda x: x / 255.0")["config"]["function"]["config"]["code"])


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def test_code_that_is_cut_off_says_at_which_byte() -> None:
    cut = whole()[:40]
    (finding,) = examine("K405", model(holding(encoded(cut))))
    assert finding.message.startswith("Lambda 'crop' is no code object of any Python: ")
    assert finding.message.endswith(")")
    assert "(at byte " in finding.message
    assert (finding.layer, finding.repair, finding.needs) == ("crop", None, ())


def test_what_is_no_text_and_what_is_no_base64_is_corrupt_too() -> None:
    for code, why in ((7, "the code is not text"), ("", "the code is empty"), ("ä", "the code is neither base64 nor")):
        (finding,) = examine("K405", model(holding(code)))
        assert why in finding.message


def test_the_list_of_keras_2_and_the_raw_text_of_keras_1_are_looked_at() -> None:
    for stored in ([encoded(b"\xe3\x00\x00"), None, None], ["\xe3\x01\x00", None, None]):
        (finding,) = examine("K405", model(layer("Lambda", function=stored, function_type="lambda")))
        assert "no code object" in finding.message


def test_a_damaged_output_shape_or_activation_is_told_by_its_place() -> None:
    broken = holding("AAAA")["config"]["function"]  # type: ignore[index]
    good = crop("lambda x: x")["config"]["function"]
    (finding,) = examine("K405", model(layer("Lambda", name="crop", function=good, output_shape=broken)))
    assert finding.message.startswith("the output_shape of 'crop' is no code object")
    (finding,) = examine("K405", model(layer("Dense", activation=broken)))
    assert finding.message.startswith("the activation of 'dense' is no code object")


def test_bytes_that_windows_changed_are_told_as_such() -> None:
    (finding,) = examine("K405", model(holding(encoded(b"\xe3\x00\x00C:/Users/me/train.py"))))
    assert "saved on Windows" in finding.message


def test_a_whole_function_and_a_named_one_are_not_corrupt() -> None:
    named = {"module": "builtins", "class_name": "function", "config": "relu", "registered_name": "function"}
    assert examine("K405", model(crop("lambda x: x / 255.0"), layer("Lambda", name="named", function=named))) == []
