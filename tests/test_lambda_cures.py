"""Which Lambda layers of a document are written with Keras's operations, and why the others are not."""

from __future__ import annotations

import pytest
from stored_lambdas import crop

from kdoctor.document import Document
from kdoctor.lambda_cures import cures
from kdoctor.lambdas import lambdas
from kdoctor.target import Given, Target
from kdoctor.testing import KERAS_3, layer, model


def holding(source: str) -> Document:
    return model(layer("InputLayer", name="in", batch_shape=[None, 4]), crop(source))


def test_plain_arithmetic_becomes_a_model_of_operations() -> None:
    document = holding("lambda x: x / 255.0")
    (found,) = lambdas(document)
    assert cures(document, KERAS_3).of(found.at) is not None


@pytest.mark.parametrize("source", ["lambda x: (x / 2.0, os.remove)[0]", "lambda x: x / 255.0 if __import__('os').environ else x"])
def test_what_reaches_for_the_system_is_never_translated_whatever_else_it_does(source: str) -> None:
    document = holding(source)
    (found,) = lambdas(document)
    made = cures(document, Target("3.15.1", given=Given(bindings={"os": 1})))
    assert made.of(found.at) is None
    assert made.reasons[found.at] == "it reaches for the system"


def test_a_name_that_is_not_in_the_file_is_asked_for_and_taken_from_the_user() -> None:
    document = holding("lambda x: x * FACTOR")
    (found,) = lambdas(document)
    (need,) = cures(document, KERAS_3).needs[found.at]
    assert (need.flag, need.name) == ("--bind", "FACTOR")
    assert cures(document, Target("3.15.1", given=Given(bindings={"FACTOR": 3.0}))).of(found.at) is not None


def test_keras_2_has_no_operations_to_write_it_with() -> None:
    document = holding("lambda x: x / 255.0")
    (found,) = lambdas(document)
    assert cures(document, Target("2.15.0")).of(found.at) is None
