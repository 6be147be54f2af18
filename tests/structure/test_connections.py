"""Which tensors each call of a layer takes, by the argument that they are given to."""

from __future__ import annotations

from typing import Any

from graphs import functional

from kdoctor.structure.connections import calls_of, inputs_of
from kdoctor.structure.layers import layers
from kdoctor.structure.sources import Source, tensors
from kdoctor.testing import document

ONE, OTHER, THIRD = Source("one", 0, 0), Source("other", 0, 0), Source("third", 1, 2)


def tensor(source: Source) -> dict[str, Any]:
    return {"class_name": "__keras_tensor__", "config": {"shape": [None, 4], "keras_history": [source.layer, source.call, source.output]}}


def called(node: Any) -> tuple[tuple[Source, ...], ...]:
    return calls_of({"inbound_nodes": [node]})


def test_a_layer_without_connections_is_not_called() -> None:
    assert calls_of({}) == calls_of({"inbound_nodes": None}) == calls_of({"inbound_nodes": []}) == ()


def test_keras_3_gives_tensors_by_position_and_by_name() -> None:
    assert called({"args": [tensor(ONE)], "kwargs": {"value": tensor(OTHER)}}) == ((ONE, OTHER),)
    assert called({"args": [[tensor(ONE), tensor(OTHER)]], "kwargs": {}}) == ((ONE, OTHER),)


def test_names_decide_the_order_not_their_place_in_the_file() -> None:
    assert called({"args": [], "kwargs": {"key": tensor(THIRD), "value": tensor(OTHER), "query": tensor(ONE)}}) == ((ONE, OTHER, THIRD),)


def test_masks_and_states_are_nothing_that_a_layer_works_on() -> None:
    assert called({"args": [tensor(ONE)], "kwargs": {"attention_mask": tensor(OTHER), "initial_state": [tensor(THIRD)]}}) == ((ONE,),)
    assert called([["one", 0, 0, {"mask": ["other", 0, 0]}]]) == ((ONE,),)


def test_keras_2_lists_names_calls_and_outputs() -> None:
    assert called([["one", 0, 0, {}], ["third", 1, 2, {}]]) == ((ONE, THIRD),)
    assert called([["one", 0, 0, {"value": ["other", 0, 0]}]]) == ((ONE, OTHER),)


def test_a_single_flat_entry_is_one_tensor() -> None:
    assert called(["one", 0, 0, {}]) == ((ONE,),)


def test_each_call_stands_for_itself() -> None:
    assert calls_of({"inbound_nodes": [[["one", 0, 0, {}]], [["other", 0, 0, {}]]]}) == ((ONE,), (OTHER,))


def test_what_is_no_tensor_is_passed_over() -> None:
    assert list(tensors({"a": [1, "x", ["y", 0], None, {"class_name": "__keras_tensor__", "config": 5}]})) == []
    assert called([["one", "0", 0], 7]) == ((),)


def test_deep_nesting_is_no_matter() -> None:
    value: Any = tensor(ONE)
    for _ in range(5000):
        value = [value]
    assert list(tensors(value)) == [ONE]


def test_a_tensor_among_the_keywords_of_a_call_of_keras_2_is_one_of_the_tensors() -> None:
    node = [[["a", 0, 0, {"y": ["b", 0, 0], "name": None}]]]
    assert [source.layer for source in tensors(node)] == ["a", "b"]


def test_a_dict_of_tensors_is_taken_in_the_order_of_its_keys_in_the_words_of_both() -> None:
    """As Keras flattens it (tree.flatten, tf.nest.flatten), wherever the author wrote which."""
    named = {"b": ["one", 0, 0, {}], "a": ["third", 1, 2, {}]}
    assert called(named) == called({"args": [{"b": tensor(ONE), "a": tensor(THIRD)}], "kwargs": {}}) == ((THIRD, ONE),)


def test_a_model_whose_inputs_are_listed_takes_a_dict_by_their_names() -> None:
    listed = {"layers": [], "input_layers": [["b", 0, 0], ["a", 0, 0]], "output_layers": []}
    inner = {"class_name": "Functional", "name": "inner", "config": {"name": "inner", **listed}}
    for node in ({"a": ["third", 1, 2, {}], "b": ["one", 0, 0, {}]}, {"args": [{"a": tensor(THIRD), "b": tensor(ONE)}], "kwargs": {}}):
        (row,) = layers(document(functional({**inner, "inbound_nodes": [node]})))
        assert inputs_of(row) == ((ONE, THIRD),)
