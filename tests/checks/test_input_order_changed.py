"""K611: several inputs, handed out otherwise than by the release that saved the model."""

from __future__ import annotations

from typing import Any

import pytest
from graphs import after, functional, start

from kdoctor.check import Severity
from kdoctor.document import Document
from kdoctor.target import Target
from kdoctor.testing import document, examine, find_check, layer


def pair(saved_by: str, *names: str, inputs: Any = None) -> Document:
    heads = [start(name) for name in names]
    model = functional(*heads, after(layer("Add", name="out"), *names), inputs=inputs or tuple((name, 0, 0) for name in names))
    return document(model, metadata={"keras_version": saved_by})


@pytest.mark.parametrize(
    ("saved_by", "target", "told"),
    [
        ("3.6.0", "3.15.1", "Keras 3.15.1 takes it by name"),
        ("2.15.0", "3.6.0", "Keras 3.6.0 takes it in the order of its sorted keys"),
        ("3.3.3", "3.4.1", "Keras 3.4.1 takes it in the order of its sorted keys"),
    ],
)
def test_a_dict_for_a_list_of_inputs_is_told_where_its_meaning_changed(saved_by: str, target: str, told: str) -> None:
    (finding,) = examine("K611", pair(saved_by, "zeta", "alpha"), Target(target))
    assert told in finding.message
    assert finding.message.endswith("feed a list, in the order 'zeta', 'alpha'")
    assert find_check("K611").severity_of(finding) is Severity.WARNING


@pytest.mark.parametrize(("saved_by", "target"), [("3.9.2", "3.15.1"), ("2.15.0", "3.15.1"), ("3.5.0", "3.6.0"), ("2.15.0", "2.15.0")])
def test_releases_that_agree_are_healthy(saved_by: str, target: str) -> None:
    assert examine("K611", pair(saved_by, "zeta", "alpha"), Target(target)) == []


def test_names_in_sorted_order_mean_the_same_everywhere() -> None:
    assert examine("K611", pair("3.6.0", "alpha", "zeta")) == []


def test_a_list_for_a_dict_of_inputs_is_worth_knowing() -> None:
    named = {"zeta": ["zeta", 0, 0], "alpha": ["alpha", 0, 0]}
    (finding,) = examine("K611", pair("2.15.0", "zeta", "alpha", inputs=named))
    assert find_check("K611").severity_of(finding) is Severity.INFO
    assert examine("K611", pair("3.9.2", "zeta", "alpha", inputs=named)) == []


def test_one_input_has_no_order() -> None:
    assert examine("K611", pair("3.6.0", "zeta")) == []
