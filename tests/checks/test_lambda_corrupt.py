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
    assert finding.message.startswith("Lambda 'crop' is no code object that any Python writes: ")
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


def test_code_that_is_more_than_a_reader_looks_at_is_said_to_be_unexamined_not_damaged() -> None:
    long = crop(f"lambda x: ({'x + 1,' * 5_000})")
    (finding,) = examine("K405", model(long))
    assert finding.message.startswith("Lambda 'crop' holds code that was not examined, and what it does is not known: ")


def test_of_many_functions_those_that_were_not_examined_are_told_one_by_one_and_equal_ones_count_once() -> None:
    def numbered(count: int, source: str) -> list[dict[str, object]]:
        found = [crop(source.format(number)) for number in range(count)]
        return [{**one, "config": {**one["config"], "name": f"l{number}"}} for number, one in enumerate(found)]

    assert examine("K405", model(*numbered(1_000, "lambda x: x / 2"))) == []
    different = model(*numbered(1_000, "lambda x: x / {}"))
    passed_over = {finding.layer for finding in examine("K405", different)}
    told = {finding.layer for finding in examine("K401", different)}
    assert passed_over
    assert told
    assert passed_over | told == {f"l{number}" for number in range(1_000)}
    assert not passed_over & told
