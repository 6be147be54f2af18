"""A BatchNormalization with a virtual_batch_size, of whose variables Keras 2 has the shapes told here (run: TensorFlow 2.4, 2.9 and 2.15)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from rewriting import in_hdf5, in_json, rewritten, with_config

from kdoctor.doctor import plan_file
from kdoctor.packs import load_checks
from kdoctor.repair import Wish, carry_out
from kdoctor.target import Target

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
RANK = 4  # of the images that are normalized, in the middle


def nested() -> Any:
    begin = keras.Input((6, 6, 2))
    inner = keras.Model(begin, keras.layers.BatchNormalization(name="ghosts")(keras.layers.Conv2D(3, 3)(begin)))
    start = keras.Input((6, 6, 2))
    return keras.Model(start, keras.layers.Dense(2)(keras.layers.Flatten()(inner(start))))


def with_ghosts(config: Any) -> None:
    """Keras 2 states the axis as it counts it once the layer is built."""
    for value in config.values() if isinstance(config, dict) else config if isinstance(config, list) else ():
        with_ghosts(value)
    if isinstance(config, dict) and config.get("class_name") == "BatchNormalization":
        config["config"] |= {"axis": [RANK], "virtual_batch_size": 4}


def laid_out(file: h5py.File) -> None:
    arrays: list[str] = []
    file.visit(lambda path: arrays.append(path) if isinstance(file[path], h5py.Dataset) else None)
    for path in arrays:
        if "batch_normalization/" in path or "ghosts/" in path:
            array = file[path][()]
            del file[path]
            file[path] = array.reshape([1] * RANK + [-1])


@pytest.fixture(params=[".keras", ".h5"])
def sick(request: Any, tmp_path: Path) -> tuple[Path, Any]:
    """A file with ghost batches, and the model that it came from."""
    model = nested()
    numbers = np.random.default_rng(0)
    model.set_weights([numbers.uniform(0.2, 1, weight.shape) for weight in model.get_weights()])
    path = tmp_path / f"model{request.param}"
    model.save(path)
    if path.suffix == ".keras":
        rewritten(path, path, {"config.json": in_json(with_ghosts), "model.weights.h5": in_hdf5(laid_out)})
    else:
        with_config(path, path, with_ghosts)
        path.write_bytes(in_hdf5(laid_out)(path.read_bytes()))
    return path, model


def test_it_predicts_the_same_without_ghosts(sick: tuple[Path, Any]) -> None:
    path, model = sick
    given = np.random.default_rng(1).normal(size=(3, 6, 6, 2)).astype("float32")
    plan = plan_file(path, Target("3.15.1"), load_checks(), unsafe=True)
    out = carry_out(plan, path, Wish(path.with_stem("cured"))).out
    assert out is not None
    np.testing.assert_allclose(keras.saving.load_model(out).predict(given, verbose=0), model.predict(given, verbose=0), rtol=1e-5)


def test_nothing_is_written_unasked_for_and_no_array_is_accused(sick: tuple[Path, Any]) -> None:
    path, _ = sick
    plan = plan_file(path, Target("3.15.1"), load_checks())
    assert not plan.after.loads
    assert "K702" not in {found.check.code for found in plan.before.findings}
