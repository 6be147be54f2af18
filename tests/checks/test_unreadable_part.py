"""K105: a part is there, but cannot be parsed."""

from __future__ import annotations

from typing import Any

import pytest

from kdoctor.check import Finding
from kdoctor.document import Fault, Format
from kdoctor.edit import apply
from kdoctor.testing import document, examine, find_check, layer, model, sequential

COMMA = {"line": 1, "column": 2707}


def found(kind: str, part: str = "config", format: Format = Format.KERAS_ZIP, **detail: Any) -> Finding:
    (finding,) = examine("K105", document(sequential(), format=format, faults=(Fault(kind, part, detail),)))
    return finding


def severity(finding: Finding) -> str:
    return str(find_check("K105").severity_of(finding))


@pytest.mark.parametrize(
    ("kind", "format", "detail", "severe"),
    [
        ("json-trailing-comma", Format.KERAS_ZIP, COMMA, "error"),
        ("json-trailing-comma", Format.H5_MODEL, COMMA, "error"),
        ("json-bom", Format.KERAS_ZIP, {}, "info"),
        ("json-bom", Format.H5_MODEL, {}, "error"),
        ("json-encoding", Format.KERAS_ZIP, {"encoding": "utf-16-le"}, "info"),
        ("json-encoding", Format.KERAS_ZIP, {"encoding": "latin-1"}, "error"),
        ("json-encoding", Format.H5_MODEL, {"encoding": "utf-16-le"}, "error"),
    ],
)
def test_what_can_be_parsed_all_the_same_is_written_as_plain_json(kind: str, format: Format, detail: Any, severe: str) -> None:
    sick = document(sequential(), format=format, faults=(Fault(kind, "config", detail),))
    (finding,) = examine("K105", sick)
    assert severity(finding) == severe
    assert (finding.keras_says is None) is (severe == "info")
    assert finding.repair is not None
    assert examine("K105", apply(sick, finding.repair.edits)) == []


def test_a_comma_too_many_is_told_with_its_place_in_the_part_that_has_it() -> None:
    assert found("json-trailing-comma", **COMMA).message == "config.json has a comma too many at line 1 column 2707"
    assert found("json-trailing-comma", format=Format.H5_MODEL, **COMMA).message.startswith("model_config has a comma too many")
    assert "Expecting property name enclosed in double quotes" in str(found("json-trailing-comma", **COMMA).keras_says)


def test_nan_is_an_info_without_a_cure() -> None:
    finding = found("json-constant", first="NaN", count=1, line=1)
    assert severity(finding) == "info"
    assert finding.repair is None


def test_a_part_that_breaks_off_is_told_with_the_parsers_own_words() -> None:
    finding = found("json-malformed", line=1, column=1340, why="Unterminated string starting at", empty=False)
    assert finding.message == "config.json is no JSON: Unterminated string starting at at line 1 column 1340"
    assert finding.keras_says == "JSONDecodeError: Unterminated string starting at: line 1 column 1340"
    assert [need.flag for need in finding.needs] == ["FILE"]


def test_an_empty_part_is_called_empty() -> None:
    finding = found("json-malformed", empty=True)
    assert finding.message == "config.json is empty"
    assert "Expecting value: line 1 column 1 (char 0)" in str(finding.keras_says)


def test_a_broken_training_config_does_not_ask_for_the_architecture() -> None:
    finding = found("json-malformed", "training", Format.H5_MODEL, line=1, column=2, why="Expecting value", empty=False)
    assert finding.repair is not None
    assert finding.repair.title.startswith("leave out the training state")
    assert finding.message.startswith("training_config is no JSON")
    assert finding.needs == ()


@pytest.mark.parametrize(("kind", "detail"), [("json-trailing-comma", COMMA), ("json-malformed", {"empty": True})])
def test_metadata_that_cannot_be_parsed_is_an_info_because_keras_never_opens_it(kind: str, detail: Any) -> None:
    finding = found(kind, "metadata", **detail)
    assert severity(finding) == "info"
    assert finding.keras_says is None


def test_damaged_hdf5_is_told_with_its_group() -> None:
    finding = found("hdf5-unreadable", "weights", why="bad heap", group="/layers/dense")
    assert finding.message == "the HDF5 structure of model.weights.h5 is damaged at /layers/dense: bad heap"
    nothing = examine("K105", document(format=Format.OTHER, faults=(Fault("hdf5-unreadable", "weights", {"why": "bad heap"}),)))
    assert nothing[0].message.endswith("nothing in it can be read")


def test_a_cut_file_is_named_by_one_cause_alone() -> None:
    faults = (Fault("truncated"), Fault("hdf5-unreadable", "weights", {"why": "past the end"}))
    assert examine("K105", document(sequential(), faults=faults)) == []


def test_plain_json_is_healthy() -> None:
    assert examine("K105", model(layer("Dense"))) == []


@pytest.mark.parametrize(
    ("how", "told"), [("python", "Python's own text"), ("list", "an array of one text"), ("padded", "zero bytes"), ("closed", "brackets")]
)
def test_text_that_only_seems_to_be_no_config_is_told_for_what_it_is_and_written_as_json(how: str, told: str) -> None:
    sick = document(sequential(), format=Format.H5_MODEL, faults=(Fault("json-in-text", "config", {"how": how}),))
    (finding,) = examine("K105", sick)
    assert told in finding.message
    assert finding.keras_says
    assert finding.repair is not None
    assert examine("K105", apply(sick, finding.repair.edits)) == []
