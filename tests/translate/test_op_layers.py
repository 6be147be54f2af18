"""The TensorFlow-op layers of one model as operations of Keras 3."""

from __future__ import annotations

from typing import Any

from graphs import after, functional, start

from kdoctor.pointer import Pointer
from kdoctor.structure.objects import as_node
from kdoctor.testing import layer
from kdoctor.translate.op_layers import Translated, translated

BY_NAME = "__operators__.getitem"


def op(function: str, *calls: Any, name: str = "out") -> dict[str, Any]:
    return {**layer("TFOpLambda", name=name, function=function, dtype="float32"), "name": name, "inbound_nodes": list(calls)}


def op_layer(operation: str, constants: dict[str, Any], *sources: str, **attributes: Any) -> dict[str, Any]:
    definition = {"name": "out", "op": operation, "attr": attributes}
    return after(layer("TensorFlowOpLayer", name="out", node_def=definition, constants=constants), *sources)


def result(*layers: dict[str, Any], outputs: object = (("out", 0, 0),)) -> Translated:
    node = as_node(functional(start(), *layers, outputs=outputs), Pointer("config"))
    assert node is not None
    return translated(node, (), "3.15.1", (2, 15))


def made(found: Translated) -> dict[str, dict[str, Any]]:
    """The layers of the new model by name; fails where there is none."""
    assert found.refused == ()
    assert found.layers is not None
    return {each["name"]: each for each in found.layers}


def reasons(found: Translated) -> dict[str, str]:
    assert found.layers is None
    return {refusal.layer: refusal.why for refusal in found.refused}


def history(value: Any) -> Any:
    """The tensors of an operation's arguments as ``[layer, call, output]``."""
    if isinstance(value, list):
        return [history(item) for item in value]
    return value["config"]["keras_history"] if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__" else value


def taken(node: dict[str, Any]) -> Any:
    return history(node["inbound_nodes"][0]["args"])


def test_an_operation_takes_the_place_and_the_name_of_the_layer() -> None:
    layers = made(result(op("nn.relu", ["in", 0, 0, {"name": None}])))
    assert list(layers) == ["in", "out"]
    assert (layers["out"]["class_name"], taken(layers["out"])) == ("Relu", [["in", 0, 0]])


def test_concat_repeats_its_arguments_beside_each_tensor() -> None:
    call = [["in", 0, 0, {"axis": -1}], ["in", 0, 0, {"axis": -1}]]
    node = made(result(op("concat", call)))["out"]
    assert (node["class_name"], node["config"]["axis"]) == ("Concatenate", -1)
    assert taken(node) == [[["in", 0, 0], ["in", 0, 0]]]


def test_a_tensor_among_the_named_arguments_is_an_operand() -> None:
    twice = after(layer("Dense", name="dense", units=4), "in")
    assert taken(made(result(twice, op("math.subtract", ["in", 0, 0, {"y": ["dense", 0, 0]}])))["out"]) == [["in", 0, 0], ["dense", 0, 0]]


def test_a_constant_stands_first() -> None:
    node = made(result(op("math.subtract", ["_CONSTANT_VALUE", -1, 1.0, {"y": ["in", 0, 0]}])))["out"]
    assert (node["class_name"], taken(node)) == ("Subtract", [1.0, ["in", 0, 0]])


def test_a_slice_is_one_operation() -> None:
    slices = {"slice_spec": [{"start": None, "stop": None, "step": None}, {"start": 0, "stop": 2, "step": None}]}
    cut = {**layer("SlicingOpLambda", name="out", function=BY_NAME), "name": "out", "inbound_nodes": [["in", 0, 0, slices]]}
    assert made(result(cut))["out"]["class_name"] == "GetItem"


def test_each_of_several_outputs_is_referred_to() -> None:
    split = op("split", ["in", 0, 0, {"num_or_size_splits": 2, "axis": -1}], name="halves")
    add = {**layer("Add", name="out"), "name": "out", "inbound_nodes": [[["halves", 0, 0, {}], ["halves", 0, 1, {}]]]}
    layers = made(result(split, add))
    assert layers["halves"]["class_name"] == "Split"
    assert [entry[:3] for entry in layers["out"]["inbound_nodes"][0]] == [["halves", 0, 0], ["halves", 0, 1]]


def test_an_output_that_an_operation_has_not_is_refused() -> None:
    split = op("split", ["in", 0, 0, {"num_or_size_splits": 2, "axis": -1}], name="halves")
    assert "'halves' has no output 2" in reasons(result(split, op("nn.relu", ["halves", 0, 2, {}])))["out"]


def test_a_number_of_an_output_that_no_layer_has_is_refused() -> None:
    for output in (-5, 5000):
        assert "no output" in reasons(result(op("nn.relu", ["in", 0, output, {}])))["out"]
        assert reasons(result(after(layer("Dense", name="d"), "in"), op("nn.relu", ["d", 0, output, {}])))


def test_constants_of_a_node_def_stand_in_their_places() -> None:
    node = made(result(op_layer("Sub", {"0": 1.0}, "in")))["out"]
    assert (node["class_name"], taken(node)) == ("Subtract", [1.0, ["in", 0, 0]])


def test_a_node_def_of_another_form_is_refused_and_ends_nothing() -> None:
    assert "node_def" in reasons(result(op_layer("Split", {}, "in", num_split={"i": "2"})))["out"]


def test_a_layer_that_is_called_twice_becomes_two_operations() -> None:
    dense = after(layer("Dense", name="dense", units=4), "in")
    shared = op("nn.relu", ["in", 0, 0, {}], ["dense", 0, 0, {}], name="shared")
    add = {**layer("Add", name="out"), "name": "out", "inbound_nodes": [[["shared", 0, 0, {}], ["shared", 1, 0, {}]]]}
    layers = made(result(dense, shared, add))
    sources = [entry[0] for entry in layers["out"]["inbound_nodes"][0]]
    assert [taken(layers[name]) for name in sources] == [[["in", 0, 0]], [["dense", 0, 0]]]


def test_what_has_no_counterpart_is_named_and_so_is_what_works_on_it() -> None:
    found = reasons(result(op("random.shuffle", ["in", 0, 0, {}], name="odd"), op("nn.relu", ["odd", 0, 0, {}])))
    assert "tf.random.shuffle" in found["odd"]


def test_layers_in_a_loop_make_no_model() -> None:
    found = result(op("nn.relu", ["b", 0, 0, {}], name="a"), op("nn.relu", ["a", 0, 0, {}], name="b"), outputs=(("b", 0, 0),))
    assert reasons(found)
