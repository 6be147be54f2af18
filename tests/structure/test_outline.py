"""The outline of a file: what is not in it is told by what is, wherever somebody hides it."""

from __future__ import annotations

from typing import Any

import pytest
from graphs import functional, start

from kdoctor.document import Document
from kdoctor.security.hostile import hostile_references
from kdoctor.structure.objects import Node, objects
from kdoctor.structure.outline import class_names, encoded_values, found_in_objects, objects_named, outline, outlined, telling
from kdoctor.testing import document, layer, sequential

EVIL = {"class_name": "function", "module": "os", "config": "system", "registered_name": None}
ZEROS = {"module": "keras.initializers", "class_name": "Zeros", "config": {}, "registered_name": None}


def tensor(name: str, **more: Any) -> dict[str, Any]:
    return {"class_name": "__keras_tensor__", "config": {"shape": [None, 4], "dtype": "float32", "keras_history": [name, 0, 0], **more}}


def call(given: Any, **named: Any) -> dict[str, Any]:
    return {"args": [given], "kwargs": named}


def dense(number: int, *calls: Any, **more: Any) -> dict[str, Any]:
    name = f"d{number}"
    return {**layer("Dense", name=name, units=4, bias_initializer=ZEROS), "name": name, "inbound_nodes": list(calls), **more}


def graph(*rows: dict[str, Any]) -> Document:
    return document(functional(start(), *rows, outputs=((rows[-1]["name"], 0, 0),)))


def chain(last: dict[str, Any]) -> Document:
    return graph(dense(0, call(tensor("in"))), dense(1, call(tensor("d0"))), last)


def test_of_layers_that_are_alike_one_is_drawn_whole() -> None:
    found = chain(dense(2, call(tensor("d1"))))
    assert [node.class_name for node in objects(found)] == ["Functional", "InputLayer", *["Dense", "Zeros"] * 3]
    assert [node.name or node.class_name for node in outlined(found)] == ["model", "in", "d0", "Zeros", "d1", "d2"]
    assert [node.name or node.class_name for node in telling(found)] == ["model", "in", "d0", "Zeros"]
    assert [raw["class_name"] for _, _, raw in outline(found).found if id(raw) in outline(found).inner] == ["Zeros", "__keras_tensor__"]


def test_all_are_found_by_their_names_those_within_layers_too() -> None:
    found = chain(dense(2, call(tensor("d1"))))
    assert [node.name for node in objects_named(found, ["Dense", "Functional"])] == ["model", "d0", "d1", "d2"]
    assert [node.at.keys[2] for node in objects_named(found, ["Zeros"])] == [1, 2, 3]
    assert {*class_names(found)} == {"Functional", "InputLayer", "Dense", "Zeros"}


def test_who_judges_is_asked_for_all_where_one_says_something() -> None:
    found = chain(dense(2, call(tensor("d1"))))

    def judge(node: Node) -> list[str]:
        return [str(node.at)] if node.class_name == "Zeros" else []

    assert [*found_in_objects(found, judge)] == [str(node.at) for node in objects(found) if node.class_name == "Zeros"]
    assert [*found_in_objects(found, lambda node: [node.name] if node.name == "d2" else [])] == []
    assert [*found_in_objects(found, lambda node: [node.name] if node.name == "d2" else [], named=True)] == ["d2"]


@pytest.mark.parametrize(
    "hidden",
    [
        dense(2, call(tensor("d1", more=EVIL))),
        dense(2, call({**tensor("d1"), "more": EVIL})),
        dense(2, call(tensor("d1", keras_history=["d1", 0, 0, EVIL]))),
        dense(2, call([tensor("d1"), {**tensor("d1"), "more": EVIL}])),
        dense(2, call(tensor("d1"), more=EVIL)),
        dense(2, {**call(tensor("d1")), "more": EVIL}),
        dense(2, call(tensor("d1")), EVIL),
        dense(2, [["d1", 0, 0, {"more": EVIL}]]),
        dense(2, inbound_nodes=EVIL),
        dense(2, call(tensor("d1")), name=EVIL),
        dense(2, call(tensor("d1")), more=EVIL),
        {**dense(2, call(tensor("d1"))), "config": {**dense(2)["config"], "name": EVIL}},
    ],
)
def test_nothing_is_hidden_in_a_layer_that_is_like_one_before(hidden: dict[str, Any]) -> None:
    found = graph(dense(0, call(tensor("in"))), dense(1, call(tensor("d0"))), hidden)
    assert {reference.path for reference in hostile_references(found)} == {"os.system"}


def test_one_object_at_two_places_is_the_first_of_its_kind() -> None:
    one = layer("Dense", name="a", units=4, bias_initializer=ZEROS)
    found = document(sequential(one, one, layer("Dense", name="b", units=4, bias_initializer=ZEROS)))
    assert [node.class_name for node in telling(found)] == ["Sequential", "Dense", "Zeros", "Dense", "Zeros"]


def test_plain_values_are_known_by_one_of_each_kind() -> None:
    rows = [layer("Dense", name=name, units=4, shape={"class_name": "__tuple__", "items": [1], "config": {}}) for name in "abc"]
    assert encoded_values(document(sequential(*rows))) == {"__tuple__"}


def test_what_nests_deeper_than_the_stack_is_drawn_whole() -> None:
    inner: dict[str, Any] = {"class_name": "Zeros", "config": {}}
    for _ in range(3000):
        inner = {"class_name": "Wrapper", "config": {"layer": inner}}
    found = document(sequential(inner, *(layer("Dense", name=name, units=4) for name in "ab")))
    assert len(outlined(found)) == len(objects(found)) == 3004
    assert len(objects_named(found, ["Zeros", "Dense"])) == 3
