"""K204: a layer takes its input from one that is not there."""

from __future__ import annotations

from graphs import after, functional, start, wrapped

from kdoctor.target import Target
from kdoctor.testing import document, examine, layer, sequential


def test_a_layer_that_is_missing_is_named_and_has_no_cure() -> None:
    (finding,) = examine("K204", document(functional(start(), after(layer("Dense", name="out"), "conv"))))
    assert finding.message == "'out' takes its input from a layer 'conv', which the model 'model' does not have"
    assert finding.at.json == "/config/layers/1/inbound_nodes/0"
    assert (finding.repair, [need.flag for need in finding.needs]) == (None, ["FILE"])


def test_a_call_that_never_happens_is_named() -> None:
    (finding,) = examine("K204", document(functional(start(), after(layer("Dense", name="out"), "in", node=1))))
    assert finding.message == "'out' takes its input from call 1 of 'in', which the model 'model' does not have"


def test_each_layer_is_named_once_however_many_inputs_it_lacks() -> None:
    assert len(examine("K204", document(functional(start(), after(layer("Add", name="out"), "one", "two"))))) == 1


def test_a_graph_that_holds_together_is_healthy() -> None:
    middle = after(layer("Dense", name="middle"), "in")
    assert examine("K204", document(functional(start(), middle, after(layer("Add", name="out"), "in", "middle")))) == []


def test_a_nested_model_counts_its_own_making_as_a_call() -> None:
    inner = after(sequential(layer("Dense"), name="inner"), "in")
    assert examine("K204", document(functional(start(), inner, after(layer("Dense", name="out"), "inner", node=1)))) == []
    assert len(examine("K204", document(functional(start(), inner, after(layer("Dense", name="out"), "inner", node=2))))) == 1


def test_a_sequential_has_no_connections_that_could_break() -> None:
    assert examine("K204", document(sequential(after(layer("Dense"), "nowhere")))) == []


def test_a_layer_that_is_missing_from_a_wrapped_model_is_named() -> None:
    (finding,) = examine("K204", wrapped(functional(start(), after(layer("Dense", name="out"), "conv"), name="inner")))
    assert finding.message == "'out' takes its input from a layer 'conv', which the model 'inner' does not have"
    assert finding.at.json == "/config/layers/1/config/layer/config/layers/1/inbound_nodes/0"


def test_connections_in_a_circle_are_named_and_have_no_cure() -> None:
    one, two = after(layer("Dense", name="one"), "two"), after(layer("Dense", name="two"), "one")
    sick = document(functional(start(), one, two, after(layer("Dense", name="out"), "two")))
    (finding,) = examine("K204", sick)
    assert finding.message == "connections go in a circle: 'one' from 'two' from 'one'"
    assert (finding.repair, [need.flag for need in finding.needs]) == (None, ["FILE"])
    assert "loops or disconnected nodes" in str(finding.keras_says)
    assert "for ever" in str(examine("K204", sick, Target("2.15.0"))[0].keras_says)


def test_an_output_that_a_layer_does_not_make_is_named() -> None:
    taker = {**layer("Dense", name="out"), "name": "out", "inbound_nodes": [[["in", 0, 1, {}]]]}
    (finding,) = examine("K204", document(functional(start(), taker)))
    assert finding.message == "'out' takes output 1 of 'in', which returns one tensor (counted from 0)"


def test_a_layer_that_is_never_called_makes_nothing_to_take() -> None:
    silent = {**layer("Dense", name="silent"), "name": "silent", "inbound_nodes": []}
    (finding,) = examine("K204", document(functional(start(), silent, after(layer("Dense", name="out"), "silent"))))
    assert finding.message.startswith("'out' takes its input from call 0 of 'silent'")


def test_a_nested_model_that_is_never_called_makes_nothing_for_keras_3() -> None:
    inner = {**sequential(layer("Dense"), name="inner"), "name": "inner", "inbound_nodes": []}
    sick = document(functional(start(), inner, after(layer("Dense", name="out"), "inner")))
    (finding,) = examine("K204", sick)
    assert finding.message == "'out' takes its input from call 0 of 'inner', which the model 'model' does not have"
    assert examine("K204", sick, Target("2.15")) == []
    second = document(functional(start(), inner, after(layer("Dense", name="out"), "inner", node=1)))
    assert len(examine("K204", second, Target("2.15"))) == 1  # which looks for it for ever
