"""K204: a layer takes its input from one that is not there."""

from __future__ import annotations

from graphs import after, functional, start

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
