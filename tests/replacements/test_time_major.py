"""A recurrent layer that takes time first, between two transpositions."""

from __future__ import annotations

from typing import Any

from graphs import after, functional

from kdoctor.document import Document
from kdoctor.edit import apply
from kdoctor.replacements.time_major import batch_first, takes_time_first
from kdoctor.structure.models import models
from kdoctor.testing import document, layer

START = {**layer("InputLayer", name="in", batch_shape=[5, 2, 3]), "name": "in", "inbound_nodes": []}
WEIGHTS = {"layers/lstm/cell/vars/0": (3, 16), "layers/lstm/cell/vars/1": (4, 16), "layers/lstm/cell/vars/2": (16,)}


def graph(**config: Any) -> Document:
    cells = after(layer("LSTM", name="cells", units=4, time_major=True, **config), "in")
    return document(functional(START, cells, after(layer("Dense", name="out", units=2), "cells")), weights=WEIGHTS, attributes={"/": {}})


def healed(sick: Document) -> dict[str, Any]:
    (model,) = models(sick)
    edits = batch_first(sick, model.node.at)
    return {item["name"]: item for item in apply(sick, edits).config["config"]["layers"]}


def sources(item: dict[str, Any]) -> str:
    node = item["inbound_nodes"][0]
    return str(node["args"][0]["config"]["keras_history"][0] if isinstance(node, dict) else node[0][0])


def test_sequences_are_turned_before_and_after() -> None:
    made = healed(graph(return_sequences=True))
    assert [sources(made[name]) for name in ("cells_batch_first", "cells", "cells_time_first", "out")] == [
        "in", "cells_batch_first", "cells", "cells_time_first",
    ]  # fmt: skip
    assert "time_major" not in made["cells"]["config"]
    assert made["cells_batch_first"]["config"]["axes"] == [1, 0, 2]


def test_a_last_output_has_no_time_to_turn() -> None:
    made = healed(graph())
    assert sources(made["out"]) == "cells"
    assert "cells_time_first" not in made


def test_a_layer_that_is_called_twice_is_left() -> None:
    sick = graph()
    (model,) = models(sick)
    twice = {**model.layers[1].node.raw, "inbound_nodes": model.layers[1].node.raw["inbound_nodes"] * 2}
    (again,) = models(document(functional(START, twice, after(layer("Dense", name="out", units=2), "cells"))))
    assert not takes_time_first(again, again.layers[1])


def test_all_layers_of_a_model_are_turned_at_once() -> None:
    first = after(layer("LSTM", name="cells", units=4, time_major=True, return_sequences=True), "in")
    second = after(layer("LSTM", name="more", units=4, time_major=True), "cells")
    kernels = {path.replace("lstm", "lstm_1"): shape for path, shape in WEIGHTS.items()} | WEIGHTS
    sick = document(
        functional(START, first, second, after(layer("Dense", name="out", units=2), "more")), weights=kernels, attributes={"/": {}}
    )
    made = healed(sick)
    assert [sources(made[name]) for name in ("cells", "cells_time_first", "more_batch_first", "more", "out")] == [
        "cells_batch_first", "cells", "cells_time_first", "more_batch_first", "more",
    ]  # fmt: skip
    assert not any("time_major" in item["config"] for item in made.values())
