"""K403: a stored function captures variables, and what is stored of them may not be what they were."""

from __future__ import annotations

from typing import Any

import pytest
from stored_lambdas import crop

from kdoctor.check import Finding
from kdoctor.document import Document, Format
from kdoctor.target import Given, Target
from kdoctor.testing import document, examine, layer, model

ARRAY = {"class_name": "__numpy__", "config": {"value": [0.5, 2.0], "dtype": "float32"}}


def closed_over(*values: Any) -> Document:
    return model(crop("lambda x: x * factor", captured="factor", closure=list(values)))


def found(*values: Any) -> Finding:
    (finding,) = examine("K403", closed_over(*values))
    return finding


def test_a_number_survives_and_is_shown() -> None:
    assert found(0.5).message == "Lambda 'crop' captures factor = 0.5"
    assert found(0.5).needs == ()


def test_an_array_is_called_one() -> None:
    assert found(ARRAY).message == "Lambda 'crop' captures factor = an array"
    assert found(ARRAY).needs == ()


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"class_name": "function", "config": "scale"}, "was the function 'scale', of which only the name is stored"),
        ({"class_name": "Dense", "config": {"units": 3}}, "was an object of the class Dense, stored without its state"),
    ],
)
def test_what_is_not_whole_any_more_is_asked_for(value: Any, said: str) -> None:
    finding = found(value)
    assert finding.message.endswith(f"; factor {said}")
    assert [(need.flag, need.name, need.why) for need in finding.needs] == [("--bind", "factor", f"it {said}")]


def test_a_variable_without_a_value_is_not_in_the_file() -> None:
    assert found().message == "Lambda 'crop' captures factor; factor is not in the file"


def test_a_value_that_the_user_gives_is_not_lost() -> None:
    target = Target("3.15.1", given=Given(bindings={"factor": 2}))
    (finding,) = examine("K403", closed_over(), target)
    assert finding.needs == ()


def test_a_function_that_captures_nothing_is_no_closure() -> None:
    assert examine("K403", model(crop("lambda x: x * factor"))) == []


@pytest.mark.parametrize(("value", "cured"), [(0.5, False), ({"class_name": "function", "config": "scale"}, True)])
def test_before_keras_3_what_is_whole_is_run_as_it_is(value: Any, cured: bool) -> None:
    start, sick = layer("InputLayer", name="in", batch_shape=[None, 4]), crop("lambda x: x * factor", captured="factor", closure=[value])
    for each in (start, sick):
        del each["module"]
    told = document(model(start, sick).config, format=Format.H5_MODEL, metadata={"keras_version": "2.9.0"})
    (finding,) = examine("K403", told, Target("2.15.0", given=Given(bindings={"factor": 0.5})))
    assert (finding.repair is not None) is cured
