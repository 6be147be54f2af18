"""K502: metrics of several outputs under the names that Keras 2.15 saved, as real Keras 3 calls them before and after."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from kdoctor.archive import open_document
from kdoctor.doctor import plan_file
from kdoctor.packs import load_checks
from kdoctor.repair import Wish, carry_out
from kdoctor.testing import KERAS_3, examine

CHECKS = load_checks()
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation", "ignore:You are saving your model as an HDF5 file")


def metric(class_name: str, name: str) -> dict[str, Any]:
    """As a training_config of Keras 2.15 has it, saved after fit()."""
    return {"class_name": class_name, "config": {"name": name, "dtype": "float32"}}


def two_outputs(path: Path, release: str = "2.15.0", names: tuple[str, str] = ("a_mm", "b_mean_squared_error")) -> Path:
    given = keras.Input((4,))
    model = keras.Model(given, [keras.layers.Dense(2, name="a")(given), keras.layers.Dense(3, name="b")(given)])
    model.compile("sgd", "mean_squared_error")
    model.save(path)
    with h5py.File(path, "a") as file:
        for group in (file, file["model_weights"]):
            group.attrs["keras_version"] = release
        training = json.loads(file.attrs["training_config"])
        training["loss"] = "mean_squared_error"
        training["metrics"] = [[metric("MeanAbsoluteError", names[0])], [metric("MeanSquaredError", names[1])]]
        file.attrs["training_config"] = json.dumps(training)
    return path


def told(path: Path) -> set[str]:
    model = keras.models.load_model(path)
    zeros = [np.zeros((2, 2)), np.zeros((2, 3))]
    return {*model.evaluate(np.zeros((2, 4)), zeros, verbose=0, return_dict=True)}


def test_the_name_of_the_output_is_put_before_a_metric_once(tmp_path: Path) -> None:
    sick = two_outputs(tmp_path / "model.h5")
    assert {"a_a_mm", "b_b_mean_squared_error"} <= told(sick)
    plan = plan_file(sick, KERAS_3, CHECKS)
    assert [found.finding.mild for found in plan.before.findings if found.check.code == "K502"] == [True, True]
    out = carry_out(plan, sick, Wish(tmp_path / "out.h5")).out
    assert out is not None
    assert {"a_mm", "b_mean_squared_error"} <= told(out)
    assert examine("K502", open_document(out)) == []


@pytest.mark.parametrize(
    ("release", "names"),
    [("3.15.1", ("a_mm", "b_mse")), ("2.15.0", ("mm", "mse")), ("2.15.0", ("b_mm", "a_mse")), ("2.15.0", ("a_", "b"))],
)
def test_other_names_are_left_alone(release: str, names: tuple[str, str], tmp_path: Path) -> None:
    assert examine("K502", open_document(two_outputs(tmp_path / "model.h5", release, names))) == []
