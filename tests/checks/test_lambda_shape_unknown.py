"""K408: a Lambda whose output shape Keras cannot infer on every backend."""

from __future__ import annotations

from typing import Any

from stored_lambdas import crop

from kdoctor.document import Format
from kdoctor.testing import document, examine, model, sequential


def test_a_function_of_one_backend_without_output_shape_is_an_info() -> None:
    (finding,) = examine("K408", model(crop("lambda x: tf.image.resize(x, (4, 4))")))
    assert finding.message == (
        "a Lambda that states no output shape calls tf.image.resize: with another backend than tensorflow Keras cannot infer it"
    )
    assert finding.mild
    assert "We could not automatically infer the shape" in str(finding.keras_says)


def test_the_backend_that_saved_the_file_decides() -> None:
    def saved_with(backend: str) -> Any:
        attributes = {"/": {"keras_version": "3.15.1", "backend": backend}}
        whole = document(sequential(crop("lambda x: tf.abs(x)")), format=Format.H5_MODEL, attributes=attributes)
        (finding,) = examine("K408", whole)
        return finding.mild

    assert saved_with("tensorflow")
    assert not saved_with("jax")


def test_who_states_the_shape_or_calls_no_backend_hears_nothing() -> None:
    stated = crop("lambda x: tf.abs(x)")
    stated["config"]["output_shape"] = [4]
    assert examine("K408", model(stated)) == []
    assert examine("K408", model(crop("lambda x: x[:, -3:, :] * factor"))) == []
    assert examine("K408", model(crop("lambda x: keras.ops.abs(x)"))) == []
    assert examine("K408", model(crop("lambda x: x * K"))) == []
