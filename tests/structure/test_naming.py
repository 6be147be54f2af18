"""New names for layers, and every reference that follows them."""

from __future__ import annotations

from typing import Any

from graphs import after, functional, start

from kdoctor.document import Document, Json
from kdoctor.edit import apply
from kdoctor.pointer import Pointer
from kdoctor.structure.naming import fresh, rename
from kdoctor.structure.objects import Node, as_node, model_of
from kdoctor.testing import document, layer, sequential


def renamed(sick: Document, names: dict[int, str], references: dict[str, str]) -> Json:
    return apply(sick, rename(root(sick), names, references)).config["config"]


def root(sick: Document) -> Node:
    found = model_of(sick)
    assert found is not None
    return found


def test_a_name_is_kept_where_it_is_free_and_numbered_where_it_is_not() -> None:
    assert fresh("dense", set()) == "dense"
    assert fresh("dense", {"dense", "dense_1"}) == "dense_2"


def test_both_copies_of_a_name_change_and_all_that_refer_to_it() -> None:
    graph = document(functional(start(), after(layer("Dense", name="out"), "in"), outputs={"probability": ["out", 0, 0]}))
    config = renamed(graph, {0: "first", 1: "last"}, {"in": "first", "out": "last"})
    assert [(item["name"], item["config"]["name"]) for item in config["layers"]] == [("first", "first"), ("last", "last")]
    assert config["layers"][1]["inbound_nodes"] == [[["first", 0, 0, {}]]]
    assert config["input_layers"] == [["first", 0, 0]]
    assert config["output_layers"] == {"probability": ["last", 0, 0]}


def test_tensors_among_keywords_and_in_the_form_of_keras_3_are_followed() -> None:
    tensor = {"class_name": "__keras_tensor__", "config": {"shape": [None], "keras_history": ["in", 0, 0]}}
    new: dict[str, Any] = {**layer("Dense", name="b"), "inbound_nodes": [{"args": [tensor], "kwargs": {}}]}
    old: dict[str, Any] = {**layer("Attention", name="c"), "inbound_nodes": [[["b", 0, 0, {"value": ["in", 0, 0], "text": "in"}]]]}
    config = renamed(document(functional(start(), new, old)), {0: "first"}, {"in": "first"})
    assert config["layers"][1]["inbound_nodes"][0]["args"][0]["config"]["keras_history"] == ["first", 0, 0]
    assert config["layers"][2]["inbound_nodes"] == [[["b", 0, 0, {"value": ["first", 0, 0], "text": "in"}]]]


def test_what_does_not_change_is_no_edit() -> None:
    graph = document(functional(start(), after(layer("Dense", name="out"), "in")))
    assert rename(root(graph), {}, {}) == ()
    assert [edit.at.json for edit in rename(root(graph), {}, {"out": "last"})] == ["/config/output_layers"]


def test_the_bare_list_of_keras_1_is_renamed_where_it_stands() -> None:
    config = {"class_name": "Sequential", "config": [layer("Dense", name="a/b"), "no layer"]}
    node = as_node(config, Pointer("config"))
    assert node is not None
    (edit,) = rename(node, {0: "a_b", 1: "x"}, {})
    assert edit.at.json == "/config"
    assert edit.new == [layer("Dense", name="a_b"), "no layer"]


def test_weights_are_never_touched() -> None:
    named = document(sequential(layer("Dense", name="a")), weights={"layers/dense/vars/0": (1, 1)})
    assert {edit.at.part for edit in rename(root(named), {0: "b"}, {})} == {"config"}
