"""The shapes of all tensors in a model, inferred through the graph."""

from __future__ import annotations

from typing import Any

from kdoctor.document import Document
from kdoctor.graph.shapes import built_with, infer, output_shapes
from kdoctor.pointer import Pointer
from kdoctor.structure.layers import layers
from kdoctor.structure.objects import as_node
from kdoctor.structure.sequential import Shape
from kdoctor.testing import document, layer, model, sequential

INPUT = layer("InputLayer", name="input", batch_shape=[None, 8, 4])


def shapes(made: Document) -> dict[str, Shape | None]:
    told = output_shapes(made)
    return {row.name: told.get(row.at) for row in layers(made)}


def called(one: dict[str, Any], *inputs: str, **named: str) -> dict[str, Any]:
    """The layer with one call, in the form of Keras 2, as a Functional has it."""
    arguments = {key: [name, 0, 0] for key, name in named.items()}
    return {
        **one,
        "name": one["config"]["name"],
        "inbound_nodes": [[[source, 0, 0, arguments if not at else {}] for at, source in enumerate(inputs)]],
    }


def functional(
    *listed: dict[str, Any], inputs: tuple[str, ...] = ("input",), outputs: tuple[str, ...] = ("out",), **more: Any
) -> dict[str, Any]:
    ends = {"input_layers": [[name, 0, 0] for name in inputs], "output_layers": [[name, 0, 0] for name in outputs]}
    return {
        "module": "keras",
        "class_name": "Functional",
        "config": {"name": "net", "layers": list(listed), **ends, **more},
        "registered_name": None,
    }


def start(name: str = "input", shape: tuple[int | None, ...] = (None, 8, 4)) -> dict[str, Any]:
    return {**layer("InputLayer", name=name, batch_shape=list(shape)), "name": name, "inbound_nodes": []}


def test_a_stack_passes_its_shape_from_layer_to_layer() -> None:
    made = model(INPUT, layer("Conv1D", filters=5, kernel_size=3), layer("Flatten"), layer("Dense", units=2))
    assert shapes(made) == {"input": (None, 8, 4), "conv1d": (None, 6, 5), "flatten": (None, 30), "dense": (None, 2)}


def test_a_first_layer_may_state_the_shape() -> None:
    assert shapes(model(layer("Dense", units=2, batch_input_shape=[None, 3]))) == {"dense": (None, 2)}


def test_a_model_may_state_what_it_was_built_with() -> None:
    assert shapes(model(layer("Dense", units=2), build_input_shape=[32, 3])) == {"dense": (32, 2)}


def test_without_any_shape_nothing_is_told() -> None:
    assert shapes(model(layer("Dense", units=2))) == {"dense": None}


def test_a_layer_of_the_users_own_ends_what_can_be_told() -> None:
    assert shapes(model(INPUT, layer("Scale", module="mine"), layer("Dense", units=2))) == {
        "input": (None, 8, 4),
        "scale": None,
        "dense": None,
    }


def test_what_a_layer_was_built_with_tells_the_shape_again() -> None:
    made = model(INPUT, layer("Scale", module="mine"), layer("Dense", units=2, build=[None, 7]))
    assert shapes(made)["dense"] == (None, 2)


def test_a_graph_may_list_its_layers_in_any_order() -> None:
    made = document(
        functional(called(layer("Dense", name="out", units=2), "wide"), called(layer("Dense", name="wide", units=9), "input"), start())
    )
    assert shapes(made) == {"out": (None, 8, 2), "wide": (None, 8, 9), "input": (None, 8, 4)}


def test_branches_meet() -> None:
    made = document(
        functional(
            start(),
            called(layer("Dense", name="left", units=3), "input"),
            called(layer("Concatenate", name="out", axis=-1), "left", "input"),
        )
    )
    assert shapes(made)["out"] == (None, 8, 7)


def test_a_loop_leaves_its_layers_out() -> None:
    made = document(
        functional(start(), called(layer("Add", name="one"), "out", "input"), called(layer("Dense", name="out", units=2), "one"))
    )
    assert shapes(made) == {"input": (None, 8, 4), "one": None, "out": None}


def test_query_and_value_are_told_apart() -> None:
    heads = layer("MultiHeadAttention", name="out", num_heads=2, key_dim=3)
    made = document(functional(start(), start("other", (None, 5, 6)), called(heads, "input", value="other"), inputs=("input", "other")))
    (row,) = [row for row in layers(made) if row.name == "out"]
    assert infer(made).inputs[row.at] == ((None, 8, 4), (None, 5, 6))
    assert shapes(made)["out"] == (None, 8, 4)


def test_a_nested_model_takes_the_shape_of_its_call() -> None:
    inside = functional(
        start("inner", (None, None, 4)), called(layer("Dense", name="last", units=3), "inner"), inputs=("inner",), outputs=("last",)
    )
    made = model(INPUT, inside, layer("Flatten"))
    assert shapes(made)["last"] == (None, 8, 3)
    assert shapes(made)["flatten"] == (None, 24)


def test_keras_2_counts_the_making_of_a_nested_model_as_a_call() -> None:
    inside = {**sequential(layer("Dense", units=3, batch_input_shape=[None, 8, 4]), name="inside"), "name": "inside"}
    last = {**layer("Dense", name="out", units=2), "name": "out", "inbound_nodes": [[["inside", 1, 0, {}]]]}
    made = document(functional(start(), {**inside, "inbound_nodes": [[["input", 0, 0, {}]]]}, last))
    assert shapes(made)["out"] == (None, 8, 2)


def test_the_second_output_of_a_layer_is_another_tensor() -> None:
    recurrent = called(layer("LSTM", name="lstm", units=5, return_sequences=True, return_state=True), "input")
    state = {**layer("Dense", name="out", units=2), "name": "out", "inbound_nodes": [[["lstm", 0, 1, {}]]]}
    assert shapes(document(functional(start(), recurrent, state)))["out"] == (None, 2)


def test_a_stack_of_keras_1_is_read_too() -> None:
    made = document(
        {"class_name": "Sequential", "config": [layer("Dense", units=2, batch_input_shape=[None, 3]), layer("Dropout", rate=0.1)]}
    )
    assert shapes(made) == {"dense": (None, 2), "dropout": (None, 2)}


def test_models_nested_beyond_reason_are_left_unknown() -> None:
    nested = sequential(INPUT)
    for _ in range(2000):
        nested = sequential(nested)
    assert output_shapes(document(nested)).get(Pointer("config"), (None, 8, 4)) == (None, 8, 4)


def test_several_build_shapes_come_in_the_order_of_the_arguments() -> None:
    heads = layer("MultiHeadAttention", num_heads=2, key_dim=3)
    node = as_node(
        {**heads, "build_config": {"shapes_dict": {"value_shape": [None, 5, 6], "query_shape": [None, 8, 4]}}}, Pointer("config")
    )
    assert node is not None
    assert built_with(node) == ((None, 8, 4), (None, 5, 6))


def test_a_sequential_is_put_together_from_its_input_layer_whatever_it_was_built_with() -> None:
    stack = sequential(INPUT, layer("Dense", name="d", units=2), build_input_shape=[None, 8, 9])
    for sick in (document(stack), document({**stack, "build_config": {"input_shape": [None, 77]}})):
        assert shapes(sick)["d"] == (None, 8, 2)


def test_a_sequential_in_front_states_the_input_of_the_one_around_it() -> None:
    inner = sequential(INPUT, layer("Dense", name="d", units=2))
    assert shapes(document(sequential(inner, layer("Dense", name="e", units=3), build_input_shape=[None, 9])))["e"] == (None, 8, 3)
