"""Lambdas with a mask of their own: cured where a layer of Keras makes that very mask, and refused where none does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from kdoctor.archive.writing.write import write_document
from kdoctor.doctor import plan_file
from kdoctor.packs import load_checks
from kdoctor.testing import KERAS_3

HERE = Path(__file__).parent
# What takes the Lambda's place.
CURED = {"zeros": "Masking", "handed_on": "Rescaling", "handed_on_nothing": "Functional", "nothing": "Functional"}
REFUSED = ("by_operations", "beside_other_numbers", "of_one_column")


def asked(script: Path, *arguments: str, question: str = "") -> str:
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "tensorflow", "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, str(script), *arguments]
    return subprocess.run(command, input=question, capture_output=True, text=True, env=environment, check=True).stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made: Path = tmp_path_factory.mktemp("masked")
    asked(HERE / "make_masked_models.py", str(made))
    return made


def test_what_a_layer_of_keras_masks_is_cured_and_computes_the_same(folder: Path) -> None:
    for name, class_name in CURED.items():
        plan = plan_file(folder / f"{name}.keras", KERAS_3, load_checks())
        assert plan.after.loads, name
        rows = plan.after.document.config["config"]["layers"]
        assert [row["class_name"] for row in rows if row["name"] == "made"] == [class_name]
        write_document(plan.before.document, plan.after.document, folder / f"{name}.cured.keras")
    question = json.dumps([[str(folder / f"{name}.cured.keras"), str(folder / f"{name}.npz")] for name in CURED])
    told = json.loads(asked(HERE.parent / "probe_cures.py", "answer", question=question).splitlines()[-1])
    for name, found in zip(CURED, told, strict=True):
        assert not isinstance(found, str), (name, found)
        np.testing.assert_allclose(found, np.load(folder / f"{name}.npz")["y"], atol=1e-6)


@pytest.mark.parametrize("name", REFUSED)
def test_another_mask_is_refused_with_the_reason(folder: Path, name: str) -> None:
    plan = plan_file(folder / f"{name}.keras", KERAS_3, load_checks())
    (message,) = [
        found.finding.message for found in plan.after.findings if found.check.code == "K401" and found.finding.at.keys[-1] == "function"
    ]
    assert "a mask of its own" in message
    assert not plan.applied
