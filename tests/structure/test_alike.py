"""Layers are alike where the file says the same of them but for names, connections and built lengths; who finds nothing in one of a kind has looked at all."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import kdoctor.checks.foreign_node_format
import pytest
from graphs import after, functional, start

import kdoctor.security.exhausting
import kdoctor.structure.forms
import kdoctor.structure.outline
from kdoctor.archive import open_document
from kdoctor.document import Document
from kdoctor.engine import Report, examine
from kdoctor.keras_api.reader import Call, calls, found_in_calls, telling_calls
from kdoctor.packs import load_checks
from kdoctor.structure.alike import kinds
from kdoctor.structure.layers import Layer, layers
from kdoctor.testing import KERAS_3, document, layer, sequential

SAMPLES = sorted(path for path in (Path(__file__).parents[2] / "sample_models").rglob("*") if path.suffix in (".keras", ".h5"))


def chain(*made: dict[str, Any]) -> Document:
    rows, before = [start()], "in"
    for one in made:
        rows.append(after(one, before))
        before = one["config"]["name"]
    return document(functional(*rows, outputs=((before, 0, 0),)))


def alike(found: Document) -> set[str]:
    return {row.name for row in repeated(found)}


def repeated(found: Document) -> list[Layer]:
    kind = kinds(found)
    return [row for row in layers(found) if kind.get(id(row.node.raw), id(row.node.raw)) != id(row.node.raw)]


def test_layers_are_alike_whatever_their_names_and_connections() -> None:
    made = chain(
        layer("Dense", name="a", units=4), layer("Dense", name="b", units=4), layer("ReLU", name="c"), layer("Dense", name="d", units=4)
    )
    assert alike(made) == {"b", "d"}


@pytest.mark.parametrize(
    "other",
    [
        layer("Dense", name="b", units=2),
        layer("Dense", name="b", units=1.0),
        layer("Dense", name="b", units=True),
        layer("Dense", name="b", units=1, kernel_initializer={"class_name": "Zeros", "config": {}}),
        layer("Dense", name="", units=1),
        layer("Dense", name=5, units=1),
        layer("Dense", name="b", units=1, module="mine"),
        layer("Dense", name="b", units=1, build={"input_shape": [None, 4]}),
        layer("EinsumDense", name="b", units=1),
        {**layer("Dense", name="b", units=1), "registered_name": "mine>Dense"},
        {**layer("Dense", name="b", units=1), "config": []},
        after(layer("Dense", name="b", units=1), "in"),  # in an .h5 an operation without a name is told from a layer by its calls
    ],
)
def test_layers_of_which_the_file_says_anything_else_are_not(other: dict[str, Any]) -> None:
    of_one = {"name": "model", "layers": [layer("Dense", name="a", units=1), other]}
    assert repeated(document({"module": "keras", "class_name": "Sequential", "config": of_one, "registered_name": None})) == []
    of_one["layers"] = [layer("Dense", name="a", units=1), layer("Dense", name="b", units=1)]
    assert len(repeated(document({"module": "keras", "class_name": "Sequential", "config": of_one, "registered_name": None}))) == 1


@pytest.mark.parametrize(("built", "alike"), [
    ({"input_shape": [None, 9]}, True),
    ({"input_shape": [1, 4]}, True),
    ({"input_shape": [None, 4, 4]}, False),
    ({"input_shape": [None, 0]}, False),
    ({"input_shape": [None, -4]}, False),
    ({"input_shape": [None, True]}, False),
    ({"input_shape": [None, 4.0]}, False),
    ({"input_shape": [None, "4"]}, False),
    ({"input_shape": []}, False),
    ({"input_shape": 2}, False),
    ({"input_shape": [None, 4], "more": 1}, False),
    (["input_shape", 2], False),
    (2, False),
])  # fmt: skip
def test_only_the_lengths_that_a_layer_was_built_with_are_its_own(built: Any, alike: bool) -> None:
    listed = [layer("Dense", name="a", units=1, build=[None, 4]), {**layer("Dense", name="b", units=1), "build_config": built}]
    assert listed[0]["build_config"] == {"input_shape": [None, 4]}
    assert bool(repeated(document(sequential(*listed)))) is alike


def test_models_are_like_no_other() -> None:
    inner = sequential(layer("ReLU", name="inside"), name="inner")
    found = document(sequential(inner, deepcopy(inner)))
    assert [row.class_name for row in repeated(found)] == ["ReLU"]


def test_what_is_nested_too_deep_is_like_no_other() -> None:
    deep: Any = []
    for _ in range(5000):
        deep = [deep]
    assert repeated(document(sequential(layer("Dense", name="a", units=deep), layer("Dense", name="b", units=deep)))) == []


def test_the_telling_calls_are_of_one_layer_of_each_kind_and_of_all_that_it_holds() -> None:
    zeros = {"module": "keras.initializers", "class_name": "Zeros", "config": {}, "registered_name": None}
    made = chain(*(layer("Dense", name=f"d{number}", units=4, bias_initializer=zeros) for number in range(50)))
    told = [(call.node.class_name, call.node.name) for call in telling_calls(made, KERAS_3)]
    assert told == [("Functional", "model"), ("InputLayer", "in"), ("Dense", "d0"), ("Zeros", None)]
    assert len(calls(made, KERAS_3)) == 2 + 2 * 50


def test_what_is_found_in_one_kind_is_found_in_all_of_it() -> None:
    made = chain(*(layer("Dense", name=f"d{number}", units=4 + number % 2, odd=number) for number in range(10)))

    def judge(call: Call) -> Iterator[str]:
        if call.arguments.get("units") == 5:
            yield str(call.node.name)

    assert [*found_in_calls(made, KERAS_3, judge)] == ["d1", "d3", "d5", "d7", "d9"]


def many_of_each(sick: dict[str, Any]) -> Document:
    """A healthy kind of layer and a sick one, each many times and in turns."""
    rows = [layer("Dense", name=f"d{number}", units=4) for number in range(6)]
    rows += [{**sick, "config": {**sick["config"], "name": f"s{number}"}} for number in range(6)]
    return chain(*rows[::2], *rows[1::2])


SICK = [
    layer("Dense", units=4, unheard_of=1),
    layer("Dense", units=-4),
    layer("Dense", units=4, kernel_regularizer=1),
    layer("Dense", units=4, activation="unheard_of"),
    layer("Dense", units=4, dtype={"class_name": "Policy", "config": {"name": "float32"}}),
    layer("Dense"),
    layer("Mine", units=4),
    layer("Dense", units=4, build={"input_shape": None}),
    {**layer("Dense", units=4), "registered_name": ["a", "list"]},
    layer("Conv2D", filters=4, kernel_size=[3, 3], input_shape=[4, 4, 1], input_dim=4),
]


@pytest.mark.parametrize("found", [many_of_each(sick) for sick in SICK])
def test_every_layer_of_a_sick_kind_is_told(found: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(found)
    assert told(found) == told_one_by_one(found, monkeypatch)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_reports_are_those_of_who_asks_each_layer(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(open_document(path)) == told_one_by_one(open_document(path), monkeypatch)


def told(found: Document) -> list[tuple[str, str, str]]:
    return _rows(examine(found, KERAS_3, load_checks()))


def told_one_by_one(found: Document, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, str]]:
    """What is told of a document of which no layer is like another, and no call needs less than a look."""
    monkeypatch.setattr(kdoctor.structure.outline, "kinds", lambda document: {})
    for user in (kdoctor.structure.outline, kdoctor.structure.forms, kdoctor.security.exhausting, kdoctor.checks.foreign_node_format):
        monkeypatch.setattr(user, "called_plainly", lambda document: frozenset())
    return told(replace(found))


def _rows(report: Report) -> list[tuple[str, str, str]]:
    assert not report.failures
    return [(one.check.code, str(one.finding.at), one.finding.message) for one in report.findings]
