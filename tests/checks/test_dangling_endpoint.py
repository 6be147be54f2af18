"""K209: inputs or outputs that are not declared, or that no layer makes."""

from __future__ import annotations

from typing import Any

import pytest
from graphs import after, cured, functional, start, wrapped

from kdoctor.document import Document, Format
from kdoctor.target import Target
from kdoctor.testing import document, examine, layer, model

OUT = after(layer("Dense", name="out"), "in")


def graph(**endpoints: Any) -> Document:
    return document(functional(start(), OUT, **endpoints))


@pytest.mark.parametrize("nothing", [(), None, {}])
def test_the_only_input_layer_is_declared_where_no_input_is(nothing: object) -> None:
    sick = graph(inputs=nothing)
    (finding,) = examine("K209", sick)
    assert finding.keras_says == "ValueError: `inputs` argument cannot be empty. Received:"
    healed = cured(sick, finding)
    assert healed.config["config"]["input_layers"] == [["in", 0, 0]]
    assert examine("K209", healed) == []


def test_the_order_of_two_inputs_is_not_guessed() -> None:
    both = functional(start("one"), start("two"), after(layer("Add", name="out"), "one", "two"), inputs=())
    (finding,) = examine("K209", document(both))
    assert finding.repair is None
    assert [need.name for need in finding.needs] == ["the order of the inputs"]


def test_outputs_are_never_guessed() -> None:
    (finding,) = examine("K209", graph(outputs=()))
    assert (finding.message, finding.repair) == ("the model 'model' declares no outputs", None)


def test_an_output_that_no_layer_makes_is_named() -> None:
    (finding,) = examine("K209", graph(outputs=(("dense_3", 0, 0),)))
    assert finding.message == "the model 'model' declares the output 'dense_3', which none of its layers makes"
    assert finding.keras_says == "RuntimeError: Internal error: could not find layer dense_3."
    assert finding.repair is None


@pytest.mark.parametrize("outputs", [("out", 0, 0), (("out", 0, 0),), {"probability": ["out", 0, 0]}])
def test_flat_listed_and_named_outputs_are_healthy(outputs: object) -> None:
    assert examine("K209", graph(outputs=outputs)) == []


def test_a_sequential_declares_none() -> None:
    assert examine("K209", model(layer("Dense"))) == []


def test_an_output_of_a_layer_that_is_never_called_is_named() -> None:
    (finding,) = examine("K209", document(functional(start(), {**OUT, "inbound_nodes": []})))
    assert finding.message == "the model 'model' declares the output 'out', a layer that is never called"
    assert finding.keras_says == "IndexError: list index out of range"


def test_the_only_input_of_a_wrapped_model_is_declared() -> None:
    sick = wrapped(functional(start(), OUT, inputs=(), name="inner"))
    (finding,) = examine("K209", sick)
    healed = cured(sick, finding)
    assert healed.config["config"]["layers"][1]["config"]["layer"]["config"]["input_layers"] == [["in", 0, 0]]
    assert examine("K209", healed) == []


@pytest.mark.parametrize("end", [["out", 0, 1], ["out", 1, 0]])
def test_a_tensor_that_its_layer_does_not_make_is_named(end: list[Any]) -> None:
    (finding,) = examine("K209", graph(outputs=[end]))
    assert finding.keras_says == "IndexError: list index out of range"
    assert finding.layer == "out"


@pytest.mark.parametrize("end", [["out", 0, -1], ["in", 0, 0]])
def test_one_that_is_counted_from_the_end_or_is_an_input_is_healthy(end: list[Any]) -> None:
    assert examine("K209", graph(outputs=[end])) == []


def test_a_layer_that_may_return_several_tensors_is_not_looked_at() -> None:
    states = after(layer("LSTM", name="out", units=2, return_state=True), "in")
    assert examine("K209", document(functional(start(), states, outputs=[["out", 0, 2]]))) == []


def test_an_input_declared_twice_is_refused_by_keras_2_alone() -> None:
    ends = {"input_layers": [["a", 0, 0], ["a", 0, 0]], "output_layers": [["a", 0, 0]]}
    rows = [{**layer("InputLayer", name="a", batch_shape=[None, 3]), "name": "a", "inbound_nodes": []}]
    twice = document({"class_name": "Functional", "config": {"name": "model", "layers": rows, **ends}})
    assert "twice" in examine("K209", twice, Target("2.15.0", "tf-keras"))[0].message
    assert examine("K209", twice) == []


@pytest.mark.parametrize(
    ("declared", "right"), [(["a", "a", "b"], ["a", "b"]), (["a", "b", "b"], ["a", "b"]), (["a", "b", "a"], None), (["a", "a"], None)]
)
def test_no_keras_before_3_saves_an_input_declared_twice(declared: list[str], right: list[str] | None) -> None:
    rows = [{**layer("InputLayer", name=name, batch_shape=[None, 3]), "name": name, "inbound_nodes": []} for name in "ab"]
    ends = {"input_layers": [[name, 0, 0] for name in declared], "output_layers": [["a", 0, 0], ["b", 0, 0]]}
    config = {"class_name": "Functional", "config": {"name": "model", "layers": rows, **ends}}
    assert examine("K209", document(config)) == []
    edited = document(config, format=Format.H5_MODEL, metadata={"keras_version": "1.2.2"})
    (finding,) = examine("K209", edited)
    if right is None:
        assert finding.repair is None
        assert finding.needs
        return
    healed = cured(edited, finding)
    assert healed.config["config"]["input_layers"] == [[name, 0, 0] for name in right]
    assert examine("K209", healed) == []
