"""K401: the file holds Python bytecode."""

from __future__ import annotations

import base64
import marshal
import sys
from types import CodeType

import pytest
from stored_lambdas import crop, encoded, innermost

from kdoctor.check import Safety
from kdoctor.testing import document, examine, layer, model


def test_bytecode_that_cannot_be_translated_is_shown_as_a_layer_to_paste() -> None:
    (finding,) = examine("K401", model(crop("lambda x: tf.random.shuffle(x)")))
    assert finding.message.startswith("Lambda 'crop' is Python bytecode (Python ")
    assert finding.layer == "crop"
    assert "`Lambda` layer whose `function` is a Python lambda" in str(finding.keras_says)
    assert finding.excerpt is not None
    assert "class Crop(keras.layers.Layer):\n    def call(self, x):\n        return tf.random.shuffle(x)\n" in finding.excerpt.text
    assert finding.repair is not None
    assert (finding.repair.safety, finding.repair.edits) == (Safety.ADVICE, ())


def test_bytecode_with_a_cure_is_shown_as_source() -> None:
    (finding,) = examine("K401", model(layer("InputLayer", name="in", batch_shape=[None, 4]), crop("lambda x: x / 255.0")))
    assert finding.excerpt is not None
    assert finding.excerpt.text == "lambda x: x / 255.0"


def test_more_functions_than_are_followed_are_said_to_be() -> None:
    start, code = layer("InputLayer", name="in", batch_shape=[None, 4]), crop("lambda x: x / 255.0")
    found = examine("K401", model(start, *[code] * 201))
    assert {finding.message.partition("; ")[2] for finding in found} == {
        "it was not tried to write it with Keras's operations: it is one of 201 functions among 202 layers, more than are followed"
    }
    many = examine("K401", model(start, code, code, *[layer("Dense", name=f"d{number}", units=4) for number in range(25_000)]))
    assert all("one of 2 functions among 25,003 layers" in finding.message for finding in many)
    assert len(many) == 2


def test_a_lambda_as_an_activation_is_bytecode_too() -> None:
    (finding,) = examine("K401", model(layer("Dense", activation=crop("lambda x: x + 1")["config"]["function"])))
    assert finding.message.startswith("the activation of 'dense' is Python bytecode")


def test_a_function_by_name_is_no_bytecode() -> None:
    named = {"module": "builtins", "class_name": "function", "config": "relu", "registered_name": "function"}
    assert examine("K401", model(layer("Dense", activation=named), layer("Lambda", function=named))) == []


def test_text_that_is_no_code_is_no_bytecode() -> None:
    broken = {"class_name": "__lambda__", "config": {"code": "AAAA", "defaults": None, "closure": None}}
    assert examine("K401", model(layer("Lambda", function=broken))) == []


def between_two(function: CodeType) -> dict[str, object]:
    """A Functional whose Lambda is called with two inputs."""
    ends = [layer("InputLayer", name=name, batch_shape=[None, 4]) | {"inbound_nodes": []} for name in ("left", "right")]
    tensors = [
        {"class_name": "__keras_tensor__", "config": {"shape": [None, 4], "dtype": "float32", "keras_history": [each, 0, 0]}}
        for each in ("left", "right")
    ]
    called = layer("Lambda", name="distance", function=encoded(function)) | {"inbound_nodes": [{"args": [tensors], "kwargs": {}}]}
    return {
        "module": "keras.src.models.functional",
        "class_name": "Functional",
        "config": {
            "name": "siamese",
            "layers": [{**each, "name": each["config"]["name"]} for each in (*ends, called)],
            "input_layers": [["left", 0, 0], ["right", 0, 0]],
            "output_layers": ["distance", 0, 0],
        },
        "registered_name": "Functional",
    }


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="the Pythons since 3.13 have numbered their instructions anew")
def test_a_lambda_that_windows_broke_is_cured() -> None:
    """The file name tells of Windows, and UNPACK_SEQUENCE has become a slash."""
    source = "def distance(both):\n    left, right = both\n    return left * {} - right"
    for number, cured in ((0.5, True), (47, False)):
        code = innermost(compile(source.format(number), "C:\\Users\\me\\train.py", "exec"))
        whole = between_two(code)
        stored = whole["config"]["layers"][2]["config"]["function"]["config"]  # type: ignore[index]
        stored["code"] = base64.b64encode(marshal.dumps(code).replace(b"\\", b"/")).decode()
        (finding,) = examine("K401", document(whole))
        assert finding.excerpt is not None
        assert "left, right = both" in finding.excerpt.text
        assert (finding.repair is not None and finding.repair.safety is Safety.SAFE) is cured
        assert ("its 47 may have been another number" in finding.message) is not cured
