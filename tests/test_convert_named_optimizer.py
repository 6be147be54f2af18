"""An archive of Keras 2.15 or 3.0 stores of ``compile("adam")`` that word alone: as an ``.h5`` it is compiled with the optimizer that it means."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest
from typer.testing import CliRunner

from kdoctor.cli.app import app


def named_alone(model: keras.Model, optimizer: str, path: Path) -> None:
    """Save the model as those releases do."""
    whole = path.with_name("whole.keras")
    model.save(whole)
    with zipfile.ZipFile(whole) as archive, zipfile.ZipFile(path, "w") as changed:
        for name in archive.namelist():
            data = archive.read(name)
            if name == "config.json":
                config = json.loads(data)
                config["compile_config"]["optimizer"] = optimizer
                data = json.dumps(config).encode()
            changed.writestr(name, data)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("optimizer", ["adam", "rmsprop", "SGD"])
def test_it_stays_compiled(tmp_path: Path, optimizer: str) -> None:
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    model.compile(optimizer, "mse")
    path, out = tmp_path / "model.keras", tmp_path / "model.h5"
    named_alone(model, optimizer, path)
    done = CliRunner().invoke(app, ["convert", str(path), "--to", "h5", "-o", str(out)])
    assert done.exit_code == 0, done.output
    assert "K501" not in done.output
    loaded = keras.saving.load_model(out)
    assert type(loaded.optimizer) is type(model.optimizer)
    loaded.fit(np.ones((4, 3)), np.ones((4, 2)), verbose=0)
