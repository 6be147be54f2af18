"""K203: a layer of a wrapped model that no output needs, whose weights Keras 2 wants."""

from __future__ import annotations

from typing import Any

import pytest
from graphs import after, cured, functional, start
from weight_documents import h5

from kdoctor.document import Document
from kdoctor.target import Target
from kdoctor.testing import document, examine, layer

KERAS_2 = Target("2.15.0")
HEAD = after(layer("Dense", name="out", units=2, use_bias=False), "in")
EXTRA = after(layer("Dense", name="extra", units=2, use_bias=False), "in")
NATIVE = {"layers/time_distributed/layer/layers/dense/vars/0": (4, 2)}


def wrapped(*inner: dict[str, Any], native: bool, stored: int = 1) -> Document:
    source = start()
    source["config"]["batch_shape"] = [None, 3, 4]
    outer = functional(source, after(layer("TimeDistributed", name="out", layer=functional(start(), *inner, name="inner")), "in"))
    if native:
        return document(outer, weights=NATIVE, attributes={"/": {}})
    return h5({"out": {f"kernel_{index}:0": (4, 2) for index in range(stored)}}, ["in", "out"], outer)


@pytest.mark.parametrize("native", [True, False])
def test_it_is_left_out_for_keras_2_and_forgiven_by_keras_3(native: bool) -> None:
    sick = wrapped(HEAD, EXTRA, native=native)
    (finding,) = examine("K203", sick, KERAS_2)
    assert finding.layer == "extra"
    assert examine("K203", cured(sick, finding), KERAS_2) == []
    assert examine("K203", sick, Target("3.15.1")) == []


def test_it_is_named_alone_where_one_that_stays_is_numbered_after_it() -> None:
    (finding,) = examine("K203", wrapped(EXTRA, HEAD, native=True), KERAS_2)
    assert finding.repair is None


def test_one_without_weights_does_no_harm() -> None:
    assert examine("K203", wrapped(HEAD, after(layer("Dropout", name="extra"), "in"), native=False), KERAS_2) == []


def test_one_whose_weights_are_there_is_left_alone() -> None:
    assert examine("K203", wrapped(HEAD, EXTRA, native=False, stored=2), KERAS_2) == []
