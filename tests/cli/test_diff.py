"""``kdoctor diff``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli.command import Run

SAMPLES = Path(__file__).parents[2] / "sample_models"
PLAIN = SAMPLES / "healthy" / "broken_connection.keras"


def topics(kdoctor: Run, other: str, *options: str) -> set[tuple[str, str]]:
    ended = kdoctor("diff", PLAIN, SAMPLES / other, "--format", "json", *options)
    found = json.loads(ended.out)
    assert ended.code == (0 if found["same"] else 1)
    return {(change["topic"], change["place"]) for change in found["changes"]}


def test_a_file_differs_from_itself_in_nothing(kdoctor: Run) -> None:
    ended = kdoctor("diff", PLAIN, PLAIN, "--deep")
    assert (ended.code, ended.out) == (0, "")


def test_an_array_that_is_gone_is_a_difference(kdoctor: Run) -> None:
    assert topics(kdoctor, "sick/missing_weights.keras") == {("weights", "scores.bias")}


def test_other_numbers_are_told_with_deep_alone(kdoctor: Run) -> None:
    other = "sick/degenerate_weights.keras"
    assert topics(kdoctor, other) == set()
    assert topics(kdoctor, other, "--deep") == {("weights", "scores.kernel: numbers")}


def test_another_connection_is_architecture(kdoctor: Run) -> None:
    assert ("architecture", "scores: inputs") in topics(kdoctor, "sick/broken_connection.keras")


def test_other_layers_and_another_training_state_are_told(kdoctor: Run) -> None:
    found = topics(kdoctor, "sick/custom_compile_object.keras")
    assert {topic for topic, _ in found} >= {"architecture", "weights", "training"}


def test_what_could_not_be_read_is_never_called_the_same(kdoctor: Run) -> None:
    broken = SAMPLES / "sick" / "not_a_model__empty.keras"
    ended = kdoctor("diff", broken, broken)
    assert ended.code not in (0, 1)
    assert "cannot be compared" in ended.err


@pytest.mark.parametrize("format", ["text", "html"])
def test_people_see_both_sides(kdoctor: Run, format: str) -> None:
    ended = kdoctor("diff", PLAIN, SAMPLES / "sick" / "missing_weights.keras", "--format", format)
    assert ended.code == 1
    assert "scores.bias" in ended.out
    assert "float32 (2)" in ended.out
