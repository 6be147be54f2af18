"""What Keras 2.15 really did with every sample (recorded in expected.json by the stage `measure`), against what kdoctor foresees of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kdoctor.doctor import examine_file
from kdoctor.packs import load_checks
from kdoctor.target import Target

SAMPLES = Path(__file__).parent.parent / "sample_models"
RECORDED = {name: row["keras_2_15_0"] for name, row in json.loads((SAMPLES / "expected.json").read_text()).items()}


@pytest.mark.parametrize("name", RECORDED)
def test_keras_2_15_does_with_a_sample_what_is_foreseen(name: str) -> None:
    """A file that loads and then does not predict is warned of (a layer for GPUs), or called no model (a foreign SavedModel)."""
    report = examine_file(SAMPLES / name, Target("2.15.0"), load_checks(), deep=True)
    row = RECORDED[name]
    if row.get("predicts") is False:
        assert {"K110", "K610"} & {found.check.code for found in report.findings}
    else:
        assert report.loads is (row["ok"] and row.get("same_as_twin") is not False)


def test_both_outcomes_are_recorded() -> None:
    assert {row["ok"] for row in RECORDED.values()} == {True, False}
