"""Layers and arrays in the order of Keras 2, which a longer way through the model changes. What is expected was loaded in 2.9 and 2.15."""

from __future__ import annotations

from typing import Any

from kdoctor.container import Container
from kdoctor.convert.conversion import convert
from kdoctor.target import Target
from kdoctor.testing import document, layer

KERAS_2 = Target("2.15.0")


def tensor(name: str, call: int = 0) -> dict[str, Any]:
    return {"class_name": "__keras_tensor__", "config": {"shape": [None, 4], "dtype": "float32", "keras_history": [name, call, 0]}}


def row(class_name: str, name: str, *sources: Any, **config: Any) -> dict[str, Any]:
    """A layer, called once with each of these: tensors, or lists of them."""
    return {**layer(class_name, name=name, **config), "name": name, "inbound_nodes": [{"args": [one], "kwargs": {}} for one in sources]}


def model(*layers: dict[str, Any], ends: Any, name: str = "model") -> dict[str, Any]:
    listed = [row("InputLayer", "in", batch_shape=[None, 4], dtype="float32"), *layers]
    whole = layer("Functional", name=name, layers=listed, input_layers=["in", 0, 0], output_layers=ends)
    return {**whole, "module": "keras.src.models.functional"}


def dense(name: str, source: str = "in") -> dict[str, Any]:
    return row("Dense", name, tensor(source), units=4, use_bias=False)


def two_ways() -> list[dict[str, Any]]:
    """Keras 3 has "deep" before "wide": two layers behind it, and one. Spelled out, that one is four."""
    curved = row("Activation", "curved", tensor("bent"), activation="tanh")
    gate = row("Activation", "gate", tensor("wide"), activation="hard_silu")
    rows = [dense("deep"), row("Activation", "bent", tensor("deep"), activation="relu"), dense("wide"), curved, gate]
    return [*rows, row("Subtract", "out", [tensor("curved"), tensor("gate")])]


WEIGHTS = {"layers/dense/vars/0": (4, 4), "layers/dense_1/vars/0": (4, 4)}


def test_a_layer_that_is_farther_from_the_end_comes_first_with_its_array() -> None:
    sick = document(model(*two_ways(), ends=["out", 0, 0]), attributes={"/": {}}, weights=WEIGHTS)
    older = convert(sick, KERAS_2, Container.H5).document
    assert [name for name in older.attributes["/model_weights"]["layer_names"] if name in ("deep", "wide")] == ["wide", "deep"]
    assert {path: weight.source for path, weight in older.weights.items()} == {
        "model_weights/deep/deep/kernel:0": "layers/dense/vars/0",
        "model_weights/wide/wide/kernel:0": "layers/dense_1/vars/0",
    }
    zipped = convert(sick, KERAS_2, Container.KERAS).document
    assert {path: weight.source for path, weight in zipped.weights.items()} == {
        "layers/dense/vars/0": "layers/dense_1/vars/0",
        "layers/dense_1/vars/0": "layers/dense/vars/0",
    }


def test_so_does_one_of_a_nested_model() -> None:
    inner = {**model(*two_ways(), ends=["out", 0, 0], name="inner"), "name": "inner"}
    inner["inbound_nodes"] = [{"args": [tensor("in")], "kwargs": {}}]
    weights = {f"layers/functional/{path}": shape for path, shape in WEIGHTS.items()}
    outer = model(inner, row("Flatten", "end", tensor("inner")), ends=["end", 0, 0])
    zipped = convert(document(outer, attributes={"/": {}}, weights=weights), KERAS_2, Container.KERAS).document
    assert zipped.weights["layers/functional/layers/dense/vars/0"].source == "layers/functional/layers/dense_1/vars/0"


def test_a_functional_is_counted_from_one_where_the_model_ends_by_either_keras() -> None:
    """What goes in has the call 0 of "inner" at the end alone, which Keras 3 calls 1 there, and its call 1 in between, which it calls 1 too."""
    inner = {**model(dense("held"), ends=["held", 0, 0], name="inner"), "name": "inner"}
    inner["inbound_nodes"] = [{"args": [tensor(name)], "kwargs": {}} for name in ("in", "flat")]
    outer = model(
        row("Flatten", "flat", tensor("in")), inner, row("Flatten", "end", tensor("inner", 1)), ends=[["inner", 1, 0], ["end", 0, 0]]
    )
    weights = {"layers/functional/layers/dense/vars/0": (4, 4)}
    sick = document(outer, attributes={"/": {}}, weights=weights, metadata={"keras_version": "3.15.1"})
    config = convert(sick, KERAS_2, Container.H5).document.config["config"]
    assert config["layers"][-1]["inbound_nodes"] == [[["inner", 2, 0, {}]]]
    assert config["output_layers"] == [["inner", 1, 0], ["end", 0, 0]]
