"""From a file to the Python that rebuilds its model: in real Keras, and what is refused."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kdoctor.errors import UsageError
from kdoctor.packs import load_checks
from kdoctor.rebuild.from_file import Rebuilt, rebuild_file
from kdoctor.target import Given, Target
from kdoctor.testing import KERAS_3

ROOT = Path(__file__).parent.parent.parent
SAMPLES = ROOT / "sample_models"
REPAIRED = ("lambda_code.keras", "keras_1_config__keras_1.h5", "lambda_closure__array.keras", "foreign_dtype_policy__keras_2.keras")


def rebuilt(sample: str, target: Target = KERAS_3) -> Rebuilt:
    return rebuild_file(SAMPLES / sample, target, load_checks())


def source(sample: str, target: Target = KERAS_3) -> str:
    found = rebuilt(sample, target)
    assert found.refusals == ()
    assert found.script is not None
    compile(found.script.text, sample, "exec")
    return found.script.text


def run(*command: str) -> str:
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, env=environment, timeout=600, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    return done.stdout


def test_models_of_every_kind_come_back_in_real_keras(tmp_path: Path) -> None:
    """The same config up to names, the file's weights taken, the same predictions; repaired files too."""
    run("tests/probe_code.py", str(tmp_path))
    models = sorted(map(str, tmp_path.glob("*.keras")))
    assert len(models) >= 12
    samples = [str(SAMPLES / "sick" / name) for name in REPAIRED]
    said = run("benchmarks/code_round_trip.py", *models, *samples, "--repaired")
    assert said.splitlines()[-1].startswith(f"{len(models) + len(samples)} of {len(models) + len(samples)} come back"), said


def test_what_keras_2_saved_becomes_the_code_of_keras_3() -> None:
    text = source("healthy/not_compiled__keras_2.h5")
    assert "kdoctor convert 'not_compiled__keras_2.h5' --to keras" in text


def test_the_file_itself_has_the_weights_where_nothing_had_to_be_repaired() -> None:
    assert source("healthy/not_compiled.keras").endswith("# model.load_weights('not_compiled.keras')\n")


def test_a_lambda_becomes_the_operations_that_it_computes() -> None:
    assert 'keras.ops.multiply(input_1, np.array([0.5, 2.0], dtype="float32"))' in source("sick/lambda_closure__array.keras")


def test_a_lambda_becomes_the_layer_that_computes_the_same() -> None:
    assert "keras.layers.Rescaling(0.00392156862745098, " in source("sick/lambda_code.keras")


def test_a_lambda_that_reads_a_name_needs_its_value() -> None:
    assert any("--bind" in sentence for sentence in rebuilt("sick/lambda_reads_global.keras").refusals)
    assert "keras.Sequential" in source("sick/lambda_reads_global.keras", Target("3.15.1", given=Given(bindings={"CONV_WIDTH": 3})))


def test_a_class_of_the_users_own_is_a_stub() -> None:
    found = rebuilt("sick/unresolved_object.keras")
    assert found.script is not None
    assert found.script.stubs == ("Scale",)
    assert "class Scale(keras.layers.Layer):" in found.script.text


def test_a_loss_of_the_users_own_is_a_stub() -> None:
    text = source("sick/custom_compile_object.h5")
    assert "def squared(y_true, y_pred):" in text
    assert "loss=squared," in text


@pytest.mark.parametrize(
    "sample", ["lambda_reaches_system.keras", "foreign_module.keras", "non_modelling_function.keras", "hostile_structure.keras"]
)
def test_no_code_is_written_of_an_attack(sample: str) -> None:
    found = rebuilt(f"sick/{sample}")
    assert found.script is None
    assert found.refusals


@pytest.mark.parametrize("sample", ["weights_only_file.weights.h5", "not_a_model__pickle.h5", "missing_part__no_config.keras"])
def test_a_file_without_an_architecture_is_refused(sample: str) -> None:
    assert rebuilt(f"sick/{sample}").refusals


def test_code_is_written_for_keras_3_alone() -> None:
    with pytest.raises(UsageError, match="Keras 3"):
        rebuilt("healthy/not_compiled.keras", Target("2.15.0"))


def test_the_function_for_wrappers_has_the_training_state_as_its_defaults() -> None:
    found = rebuild_file(SAMPLES / "healthy/not_compiled.keras", KERAS_3, load_checks(), for_sklearn=True)
    assert found.script is not None
    assert "def build_model(X, y, loss=None, optimizer=None, metrics=None, weights=None):" in found.script.text
    uncompiled = rebuild_file(SAMPLES / "sick/not_compiled.keras", KERAS_3, load_checks(), for_sklearn=True)
    assert uncompiled.script is not None
    assert "def build_model(X, y, loss, optimizer, metrics=None, weights=None):" in uncompiled.script.text
    assert "CategoricalCrossentropy(from_logits=True)" in uncompiled.script.text
    assert "For SKLearnClassifier if its numbers are logits of classes" in uncompiled.script.text


def test_keras_before_3_8_has_no_wrappers() -> None:
    with pytest.raises(UsageError, match=r"keras\.wrappers"):
        rebuild_file(SAMPLES / "healthy/not_compiled.keras", Target("3.7.0"), load_checks(), for_sklearn=True)
