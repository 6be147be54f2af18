from __future__ import annotations

from collections.abc import Mapping

import pytest

from kdoctor.document import Document, Json
from kdoctor.testing import document, examine, layer, sequential

MODEL = sequential(layer("InputLayer", batch_shape=[None, 4]), layer("Dense", units=3, build=[None, 4]))
WEIGHTS = {"layers/dense/vars/0": (4, 3), "layers/dense/vars/1": (3,)}


def trained(state: int, optimizer: str = "Adam", **config: Json) -> Document:
    """A model of two variables, with so many arrays of an optimizer's state."""
    training: Mapping[str, Json] = {"optimizer": {"module": "keras.optimizers", "class_name": optimizer, "config": config}}
    stored = {**WEIGHTS, **{f"optimizer/vars/{index}": () for index in range(state)}}
    return document(MODEL, training=training, weights=stored, attributes={"/": {}})


@pytest.mark.parametrize(("optimizer", "arrays"), [("Adam", 6), ("AdamW", 6), ("SGD", 2), ("RMSprop", 4), ("Adagrad", 4)])
def test_the_state_of_a_trained_model_is_no_offence(optimizer: str, arrays: int) -> None:
    assert examine("K503", trained(arrays, optimizer)) == []


def test_a_slot_for_each_option_is_counted() -> None:
    assert examine("K503", trained(8, "Adam", amsgrad=True)) == []
    assert examine("K503", trained(4, "SGD", momentum=0.9)) == []


def test_a_state_that_is_short_is_named_with_both_counts() -> None:
    (finding,) = examine("K503", trained(4))
    assert "4 arrays" in finding.message
    assert "need 6" in finding.message


def test_a_state_that_is_gone_is_named() -> None:
    assert len(examine("K503", trained(0))) == 1


def test_a_model_that_never_took_a_step_is_no_offence() -> None:
    assert examine("K503", trained(2)) == []


def test_an_optimizer_that_is_not_known_is_not_judged() -> None:
    assert examine("K503", trained(5, "MyOptimizer")) == []
