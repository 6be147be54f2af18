"""Configs whose values are not what they should be: whatever stands where, there is a report, and it can be printed.

KDOCTOR_MUTANTS is the number of mutants of each sample, as for mutants of the bytes.
"""

from __future__ import annotations

import copy
import json
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kdoctor.archive import open_document
from kdoctor.check import Check
from kdoctor.document import Document
from kdoctor.engine import examine, plan
from kdoctor.packs import load_checks
from kdoctor.report.json import report_object
from kdoctor.report.text import render, render_plan
from kdoctor.testing import KERAS_3

MUTANTS = 2 * int(os.environ.get("KDOCTOR_MUTANTS", "1"))
FOLDER = Path(__file__).parent.parent / "sample_models"
SAMPLES = sorted(path for path in FOLDER.glob("*/*") if path.suffix in (".keras", ".h5") and path.is_file())
ODD: list[Any] = [None, True, -1, 10**400, 1.5, float("nan"), "", "\ud800", "a/b", "__lambda__", [], [[]], [None, 0], ["a", 0, 0], {}]
ODD += ["3.²", "3." + "9" * 5000, "uint²"]
ODD += [{"class_name": "Sequential", "config": []}, {"class_name": "__keras_tensor__", "config": None}, {"class_name": [], "config": {}}]


@pytest.fixture(scope="module")
def checks() -> tuple[Check, ...]:
    return load_checks()


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_whatever_stands_in_a_config_there_is_a_report_that_can_be_printed(sample: Path, checks: tuple[Check, ...]) -> None:
    document, dice = open_document(sample), random.Random(sample.name)
    for number in range(MUTANTS):
        mutant = mutated(document, dice)
        report = examine(mutant, KERAS_3, checks)
        assert report.failures == (), (number, report.failures)
        assert json.dumps(report_object(report))
        assert render([report])
        if number == 0:
            assert render_plan(plan(mutant, KERAS_3, checks), "done")


def mutated(document: Document, dice: random.Random) -> Document:
    """The document with one to five values of its JSON parts, its attributes included, replaced by odd ones or taken away."""
    parts = {**document.parts}
    for name in ("config", "training", "metadata", "attributes"):
        if name in parts:
            parts[name] = json.loads(json.dumps(parts[name], default=str))
    for _ in range(dice.choice((1, 2, 5))):
        containers = [found for name in ("config", "training", "metadata") for found in inside(parts.get(name))]
        if containers:
            container = dice.choice(containers)
            key = dice.choice(list(container) if isinstance(container, dict) else range(len(container)))
            if dice.random() < 0.2:
                del container[key]
            else:
                container[key] = copy.deepcopy(dice.choice(ODD))
    return document.replacing(parts)


def inside(value: Any) -> Iterator[Any]:
    """Every container that holds something, the value itself included."""
    if isinstance(value, (dict, list)) and value:
        yield value
        for inner in list(value.values()) if isinstance(value, dict) else value:
            yield from inside(inner)


LARGE = 10**400
ARRAY = {"class_name": "__numpy__", "config": {"value": LARGE, "dtype": "float32"}}


@pytest.mark.parametrize(
    ("name", "place", "value", "code"),
    [
        ("lambda_closure__array.keras", "config/config/layers/1/config/function/config/closure/0", LARGE, "K401"),
        ("lambda_closure__array.keras", "config/config/layers/1/config/function/config/closure/0", ARRAY, "K401"),
        ("lambda_closure__array.keras", "metadata/keras_version", "3." + "9" * 5000, "K401"),
        ("lambda_closure__array.keras", "metadata/keras_version", "3.²", "K401"),
        ("tensorflow_op_layer__keras_2.h5", "config/config/layers/1/inbound_nodes/0", "text", "K603"),
        ("tensorflow_op_layer__keras_2.h5", "config/config/layers/1/config", 1, "K603"),
        ("tensorflow_op_layer__keras_2.h5", "config/config/layers/0/config", 1, "K603"),
    ],
    ids=["number", "array", "long_release", "odd_release", "connection", "config_of_an_operation", "config_of_the_input"],
)
def test_a_value_beside_what_is_wrong_hides_it_from_nobody(name: str, place: str, value: Any, code: str, checks: tuple[Check, ...]) -> None:
    document = open_document(FOLDER / "sick" / name)
    part, *steps = place.split("/")
    changed = json.loads(json.dumps(document.parts[part]))
    inner = changed
    for step in steps[:-1]:
        inner = inner[int(step) if isinstance(inner, list) else step]
    inner[int(steps[-1]) if isinstance(inner, list) else steps[-1]] = value
    report = examine(document.replacing({**document.parts, part: changed}), KERAS_3, checks)
    assert report.failures == ()
    assert code in {found.check.code for found in report.findings}
