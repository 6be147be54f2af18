"""Which calls are tried before their tensors are there."""

from __future__ import annotations

from graphs import after, functional, start

from kdoctor.structure.models import models
from kdoctor.structure.postponed import missing
from kdoctor.testing import document, layer


def late(*layers: dict[str, object]) -> dict[tuple[str, int], list[tuple[str, int, int]]]:
    model, *_ = models(document(functional(start(), *layers)))
    return {step: [tuple(source) for source in sources] for step, sources in missing(model.layers).items()}


def called(name: str, *sources: tuple[str, int]) -> dict[str, object]:
    made = after(layer("Dense", name=name), "in")
    made["inbound_nodes"] = [[[source, number, 0, {}]] for source, number in sources]
    return made


def test_nothing_is_missing_in_a_row() -> None:
    assert late(called("one", ("in", 0)), called("out", ("one", 0))) == {}


def test_layers_in_turn_wait_for_each_other() -> None:
    """``one`` is called; ``out`` is, and waits; the next round goes on."""
    one, out = called("one", ("in", 0), ("out", 0)), called("out", ("one", 0), ("one", 1))
    assert late(one, out) == {("one", 1): [("out", 0, 0)], ("out", 1): [("one", 1, 0)]}


def test_a_layer_listed_too_early_waits_for_one_round() -> None:
    assert late(called("out", ("one", 0)), called("one", ("in", 0))) == {("out", 0): [("one", 0, 0)]}


def test_a_call_of_its_own_result_is_there_at_once() -> None:
    assert late(called("out", ("in", 0), ("out", 0), ("out", 1))) == {}


def test_what_goes_in_a_circle_is_left_out() -> None:
    assert late(called("one", ("out", 0)), called("out", ("one", 0))) == {}
