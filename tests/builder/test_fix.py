"""A file of weights made whole on the command line, by the user's own function."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

MINE = """
import keras

def build():
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(units, name="head")])

units = 3
"""


def test_weights_and_a_function_make_a_model_that_loads(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(MINE)
    arrays = {"layers/dense/vars/0": np.arange(12, dtype="float32").reshape(4, 3), "layers/dense/vars/1": np.ones(3, "float32")}
    with h5py.File(tmp_path / "w.weights.h5", "w") as file:
        for path, array in arrays.items():
            file[path] = array
    done = fixed(tmp_path, "mine:build", "--verify")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Real Keras loaded it" in done.stdout
    with zipfile.ZipFile(tmp_path / "whole.keras") as archive, h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as file:
        assert all(np.array_equal(file[path], array) for path, array in arrays.items())
    (tmp_path / "mine.py").write_text("import keras\n\nbuild = 3\n")
    refused = fixed(tmp_path, "mine:build")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "mine has no function build: it is an int" in " ".join(refused.stderr.split())


def test_weights_and_the_config_of_a_model_alone_make_a_model_that_loads(tmp_path: Path) -> None:
    said = {"name": "m", "layers": [{"class_name": "Dense", "config": {"name": "head", "units": 3, "batch_input_shape": [None, 4]}}]}
    (tmp_path / "config.json").write_text(json.dumps(said))  # json.dump(model.get_config(), file)
    with h5py.File(tmp_path / "w.weights.h5", "w") as file:
        file["layers/dense/vars/0"], file["layers/dense/vars/1"] = np.ones((4, 3), "float32"), np.ones(3, "float32")
    done = fixed(tmp_path, "config.json", "--verify")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Real Keras loaded it" in done.stdout


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_words_that_no_file_of_weights_holds_are_asked_for_and_may_be_given(tmp_path: Path) -> None:
    import keras

    lookup = keras.layers.TextVectorization(name="words", output_sequence_length=3)
    lookup.adapt(["a b", "b c"])
    model = keras.Sequential([keras.Input((), dtype="string"), lookup, keras.layers.Embedding(5, 2)])
    model.save_weights(tmp_path / "w.weights.h5")
    (tmp_path / "model.json").write_text(model.to_json(), encoding="utf-8")
    asked = fixed(tmp_path, "model.json")
    assert asked.returncode == 1
    assert "K610" in asked.stdout
    assert not (tmp_path / "whole.keras").exists()
    given = fixed(tmp_path, "model.json", "--set", 'words.vocabulary=["b","c","a"]')
    assert given.returncode == 0, given.stdout + given.stderr
    keras.backend.clear_session()
    import tensorflow as tf

    texts = tf.constant(["a b", "c d"])
    found = keras.models.load_model(tmp_path / "whole.keras")
    np.testing.assert_allclose(found.predict(texts, verbose=0), model.predict(texts, verbose=0))


def fixed(folder: Path, builder: str, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kdoctor", "fix", "w.weights.h5", "--architecture", builder, "-o", "whole.keras", *more]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
