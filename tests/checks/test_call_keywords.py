"""K601: a keyword of a call that the target's ``call()`` does not take."""

from __future__ import annotations

from typing import Any

import pytest
from graphs import cured, functional, start

from kdoctor.document import Document
from kdoctor.target import Target
from kdoctor.testing import document, examine, layer

KERAS_2 = Target("2.15.0")


def called(made: dict[str, Any], **keywords: object) -> Document:
    """A model that calls one layer with keywords, in the words of Keras 2."""
    return _model({**made, "name": "out", "inbound_nodes": [[["in", 0, 0, keywords]]]})


def called_natively(made: dict[str, Any], **keywords: object) -> Document:
    tensor = {"class_name": "__keras_tensor__", "config": {"shape": [None, 4], "dtype": "float32", "keras_history": ["in", 0, 0]}}
    return _model({**made, "name": "out", "inbound_nodes": [{"args": [tensor], "kwargs": keywords}]})


def _model(out: dict[str, Any]) -> Document:
    begin = start()
    begin["config"] = {"name": "in", "batch_input_shape": [None, 4]}
    return document(functional(begin, out))


def keywords_refused(sick: Document, target: Target) -> list[Any]:
    return [finding for finding in examine("K601", sick, target) if "inbound_nodes" in finding.at.keys]


@pytest.mark.parametrize("call", [called, called_natively])
def test_a_keyword_that_no_call_knows_is_told_without_a_cure(call: Any) -> None:
    (finding,) = keywords_refused(call(layer("Dense", name="out", units=2), gain=2), Target("3.15.1"))
    assert finding.at.keys[-1] == "gain"
    assert finding.keras_says == "TypeError: got an unexpected keyword argument 'gain'"
    assert finding.repair is None
    assert finding.layer == "out"


def test_keras_2_refuses_it_when_it_calls_the_layer() -> None:
    (finding,) = keywords_refused(called(layer("Dense", name="out", units=2), mask=None), KERAS_2)
    assert finding.keras_says == "TypeError: Dense.call() got an unexpected keyword argument 'mask'"


@pytest.mark.parametrize("target", [Target("3.15.1"), Target("3.0.5"), KERAS_2])
def test_whether_to_train_is_taken_out_where_it_is_not_known(target: Target) -> None:
    assert keywords_refused(called(layer("Flatten", name="out"), training=True), target) == []


def test_what_the_call_takes_is_healthy() -> None:
    attention = layer("MultiHeadAttention", name="out", num_heads=1, key_dim=2)
    sick = called_natively(
        attention, return_attention_scores=True, use_causal_mask=True, attention_mask=None, query_mask=None, training=False
    )
    assert keywords_refused(sick, Target("3.15.1")) == []


def test_a_keyword_of_later_releases_is_left_out_where_it_says_what_they_take_without_it() -> None:
    scores = called(layer("Attention", name="out"), use_causal_mask=False)
    (finding,) = keywords_refused(scores, Target("2.9.0"))
    assert keywords_refused(cured(scores, finding), Target("2.9.0")) == []
    assert keywords_refused(scores, Target("2.10.0")) == []
    (finding,) = keywords_refused(called(layer("Attention", name="out"), use_causal_mask=True), Target("2.9.0"))
    assert finding.repair is None


def test_the_nothing_that_keras_2_wrote_for_the_constants_of_a_bidirectional_is_left_out() -> None:
    sick = called(layer("Bidirectional", name="out", layer=layer("LSTM", units=2)), initial_state=None, constants=None)
    (finding,) = keywords_refused(sick, Target("3.15.1"))
    assert keywords_refused(cured(sick, finding), Target("3.15.1")) == []
    assert keywords_refused(sick, KERAS_2) == []


def test_the_mask_of_a_group_normalization_is_no_more() -> None:
    (finding,) = keywords_refused(called(layer("GroupNormalization", name="out", groups=2), mask=["m", 0, 0]), Target("3.15.1"))
    assert finding.repair is None


def test_a_model_and_a_layer_of_the_users_own_may_take_anything() -> None:
    own = {**layer("Gate", name="out", module="mine"), "registered_name": "mine>Gate"}
    assert keywords_refused(called(own, gain=2), Target("3.15.1")) == []
    assert keywords_refused(called(layer("Functional", name="out", module="keras", layers=[]), gain=2), Target("3.15.1")) == []
