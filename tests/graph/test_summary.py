"""The table that people know from ``model.summary()``, from the file alone."""

from __future__ import annotations

from typing import Any

from kdoctor.document import Document
from kdoctor.graph.summary import Summary, _with_nested, rows, summarize
from kdoctor.structure.sequential import Shape
from kdoctor.testing import document, layer, sequential

INPUT = layer("InputLayer", name="input", batch_shape=[None, 10, 4])


def shapes(made: Document) -> dict[str, Shape | None]:
    return {row.layer.name: row.shape for row in rows(made)}


def called(one: dict[str, Any], *inputs: tuple[str, int, int]) -> dict[str, Any]:
    return {**one, "inbound_nodes": [[[*source, {}] for source in inputs]]}


def functional(*listed: dict[str, Any]) -> Document:
    return document({"class_name": "Functional", "config": {"name": "net", "layers": list(listed)}})


def test_a_model_is_summed_up_by_class_name_layers_and_parameters() -> None:
    weights = {"layers/lstm/cell/vars/0": (4, 128), "layers/dense/vars/0": (32, 2)}
    made = document(sequential(INPUT, layer("LSTM"), layer("Dense"), name="forecaster"), weights=weights)
    assert summarize(made) == Summary("Sequential", "forecaster", 3, 576, 2304)


def test_a_file_without_model_has_weights_at_most() -> None:
    assert summarize(document(weights={"dense/kernel": (4, 2)})) == Summary(None, None, 0, 8, 32)


def test_an_input_has_the_shape_that_it_states() -> None:
    assert shapes(document(sequential(INPUT))) == {"input": (None, 10, 4)}


def test_a_layers_output_is_what_the_next_one_was_built_with() -> None:
    made = document(sequential(INPUT, layer("LSTM"), layer("Dense", build=[None, 32], units=2)))
    assert shapes(made)["lstm"] == (None, 32)


def test_in_a_graph_the_reader_of_the_output_tells_its_shape() -> None:
    made = functional(INPUT, called(layer("LSTM"), ("input", 0, 0)), called(layer("Dense", build=[None, 32]), ("lstm", 0, 0)))
    assert shapes(made)["lstm"] == (None, 32)


def test_a_reader_of_several_tensors_tells_nothing_about_each() -> None:
    made = functional(
        called(layer("LSTM"), ("input", 0, 0)),
        called(layer("GRU"), ("input", 0, 0)),
        called(layer("Add", build=[None, 32]), ("lstm", 0, 0), ("gru", 0, 0)),
    )
    assert shapes(made) == {"lstm": None, "gru": None, "add": (None, 32)}


def test_the_last_dense_knows_its_own_output() -> None:
    assert shapes(document(sequential(INPUT, layer("Dense", build=[None, 10, 4], units=2))))["dense"] == (None, 10, 2)


def test_where_the_file_tells_no_shape_there_is_none() -> None:
    assert shapes(document(sequential(layer("Lambda"), layer("Dense", units=2)))) == {"lambda": None, "dense": None}


def test_nested_models_stand_before_their_layers_and_count_them() -> None:
    path = "layers/sequential/layers/dense/vars/0"
    made = document(
        sequential(INPUT, sequential(layer("Dense", name="inner"), name="encoder"), layer("Dense", name="head")), weights={path: (4, 2)}
    )
    assert [(row.layer.name, row.layer.depth, row.parameters) for row in rows(made)] == [
        ("input", 0, 0),
        ("encoder", 0, 8),
        ("inner", 1, 8),
        ("head", 0, 0),
    ]


def test_a_nested_model_counts_layers_that_the_file_keeps_beside_it() -> None:
    inner = sequential(layer("Dense", name="inner"), layer("Dense", name="last"), name="encoder")
    made = document(sequential(INPUT, sequential(inner, name="outer"), layer("Dense", name="head")), weights={})
    found = tuple(row.layer for row in rows(made))
    assert [layer.name for layer in found] == ["input", "outer", "encoder", "inner", "last", "head"]
    assert _with_nested(found, [0, 0, 0, 8, 2, 5]) == [0, 10, 10, 8, 2, 5]
    assert _with_nested(found, [0, 10, 0, 8, 2, 5]) == [0, 10, 10, 8, 2, 5]


def test_layers_of_different_models_do_not_read_each_other() -> None:
    made = document(sequential(sequential(layer("LSTM"), name="encoder"), layer("Dense", build=[None, 32], name="head")))
    assert shapes(made)["lstm"] is None
    assert shapes(made)["encoder"] == (None, 32)


def test_nonsense_in_shapes_and_units_is_no_shape() -> None:
    odd = layer("Dense", build={"length": 3}, units="two")
    assert shapes(document(sequential(layer("InputLayer", batch_shape="None, 4"), odd))) == {"inputlayer": None, "dense": None}
