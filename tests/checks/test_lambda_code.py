"""K401: the file holds Python bytecode."""

from __future__ import annotations

from stored_lambdas import crop

from kdoctor.check import Safety
from kdoctor.testing import examine, layer, model


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


def test_a_lambda_as_an_activation_is_bytecode_too() -> None:
    (finding,) = examine("K401", model(layer("Dense", activation=crop("lambda x: x + 1")["config"]["function"])))
    assert finding.message.startswith("the activation of 'dense' is Python bytecode")


def test_a_function_by_name_is_no_bytecode() -> None:
    named = {"module": "builtins", "class_name": "function", "config": "relu", "registered_name": "function"}
    assert examine("K401", model(layer("Dense", activation=named), layer("Lambda", function=named))) == []


def test_text_that_is_no_code_is_no_bytecode() -> None:
    broken = {"class_name": "__lambda__", "config": {"code": "AAAA", "defaults": None, "closure": None}}
    assert examine("K401", model(layer("Lambda", function=broken))) == []
