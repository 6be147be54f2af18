"""Lambdas as activations: the name of Keras's own, or a layer of operations behind the layer that had them."""

from __future__ import annotations

from typing import Any

import pytest
from stored_lambdas import encoded, innermost

from kdoctor.document import Document
from kdoctor.edit import apply
from kdoctor.replacements.lambda_cures import cures
from kdoctor.structure.lambdas import lambdas
from kdoctor.testing import KERAS_3, examine, layer, model, sequential
from kdoctor.testing import document as stored_document


def bare(source: str) -> dict[str, Any]:
    """As `keras.activations.serialize` leaves a lambda since Keras 2.13."""
    config = encoded(innermost(compile(source, "train.py", "exec")))["config"]
    return {"value": [config["code"], None, None]}


def holding(source: str, class_name: str = "Dense", **config: Any) -> Document:
    first = layer("InputLayer", name="in", batch_shape=[None, 4])
    return model(first, layer(class_name, name="odd", units=3, activation=bare(source), **config), layer("Dense", name="last", units=2))


def cured(document: Document) -> list[dict[str, Any]]:
    (found,) = lambdas(document)
    repair = cures(document, KERAS_3).of(found.at)
    assert repair is not None
    return list(apply(document, repair.edits).config["config"]["layers"])


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("lambda x: tf.nn.relu6(x)", "relu6"),
        ("lambda x: K.relu(x, max_value=6)", "relu6"),
        ("lambda x: x * K.sigmoid(x)", "silu"),
        ("lambda x: tf.nn.leaky_relu(x)", "leaky_relu"),
        ("lambda x: x", "linear"),
    ],
)
def test_what_keras_has_is_written_by_its_name(source: str, name: str) -> None:
    assert cured(holding(source))[1]["config"]["activation"] == name


def test_a_cell_takes_a_name_too() -> None:
    document = holding("lambda x: tf.tanh(x)", "LSTM")
    assert cured(document)[1]["config"]["activation"] == "tanh"


def test_another_becomes_a_model_of_operations_behind_the_layer() -> None:
    rows = cured(holding("lambda x: tf.sin(x)"))
    assert [row["config"]["name"] for row in rows] == ["in", "odd", "odd_activation", "last"]
    assert rows[1]["config"]["activation"] == "linear"
    assert rows[2]["class_name"] == "Functional"


def test_one_that_a_layer_computes_becomes_that_layer() -> None:
    rows = cured(holding("lambda x: tf.nn.leaky_relu(x, alpha=0.1)"))
    assert [(row["config"]["name"], row["class_name"]) for row in rows[1:3]] == [("odd", "Dense"), ("odd_activation", "LeakyReLU")]


def test_an_activation_layer_is_replaced() -> None:
    rows = cured(holding("lambda x: x * 3.0", "Activation"))
    assert [(row["config"]["name"], row["class_name"]) for row in rows][1] == ("odd", "Rescaling")


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (holding("lambda x: x * 3.0", "LSTM"), "in the midst of its work"),
        (holding("lambda x: x * 3.0", activity_regularizer="l2"), "activity_regularizer"),
        (holding("lambda x: mine(x)"), "mine is not in the file"),
    ],
)
def test_what_cannot_be_taken_apart_stays_and_says_why(document: Document, why: str) -> None:
    (found,) = lambdas(document)
    made = cures(document, KERAS_3)
    assert made.of(found.at) is None
    assert why in made.reasons[found.at]


def test_masks_that_pass_through_a_layer_keep_it_whole() -> None:
    first = layer("InputLayer", name="in", batch_shape=[None, 5, 4])
    dense = layer("Dense", name="odd", units=3, activation=bare("lambda x: x * 3.0"))
    document = model(first, layer("Masking", name="masking"), dense)
    (found,) = lambdas(document)
    assert "masks pass" in cures(document, KERAS_3).reasons[found.at]


def test_what_reaches_for_the_system_gets_no_name() -> None:
    document = holding("lambda x: (os.system, x)[1]")
    (found,) = lambdas(document)
    assert cures(document, KERAS_3).of(found.at) is None


def test_the_finding_says_that_no_keras_reads_it() -> None:
    (finding,) = examine("K401", holding("lambda x: x * 3.0"))
    assert "in a form that no Keras reads" in finding.message
    assert "Could not interpret activation function identifier" in str(finding.keras_says)


def test_an_initializer_is_not_asked_when_the_weights_are_there() -> None:
    dense = layer("Dense", name="odd", units=3, kernel_initializer=bare("lambda shape: tf.ones(shape)"))
    rows = (layer("InputLayer", name="in", batch_shape=[None, 4]), dense)
    (found,) = lambdas(model(*rows))
    assert cures(model(*rows), KERAS_3).of(found.at) is None
    stored = stored_document(sequential(*rows), weights={"layers/dense/vars/0": (4, 3)})
    assert cures(stored, KERAS_3).of(found.at) is not None


@pytest.mark.parametrize("source", ["lambda x: x - tf.reduce_mean(x)", "lambda x: tf.nn.softmax(x, axis=0)"])
def test_keras_2_calls_all_times_of_a_sequence_at_once(source: str) -> None:
    inner = layer("Lambda", name="inner", function=encoded(innermost(compile(source, "t.py", "exec"))))
    rows = (layer("InputLayer", name="in", batch_shape=[None, 5, 4]), layer("TimeDistributed", name="each", layer=inner))
    for release, is_cured in (("2.15.0", False), ("3.15.1", True)):
        document = model(*rows).replacing({**model(*rows).parts, "metadata": {"keras_version": release}})
        (found,) = lambdas(document)
        assert (cures(document, KERAS_3).of(found.at) is not None) == is_cured
