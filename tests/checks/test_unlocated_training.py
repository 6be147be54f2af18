"""K502, K503 and K504: what an archive's compile_config says of where its objects are, and an optimizer that is null."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy
import pytest
from keras import layers
from rewriting import with_config
from typer.testing import CliRunner

from kdoctor.cli.app import app
from kdoctor.document import Format
from kdoctor.target import Target
from kdoctor.testing import document, examine, layer, sequential

pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation"),  # NumPy 2 says it of what Keras makes
    pytest.mark.filterwarnings("ignore:Skipping variable loading"),  # RMSprop has other moments than those of Adam in the file
]

X = numpy.arange(8, dtype="float32").reshape(2, 4)
AUC = {"class_name": "AUC", "config": {"name": "auc"}}
MEAN = {"class_name": "MeanSquaredError", "config": {"name": "mean"}}
ADAM = {"module": "keras.optimizers", "class_name": "Adam", "config": {"learning_rate": 0.01}}
ELSEWHERE = "tensorflow.keras.metrics"


def compiled(folder: Path, **changed: Any) -> tuple[Path, Any]:
    """An archive that Keras saved after training, with another compile_config, and what its model computes."""
    model = keras.Sequential([layers.Input((4,)), layers.Dense(2)])
    model.compile("adam", "mean_squared_error")
    model.fit(X, X[:, :2], verbose=0)
    path = folder / "model.keras"
    model.save(path)
    with_config(path, path, lambda config: config["compile_config"].update(changed))
    return path, numpy.asarray(model(X))


@pytest.mark.parametrize(
    "changed",
    [
        {"metrics": [AUC]},
        {"metrics": [{**AUC, "module": None, "registered_name": None}]},
        {"metrics": [{**AUC, "module": ELSEWHERE, "registered_name": "AUC"}]},
        {"metrics": [{**AUC, "module": "keras.metrics", "registered_name": "Custom>AUC"}]},
        {
            "metrics": [
                {"module": "keras.metrics", "class_name": "AUC", "config": {"name": "auc", "quantum": None}, "registered_name": None}
            ]
        },
        {"loss": MEAN},
        {"loss": {**MEAN, "module": "tensorflow.keras.losses", "registered_name": None}},
        {
            "loss": {
                "module": "keras.losses",
                "class_name": "function",
                "config": "mean_squared_error",
                "registered_name": "mean_squared_error",
            }
        },
        {"optimizer": {**ADAM, "registered_name": "Custom>Adam"}},
        {"optimizer": None},
    ],
)
def test_what_load_model_refuses_is_named_and_cured(changed: dict[str, Any], tmp_path: Path) -> None:
    path, expected = compiled(tmp_path, **changed)
    with pytest.raises((TypeError, ValueError, AttributeError)):
        keras.saving.load_model(path)
    out = tmp_path / "cured.keras"
    ran = CliRunner().invoke(app, ["fix", str(path), "-o", str(out)], env={"COLUMNS": "500"})
    assert ran.exit_code == 0, ran.output
    numpy.testing.assert_allclose(numpy.asarray(keras.saving.load_model(out)(X)), expected, rtol=1e-6)


@pytest.mark.parametrize("metric", [{**AUC, "module": "keras.metrics", "registered_name": named} for named in (None, "AUC")])
def test_what_keras_writes_itself_is_healthy(metric: dict[str, Any]) -> None:
    sound = document(sequential(layer("Dense")), training={"optimizer": {**ADAM, "registered_name": None}, "metrics": [metric]})
    assert [examine(code, sound) for code in ("K502", "K504")] == [[], []]


def test_an_h5_goes_by_the_class_alone() -> None:
    training = {"optimizer_config": {"class_name": "Adam", "config": {}}, "loss": MEAN, "metrics": None}
    assert examine("K502", document(sequential(layer("Dense")), format=Format.H5_MODEL, training=training)) == []


def test_a_class_of_the_users_own_is_left_to_k506() -> None:
    own = {"module": None, "class_name": "MyMetric", "config": {}, "registered_name": "mine>MyMetric"}
    assert examine("K502", document(sequential(layer("Dense")), training={"optimizer": "adam", "metrics": [own]})) == []


def test_a_registered_name_was_passed_over_before_keras_3_15() -> None:
    named = document(sequential(layer("Dense")), training={"optimizer": {**ADAM, "registered_name": "Custom>Adam"}})
    assert examine("K504", named, Target("3.12.0")) == []
