"""What costs a reader any amount of time or memory is told from what costs next to nothing."""

from __future__ import annotations

from typing import Any

import pytest

from kdoctor.security.exhausting import immediate_calls, is_slow, slow_patterns
from kdoctor.testing import document, examine, layer, model

TENSOR = {"class_name": "__keras_tensor__", "config": {"shape": [None, 2], "dtype": "float32", "keras_history": ["x", 0, 0]}}


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+", "(a|aa)*b", "(?:a*)*", "((a))+", "(a){30,}", r"(\)a)+", "([)]a)+", ".*.*.*.*.*.*x", "a*a*a*a*a*b", "a?" * 40 + "a" * 40,
    ],
)  # fmt: skip
def test_expressions_that_may_take_for_ever_are_slow(pattern: str) -> None:
    assert is_slow(pattern)


@pytest.mark.parametrize(
    "pattern", ["encoder/.*", r"layer_\d+/dense", "(encoder|decoder)/.*/dense", "(a)?b", r"a\)+", "[)+*]", ".*?/dense", "a{2}b{3,}", ""]
)
def test_expressions_that_people_write_are_not(pattern: str) -> None:
    assert not is_slow(pattern)


def test_two_repetitions_are_slow_where_a_name_is_endless() -> None:
    policies = {"module": "keras.dtype_policies", "class_name": "DTypePolicyMap", "config": {"policy_map": {".*.*.*x": None}}}
    assert list(slow_patterns(model(layer("Dense", dtype=policies)))) == []
    assert [found.text for found in slow_patterns(model(layer("Dense", name="a" * 10_000, dtype=policies)))] == [".*.*.*x"]


def called(*calls: Any) -> list[str]:
    node = {**layer("Full", module="keras.src.ops.numpy"), "inbound_nodes": list(calls)}
    return [found.class_name for found in immediate_calls(document({"class_name": "Functional", "config": {"layers": [node]}}))]


@pytest.mark.parametrize(
    "call",
    [
        {"args": [10**10], "kwargs": {}},
        {"args": [], "kwargs": {"x": [[1.0]]}},
        {"args": [{"class_name": "__numpy__", "config": {"value": [1], "dtype": "int32"}}], "kwargs": {}},
        [["_CONSTANT_VALUE", -1, 5, {"shape": [10**10]}]],
    ],
)
def test_a_call_with_numbers_alone_is_made_at_once(call: Any) -> None:
    assert called(call) == ["Full"]


@pytest.mark.parametrize(
    "call",
    [
        [["_CONSTANT_VALUE", -1, "bij,bkj->bik", {}]],  # of tf.einsum, whose tensors Keras 2 lost
        {"args": [TENSOR, 10**10], "kwargs": {}},
        {"args": [1.0], "kwargs": {"deep": [{"er": [TENSOR]}]}},
        {"args": [], "kwargs": {}},
        {"args": [None], "kwargs": {"training": False}},
        [["x", 0, 0, {"y": 10**10}]],
        [["_CONSTANT_VALUE", -1, 5, {"y": ["x", 0, 0]}]],
        [],
        None,
    ],
)
def test_a_call_in_which_a_tensor_takes_part_or_nothing_is_none(call: Any) -> None:
    assert called(call) == []


def test_a_model_that_a_loss_holds_is_looked_into() -> None:
    full = {"class_name": "Full", "config": {"name": "full"}, "inbound_nodes": [{"args": [10**10], "kwargs": {}}]}
    held = {"class_name": "Mine", "config": {"model": {"class_name": "Functional", "config": {"layers": [full]}}}}
    sick = document(
        {"class_name": "Sequential", "config": {"layers": [{"class_name": "Dense", "config": {}, "inbound_nodes": 5}]}},
        training={"loss": held},
    )
    assert [found.class_name for found in immediate_calls(sick)] == ["Full"]


def test_a_key_that_is_no_expression_is_named() -> None:
    """Keras 3.15.1: "error: missing ), unterminated subpattern at position 0"."""

    def found(*keys: str) -> list[str]:
        policies = {
            "class_name": "DTypePolicyMap",
            "module": "keras",
            "config": {"policy_map": dict.fromkeys(keys)},
            "registered_name": None,
        }
        return [finding.message for finding in examine("K605", model(layer("Dense", name="a(b", units=1, dtype=policies)))]

    assert found("(a", "[a", "*a", "a{2,1}", "a\\") == [
        "the key '(a' of a DTypePolicyMap is no regular expression: missing ), unterminated subpattern at position 0",
        "the key '[a' of a DTypePolicyMap is no regular expression: unterminated character set at position 0",
        "the key '*a' of a DTypePolicyMap is no regular expression: nothing to repeat at position 0",
        "the key 'a{2,1}' of a DTypePolicyMap is no regular expression: min repeat greater than max repeat at position 2",
        "the key 'a\\\\' of a DTypePolicyMap is no regular expression: bad escape (end of pattern) at position 1",
    ]
    assert found("dense", "encoder/.*", "a{2}", "(a|b)?", "model/a(b", "[[a]") == []
