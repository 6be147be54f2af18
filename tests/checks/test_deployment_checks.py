"""K901 to K905: what stands in the way of a deployment, and is nobody's business otherwise."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kdoctor.deployment import PURPOSES
from kdoctor.document import Document, Fault, Format
from kdoctor.testing import KERAS_3, document, examine, find_check, layer, model, sequential

INPUT = layer("InputLayer", batch_shape=[None, 4], dtype="float32", sparse=False, ragged=False)


def found(code: str, seen: Document, purpose: str) -> list[str]:
    return [finding.message for finding in examine(code, seen, replace(KERAS_3, purpose=purpose))]


FIXED = model(layer("InputLayer", batch_shape=[32, 4]), layer("Dense", units=2))
STATEFUL = model(INPUT, layer("Bidirectional", layer=layer("LSTM", units=2, stateful=True)))
FIRST = model(INPUT, layer("Conv2D", filters=2, kernel_size=3, data_format="channels_first"))
TEXTS = model(layer("InputLayer", batch_shape=[None, 1], dtype="string"), layer("StringLookup", vocabulary=["a"]))
SPARSE = model(layer("InputLayer", batch_shape=[None, 4], sparse=True), layer("Dense", units=2))
WRAPPED = model(INPUT, layer("TimeDistributed", layer=layer("GroupNormalization", groups=2)))


@pytest.mark.parametrize(
    ("code", "sick", "purposes"),
    [
        ("K901", FIXED, {"serving", "onnx", "tfjs"}),
        ("K901", STATEFUL, set(PURPOSES)),
        ("K902", FIRST, {"serving", "tflite", "xla", "tfjs"}),
        ("K903", TEXTS, {"tflite", "onnx", "xla", "tfjs"}),
        ("K903", SPARSE, set(PURPOSES)),
        ("K904", TEXTS, {"tflite", "onnx", "xla", "tfjs"}),
        ("K904", WRAPPED, {"tfjs"}),
        ("K905", FIXED, {"serving"}),
    ],
)
def test_what_does_not_go_there_is_told_for_it_alone(code: str, sick: Document, purposes: set[str]) -> None:
    assert {purpose for purpose in (*PURPOSES, "inference", "training") if found(code, sick, purpose)} == purposes


@pytest.mark.parametrize("code", ["K901", "K902", "K903", "K904"])
def test_a_plain_model_goes_everywhere(code: str) -> None:
    plain = model(INPUT, layer("Dense", units=2), layer("Flatten", data_format="channels_first"))
    assert [found(code, plain, purpose) for purpose in PURPOSES] == [[]] * len(PURPOSES)


def test_they_are_worth_knowing_and_no_more() -> None:
    assert {str(find_check(code).severity) for code in ("K901", "K902", "K903", "K904")} == {"info"}


def test_the_message_names_what_the_table_was_made_with() -> None:
    (told,) = found("K904", WRAPPED, "tfjs")
    assert "GroupNormalization 'groupnormalization' has no counterpart in TensorFlow.js: no such layer (the registered classes" in told


def test_a_custom_layer_of_a_known_name_is_in_no_table() -> None:
    assert found("K904", model(INPUT, layer("GroupNormalization", module="my_package")), "tfjs") == []


def saved_model(**detail: object) -> Document:
    fault = Fault("other-format", "file", {"content": "saved-model", **detail})
    return document(format=Format.OTHER, faults=(fault,))


def test_a_saved_model_without_a_signature_cannot_be_served() -> None:
    (told,) = found("K905", saved_model(signatures={"train": {"inputs": {}, "outputs": {}}}), "serving")
    assert told == "the SavedModel has no signature 'serving_default', only 'train'"


def test_one_with_a_signature_can() -> None:
    assert found("K905", saved_model(signatures={"serving_default": {"inputs": {}, "outputs": {}}}), "serving") == []


def test_what_could_not_be_read_is_not_judged() -> None:
    assert found("K905", saved_model(), "serving") == []


def test_an_empty_model_is_no_crash() -> None:
    assert found("K904", document(sequential()), "tflite") == []
