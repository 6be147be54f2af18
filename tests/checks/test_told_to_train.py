"""K609: a call with training=True, which Keras 2 heeds when the model predicts and Keras 3 does not."""

from __future__ import annotations

from typing import Any

import pytest
from graphs import functional, start

from kdoctor.document import Document
from kdoctor.target import Target
from kdoctor.testing import document, examine, layer, sequential

NESTED = {**sequential(layer("BatchNormalization", name="inner"), name="nested")}


def called(made: dict[str, Any], training: bool | None, release: str = "2.15.0") -> Document:
    keywords = {} if training is None else {"training": training}
    node = {**made, "name": made["config"]["name"], "inbound_nodes": [[["in", 0, 0, keywords]]]}
    return document(functional(start("in"), node), metadata={"keras_version": release})


@pytest.mark.parametrize(
    "made",
    [
        layer("BatchNormalization", name="out"),
        layer("Dropout", name="out", rate=0.5),
        layer("LSTM", name="out", units=2, recurrent_dropout=0.1),
        {**NESTED, "config": {**NESTED["config"], "name": "out"}},
    ],
)
def test_what_works_otherwise_in_training_is_named(made: dict[str, Any]) -> None:
    """Measured: the predictions of a BatchNormalization of 2.15 differ by 2.0 in 3.0.5 and 3.15.1, and ``model(x)`` by nothing."""
    (finding,) = examine("K609", called(made, True))
    assert finding.layer == "out"
    assert "training=True" in finding.message
    assert finding.repair is not None
    assert not finding.repair.changes
    assert examine("K609", called(made, True), Target("2.15.0")) == []


@pytest.mark.parametrize(
    "healthy",
    [
        called(layer("BatchNormalization", name="out"), False),
        called(layer("BatchNormalization", name="out"), None),
        called(layer("BatchNormalization", name="out", trainable=False), True),
        called(layer("Dropout", name="out", rate=0), True),
        called(layer("Dense", name="out", units=2), True),
        called(layer("BatchNormalization", name="out"), True, "3.15.1"),
    ],
)
def test_what_computes_the_same_is_healthy(healthy: Document) -> None:
    assert examine("K609", healthy) == []
