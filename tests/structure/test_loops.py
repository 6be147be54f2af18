"""Connections in a circle."""

from __future__ import annotations

from graphs import after, functional, start

from kdoctor.structure.loops import circle
from kdoctor.structure.models import models
from kdoctor.testing import document, layer


def around(*layers: dict[str, object]) -> list[str]:
    model, *_ = models(document(functional(start(), *layers)))
    return [layer.key for layer in circle(model.layers)]


def test_layers_in_any_order_are_no_circle() -> None:
    assert around(after(layer("Dense", name="out"), "one"), after(layer("Dense", name="one"), "in")) == []


def test_two_layers_that_take_each_other_are_one() -> None:
    one, two = after(layer("Dense", name="one"), "two"), after(layer("Dense", name="two"), "one")
    assert around(one, two, after(layer("Dense", name="out"), "two")) == ["one", "two"]


def test_a_layer_that_takes_itself_is_one() -> None:
    assert around(after(layer("Dense", name="out"), "out")) == ["out"]


def test_a_layer_that_is_called_with_its_own_result_is_none() -> None:
    twice = after(layer("Dense", name="shared"), "in")
    twice["inbound_nodes"].append([["between", 0, 0, {}]])
    assert around(twice, after(layer("Dense", name="between"), "shared"), after(layer("Dense", name="out"), "shared", node=1)) == []


def test_a_nested_model_of_keras_2_called_with_its_own_result_is_none() -> None:
    inner = functional(start(), after(layer("Dense", name="out"), "in"), name="inner")
    twice = {**inner, "name": "inner", "inbound_nodes": [[["in", 0, 0, {}]], [["inner", 1, 0, {}]]]}
    assert around(twice, after(layer("Dense", name="out"), "inner", node=2)) == []


def test_a_source_that_is_not_there_is_none() -> None:
    assert around(after(layer("Dense", name="out"), "gone")) == []
