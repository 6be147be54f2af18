"""Layers in their order, nesting and connections, in both dialects."""

from __future__ import annotations

from typing import Any

import pytest

from kdoctor.document import Document
from kdoctor.pointer import Pointer
from kdoctor.structure.layers import is_model, layer_at, layers
from kdoctor.structure.objects import model_of
from kdoctor.structure.sources import Source
from kdoctor.testing import document, layer, model, sequential


def functional(*listed: dict[str, Any], name: str = "functional") -> dict[str, Any]:
    return {"module": "keras", "class_name": "Functional", "config": {"name": name, "layers": list(listed)}, "registered_name": None}


def tensor(name: Any, call: Any = 0, output: Any = 0) -> dict[str, Any]:
    return {"class_name": "__keras_tensor__", "config": {"shape": [None, 4], "dtype": "float32", "keras_history": [name, call, output]}}


def called(class_name: str, *nodes: Any, name: str | None = None) -> dict[str, Any]:
    return {**layer(class_name, name=name or class_name.lower()), "inbound_nodes": list(nodes)}


def sources(made: Document) -> list[tuple[tuple[Source, ...], ...]]:
    return [found.calls for found in layers(made)]


def names(made: Document) -> list[str]:
    return [found.name for found in layers(made)]


def test_the_layers_of_a_sequential_come_in_its_order_without_connections() -> None:
    made = model(layer("InputLayer", name="input"), layer("Dense"))
    assert names(made) == ["input", "dense"]
    assert sources(made) == [(), ()]
    assert [(found.number, found.depth, found.at.json) for found in layers(made)] == [
        (0, 0, "/config/layers/0"),
        (1, 0, "/config/layers/1"),
    ]


def test_a_sequential_of_keras_1_lists_its_layers_as_its_config() -> None:
    made = document({"class_name": "Sequential", "config": [{"class_name": "Dense", "config": {"name": "dense_1"}}]})
    assert [(found.name, found.at.json) for found in layers(made)] == [("dense_1", "/config/0")]


def test_a_nested_models_layers_come_right_after_it() -> None:
    made = model(layer("InputLayer", name="input"), sequential(layer("Conv2D"), name="encoder"), layer("Dense"))
    assert [(found.name, found.depth, found.parents) for found in layers(made)] == [
        ("input", 0, ()),
        ("encoder", 0, ()),
        ("conv2d", 1, ("encoder",)),
        ("dense", 0, ()),
    ]


def test_a_layer_without_a_name_is_called_by_its_number() -> None:
    made = document({"class_name": "Sequential", "config": {"layers": [{"class_name": "Dense", "config": {}}]}})
    assert names(made) == ["#0"]


def test_what_is_no_object_among_the_layers_is_left_out() -> None:
    made = document({"class_name": "Sequential", "config": {"layers": [None, "dense", 3, layer("Dense"), {"class_name": "Half"}]}})
    assert [(found.name, found.number) for found in layers(made)] == [("dense", 3)]


def test_keras_3_says_in_args_and_kwargs_where_inputs_come_from() -> None:
    add = called("Add", {"args": [[tensor("left"), tensor("right", 1, 2)]], "kwargs": {"mask": tensor("mask"), "training": None}})
    assert sources(document(functional(add))) == [((Source("left", 0, 0), Source("right", 1, 2), Source("mask", 0, 0)),)]


@pytest.mark.parametrize("node", [[["left", 0, 0, {}], ["right", 1, 2, {}]], [["left", 0, 0], ["right", 1, 2]]])
def test_keras_2_says_in_lists_where_inputs_come_from(node: Any) -> None:
    assert sources(document(functional(called("Add", node)))) == [((Source("left", 0, 0), Source("right", 1, 2)),)]


def test_keras_2_may_leave_out_the_list_around_a_single_input() -> None:
    assert sources(document(functional(called("Dense", ["left", 0, 0, {}])))) == [((Source("left", 0, 0),),)]


def test_keras_2_hides_tensors_in_the_keyword_arguments_of_a_call() -> None:
    node = [["query", 0, 0, {"value": ["value", 0, 0], "use_causal_mask": True}]]
    assert sources(document(functional(called("Attention", node)))) == [((Source("query", 0, 0), Source("value", 0, 0)),)]


def test_a_shared_layer_has_a_call_for_each_use() -> None:
    shared = called("Dense", {"args": [tensor("left")], "kwargs": {}}, {"args": [tensor("right")], "kwargs": {}})
    assert sources(document(functional(shared))) == [((Source("left", 0, 0),), (Source("right", 0, 0),))]


@pytest.mark.parametrize(
    "nodes",
    [
        None,
        {},
        "text",
        [None],
        [3],
        [["left"]],
        [["left", "0", 0]],
        [["left", True, 0]],
        [[3, 0, 0]],
        [{"class_name": "__keras_tensor__", "config": None}],
        [{"class_name": "__keras_tensor__", "config": ["keras_history"]}],
        [{"class_name": "__keras_tensor__"}],
        [tensor(None)],
        [tensor("left", None)],
        [{"class_name": "__keras_tensor__", "config": {"keras_history": "left"}}],
    ],
)
def test_connections_that_make_no_sense_are_no_connections(nodes: Any) -> None:
    (found,) = layers(document(functional({**layer("Dense"), "inbound_nodes": nodes})))
    assert [source for call in found.calls for source in call] == []


def test_a_subclassed_model_is_a_model_when_it_lists_layers() -> None:
    subclassed = model_of(document({"class_name": "MyNet", "config": {"layers": []}}))
    dense = model_of(document(layer("Dense")))
    assert subclassed is not None
    assert dense is not None
    assert (is_model(subclassed), is_model(dense)) == (True, False)


def test_models_nested_deeper_than_the_stack_are_listed_to_the_end() -> None:
    innermost = config = sequential(name="outermost")
    for depth in range(1_500):
        inner = sequential(name=str(depth))
        innermost["config"]["layers"].append(inner)
        innermost = inner
    found = layers(document(config))
    assert (len(found), found[-1].depth) == (1_500, 1_499)
    while config["config"]["layers"]:  # taken apart here, because Python frees nested dicts by recursion
        config = config["config"]["layers"].pop()


def test_a_place_belongs_to_the_innermost_layer_around_it() -> None:
    made = model(sequential(layer("Dense"), name="encoder"), layer("Dense", name="head"))
    inside = Pointer("config") / "config" / "layers" / 0 / "config" / "layers" / 0 / "config" / "units"
    found = layer_at(made, inside)
    assert found is not None
    assert (found.name, found.parents) == ("dense", ("encoder",))


@pytest.mark.parametrize("at", [Pointer("config"), Pointer("config") / "config" / "layers", Pointer("training"), Pointer("faults") / 0])
def test_a_place_outside_every_layer_belongs_to_none(at: Pointer) -> None:
    assert layer_at(model(layer("Dense")), at) is None


def test_the_layers_of_thousands_of_places_are_found_without_looking_through_all_of_them() -> None:
    made = model(*(layer("Dense", name=f"d{index}") for index in range(5_000)))
    places = [row.at / "config" / "units" for row in layers(made)]
    assert [found and found.name for found in (layer_at(made, at) for at in places)] == [row.name for row in layers(made)]
