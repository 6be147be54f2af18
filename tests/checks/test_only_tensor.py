"""K204 and K209: a number that no tensor of a layer has, where the layer makes one tensor alone."""

from __future__ import annotations

from typing import Any

import pytest
from graphs import after, cured, functional, start

from kdoctor.document import Document
from kdoctor.testing import document, examine, layer

DENSE = layer("Dense", name="middle", units=4)
OUT = layer("Dense", name="out", units=2)


def native(made: dict[str, Any], *history: Any) -> dict[str, Any]:
    tensor = {"class_name": "__keras_tensor__", "config": {"shape": [None, 4], "dtype": "float32", "keras_history": [*history]}}
    return {**made, "name": made["config"]["name"], "inbound_nodes": [{"args": [tensor], "kwargs": {}}]}


def whole() -> Document:
    return document(functional(start(), after(DENSE, "in"), after(OUT, "middle")))


@pytest.mark.parametrize(("origin", "call", "output"), [("in", 1, 0), ("in", 0, 1), ("in", 2, 3), ("middle", 1, 0), ("middle", 0, 1)])
def test_the_only_tensor_of_a_layer_is_taken(origin: str, call: int, output: int) -> None:
    last = {**OUT, "name": "out", "inbound_nodes": [[[origin, call, output, {}]]]}
    sick = document(functional(start(), after(DENSE, "in"), last))
    findings = examine("K204", sick)
    healed = cured(sick, findings[0])
    assert healed.config["config"]["layers"][2]["inbound_nodes"] == [[[origin, 0, 0, {}]]]
    assert examine("K204", healed) == []


def test_so_it_is_in_the_words_of_keras_3() -> None:
    sick = document(functional(start(), native(DENSE, "in", 0, 0), native(OUT, "middle", 1, 0)))
    (finding,) = examine("K204", sick)
    assert cured(sick, finding).config == document(functional(start(), native(DENSE, "in", 0, 0), native(OUT, "middle", 0, 0))).config


@pytest.mark.parametrize(
    ("ends", "right"), [({"inputs": (("in", 1, 0),)}, "in"), ({"outputs": (("out", 1, 0),)}, "out"), ({"outputs": ("out", 0, 1)}, "out")]
)
def test_so_it_is_with_the_ends_of_the_model(ends: dict[str, Any], right: str) -> None:
    sick = document(functional(start(), after(DENSE, "in"), after(OUT, "middle"), **ends))
    (finding,) = examine("K209", sick)
    healed = cured(sick, finding)
    assert examine("K209", healed) == []
    assert right in str(healed.config["config"]["input_layers" if "inputs" in ends else "output_layers"])


def test_an_input_layer_is_never_numbered_otherwise() -> None:
    """Keras 3.0 numbers the calls of other layers as in other models; `load_model` of 3.15.1 says "list index out of range" of an input."""
    sick = document(functional(start(), after(OUT, "in"), inputs=(("in", 1, 0),)), metadata={"keras_version": "3.0.5"})
    (finding,) = examine("K209", sick)
    assert finding.repair is not None


def test_a_layer_whose_tensor_somebody_takes_may_have_lost_a_call() -> None:
    other = after(layer("Dense", name="other", units=2), "middle")
    late = after(OUT, "middle", node=1)
    (finding,) = examine("K204", document(functional(start(), after(DENSE, "in"), other, late)))
    assert finding.repair is None
    assert [need.flag for need in finding.needs] == ["FILE"]


def test_of_several_outputs_none_is_chosen() -> None:
    both = after(layer("LSTM", name="middle", units=4, return_state=True), "in")
    (finding,) = examine("K204", document(functional(start(), both, after(OUT, "middle", node=1))))
    assert finding.repair is None


def test_what_is_whole_is_healthy() -> None:
    assert [examine(code, whole()) for code in ("K204", "K209")] == [[], []]
