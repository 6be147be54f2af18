"""How calls of nested models are numbered."""

from __future__ import annotations

from typing import Any

from graphs import after, functional, start

from kdoctor.edit import Edit
from kdoctor.pointer import Pointer
from kdoctor.structure.call_numbers import counted_from_one, ends_of_model, less_one
from kdoctor.structure.objects import Node, as_node
from kdoctor.structure.sources import Source, tensors
from kdoctor.testing import document, layer

INNER = functional(
    start("deep"), after(layer("Dense", name="last"), "deep"), inputs=(("deep", 0, 0),), outputs=(("last", 0, 0),), name="inner"
)


def nodes(*layers: dict[str, Any]) -> list[Node]:
    return [found for index, made in enumerate(layers) if (found := as_node(made, Pointer("config", (index,)))) is not None]


def called(*numbers: int) -> list[Node]:
    """A nested model with one call for each number, and an Add of the results referred to by these numbers."""
    inner = {**INNER, "name": "inner", "inbound_nodes": [[["in", 0, 0, {}]] for _ in numbers]}
    add = {**layer("Add", name="add"), "name": "add", "inbound_nodes": [[["inner", number, 0, {}] for number in numbers]]}
    return nodes(start(), inner, add)


def test_two_calls_that_are_called_1_and_2_are_counted_from_one() -> None:
    assert counted_from_one(called(1, 2)) == {"inner"}


def test_two_calls_that_are_called_0_and_1_are_not() -> None:
    assert counted_from_one(called(0, 1)) == frozenset()


def test_a_layer_that_is_no_model_is_never_counted_from_one() -> None:
    assert (
        counted_from_one(nodes(start(), after(layer("Dense", name="a"), "in"), after(layer("Dense", name="b"), "a", node=1))) == frozenset()
    )


def test_a_reference_past_the_last_call_tells_nothing() -> None:
    inner = {**INNER, "name": "inner", "inbound_nodes": [[["in", 0, 0, {}]]]}
    assert counted_from_one(nodes(start(), inner, after(layer("Dense", name="a"), "inner", node=2))) == frozenset()


def test_a_reference_among_the_named_arguments_counts() -> None:
    inner = {**INNER, "name": "inner", "inbound_nodes": [[["in", 0, 0, {}]]]}
    add = {**layer("TFOpLambda", name="add"), "name": "add", "inbound_nodes": [["in", 0, 0, {"y": ["inner", 1, 0]}]]}
    assert counted_from_one(nodes(start(), inner, add)) == {"inner"}


def test_references_of_the_models_lose_one_and_those_of_others_stay() -> None:
    before = [[["inner", 2, 0, {"y": ["inner", 1, 0], "z": ["dense", 1, 0]}], ["dense", 1, 0, {}]]]
    assert less_one(before, frozenset({"inner"})) == [[["inner", 1, 0, {"y": ["inner", 0, 0], "z": ["dense", 1, 0]}], ["dense", 1, 0, {}]]]


def test_what_is_in_the_form_of_keras_3_is_left_as_it_is() -> None:
    tensor = {"class_name": "__keras_tensor__", "config": {"shape": [None], "keras_history": ["inner", 1, 0]}}
    before = [{"args": [tensor], "kwargs": {}}]
    assert less_one(before, frozenset({"inner"})) == before


def test_every_tensor_is_found_in_both_forms() -> None:
    tensor = {"class_name": "__keras_tensor__", "config": {"keras_history": ["new", 0, 1]}}
    found = list(
        tensors([["old", 0, 0, {"mask": ["named", 2, 0], "axis": -1}], {"args": [[tensor]], "kwargs": {"k": tensor}}], by_name=True)
    )
    assert found == [Source("old", 0, 0), Source("named", 2, 0), Source("new", 0, 1), Source("new", 0, 1)]


def test_named_tensors_are_in_the_order_of_their_names_as_keras_flattens_them() -> None:
    assert list(tensors({"b": ["one", 0, 0], "a": ["two", 0, 0]}, by_name=True)) == [Source("two", 0, 0), Source("one", 0, 0)]


def test_a_model_in_the_place_of_a_layer_is_counted_from_one_in_the_outputs_alone() -> None:
    whole = functional(start(), after(layer("Lambda", name="out"), "in"), outputs=(("out", 0, 0), ("in", 0, 0)))
    at = Pointer("config", ("config", "layers", 1))
    ends = whole["config"]["output_layers"]
    (edit,) = ends_of_model(document(whole), at)
    assert edit == Edit(Pointer("config", ("config", "output_layers")), old=ends, new=[["out", 1, 0], ["in", 0, 0]])


def test_a_layer_that_is_no_output_changes_no_outputs() -> None:
    whole = functional(start(), after(layer("Lambda", name="odd"), "in"), after(layer("Dense", name="out"), "odd"))
    assert ends_of_model(document(whole), Pointer("config", ("config", "layers", 1))) == ()
