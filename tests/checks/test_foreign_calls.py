"""K604 for calls that Keras 3.0 and 3.1 number through all models, and K204, which leaves them to it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy
import pytest
from graphs import cured, functional, start
from rewriting import in_json, rewritten
from typer.testing import CliRunner

from kdoctor.cli.app import app
from kdoctor.document import Document
from kdoctor.testing import document, examine, layer

OLD = {"keras_version": "3.0.5"}


def called(name: str, source: str, *numbers: int, **beside: Any) -> dict[str, Any]:
    """A layer with one call for each number, in the words of Keras 3."""
    tensors = [
        {"class_name": "__keras_tensor__", "config": {"shape": [None, 4], "keras_history": [source, number, 0]}} for number in numbers
    ]
    return {
        **layer("Dense", name=name, units=4),
        "name": name,
        "inbound_nodes": [{"args": [tensor], "kwargs": {}} for tensor in tensors],
        **beside,
    }


def graph(*made: dict[str, Any], **metadata: str) -> Document:
    return document(functional(start(), *made), metadata={**OLD, **metadata})


def numbers(healed: Document) -> list[int]:
    nodes = healed.config["config"]["layers"][2]["inbound_nodes"]
    return [node["args"][0]["config"]["keras_history"][1] for node in nodes]


@pytest.mark.parametrize(("calls", "used", "right"), [(1, [1], [0]), (1, [7, 7], [0, 0]), (2, [0, 2], [0, 1]), (2, [5, 3], [1, 0])])
def test_as_many_numbers_as_calls_are_numbered_anew(calls: int, used: list[int], right: list[int]) -> None:
    sick = graph(called("s", "in", *[0] * calls), called("out", "s", *used))
    (finding,) = examine("K604", sick)
    assert finding.layer == "s"
    assert examine("K204", sick) == []
    healed = cured(sick, finding)
    assert numbers(healed) == right
    assert [*examine("K604", healed), *examine("K204", healed)] == []


@pytest.mark.parametrize(
    "sick",
    [
        graph(called("s", "in", 0), called("out", "s", 1, 2)),
        graph(called("s", "in", 0, 0), called("out", "s", 2)),
        graph(called("s", "in", 0, shared_object_id=3), called("out", "s", 1)),
    ],
)
def test_a_number_that_could_mean_several_calls_or_none_is_left_broken(sick: Document) -> None:
    assert examine("K604", sick) == []
    (finding,) = examine("K204", sick)
    assert finding.repair is None


def test_later_releases_number_the_calls_of_one_model_so_that_another_number_is_damage() -> None:
    sick = graph(called("s", "in", 0), called("out", "s", 1), keras_version="3.6.0")
    assert examine("K604", sick) == []
    (finding,) = examine("K204", sick)
    assert numbers(cured(sick, finding)) == [0]


def test_in_the_words_of_keras_3_a_nested_model_does_not_count_its_own_making() -> None:
    inner = {**functional(start(), called("d", "in", 0), name="s", outputs=(("d", 0, 0),)), "name": "s"}
    inner["inbound_nodes"] = called("s", "in", 0)["inbound_nodes"]
    (finding,) = examine("K204", graph(inner, called("out", "s", 1), keras_version="3.6.0"))
    assert finding.message.startswith("'out' takes its input from call 1 of 's'")


def _moved_up(value: Any, name: str) -> Any:
    """The config as Keras 3.0 saves it, where a model elsewhere had called the layer first."""
    if isinstance(value, dict):
        if value.get("class_name") == "__keras_tensor__" and value["config"]["keras_history"][0] == name:
            _, number, tensor = value["config"]["keras_history"]
            return {**value, "config": {**value["config"], "keras_history": [name, number + 1, tensor]}}
        return {key: _moved_up(item, name) for key, item in value.items()}
    return [_moved_up(item, name) for item in value] if isinstance(value, list) else value


@pytest.mark.filterwarnings("ignore:__array__ implementation")
@pytest.mark.parametrize("nested", [True, False])
def test_a_layer_that_another_model_called_first_computes_the_same_again(tmp_path: Path, nested: bool) -> None:
    path, old, out = tmp_path / "model.keras", tmp_path / "old.keras", tmp_path / "cured.keras"
    within, given = keras.Input((4,)), keras.Input((4,))
    shared = keras.Model(within, keras.layers.Dense(3)(within), name="s") if nested else keras.layers.Dense(3, name="s")
    saved = keras.Model(given, keras.layers.Dense(2)(shared(given)))
    saved.save(path)

    def in_config(text: bytes) -> bytes:
        return json.dumps(_moved_up(json.loads(text), "s")).encode()

    rewritten(path, old, {"config.json": in_config, "metadata.json": in_json(lambda told: told.update(OLD))})
    with pytest.raises(ValueError, match="loops or disconnected"):
        keras.saving.load_model(old)
    assert CliRunner().invoke(app, ["fix", str(old), "-o", str(out)]).exit_code == 0
    numbers = numpy.random.RandomState(3).rand(2, 4).astype("float32")
    assert numpy.allclose(keras.saving.load_model(out)(numbers), saved(numbers), atol=1e-6)
