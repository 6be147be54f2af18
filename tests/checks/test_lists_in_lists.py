"""K701: layers in lists within lists, of which Keras 3.0 to 3.14 saved no weights. A file of 3.3.3 was 6.2 off in 3.15.1 (2026-11-23)."""

from __future__ import annotations

import importlib.util
import io
from pathlib import Path
from textwrap import dedent

import h5py
import keras
import pytest
from rewriting import rewritten
from typer.testing import CliRunner

from kdoctor.cli.app import app

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

SOURCE = """
    import keras
    from keras import layers

    class Rows(layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.rows = ROWS

        def call(self, inputs):
            for row in self.rows:
                for one in row if isinstance(row, list) else [row]:
                    inputs = one(inputs)
            return inputs
"""


def without_lists(weights: bytes) -> bytes:
    held = io.BytesIO(weights)
    with h5py.File(held, "r+") as file:
        for name in [name for name in file["layers/rows/rows"] if name.startswith("container")]:
            del file["layers/rows/rows"][name]
    return held.getvalue()


@pytest.mark.parametrize(
    ("rows", "nested"),
    [
        ("[[layers.Dense(4)], [layers.Dense(4), layers.ReLU()]]", True),
        ("[[layers.Dense(4) for _ in range(2)] for _ in range(3)]", True),
        ("[layers.Dense(4), layers.Dense(4)]", False),
        ("[[layers.ReLU()], [layers.ReLU()]]", False),
    ],
)
def test_weights_of_lists_in_lists_are_missed(rows: str, nested: bool, tmp_path: Path) -> None:
    source, path = tmp_path / "rows.py", tmp_path / "model.keras"
    source.write_text(dedent(SOURCE).replace("ROWS", rows))
    spec = importlib.util.spec_from_file_location("rows", source)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    start = keras.Input((4,))
    keras.Model(start, module.Rows()(start)).save(path)
    assert "K701" not in inspected(path, source)
    if nested:
        rewritten(path, path, {"model.weights.h5": without_lists})
        assert "keeps in lists within the list self.rows" in inspected(path, source)


def inspected(path: Path, source: Path) -> str:
    ran = CliRunner().invoke(app, ["inspect", str(path), "--custom", str(source)], env={"COLUMNS": "500"})
    return " ".join(ran.output.split())
