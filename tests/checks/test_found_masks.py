"""K609 and K205: masks that files of Keras 3.10 and later do not state, for releases before that.

Every cured archive here was loaded in Keras 3.6.0 and 3.9.2 and gave the numbers that it was saved with. As saved, none loads in a new process: the operation
of the file and that of the attention's own mask are both called ``not_equal``; under other names the second attention heeds a mask there, and 3.15.1 has none.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy
import pytest
from keras import Input, Model, layers
from typer.testing import CliRunner

from kdoctor.cli.app import app

pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation"),  # NumPy 2 says it of what Keras makes
    pytest.mark.filterwarnings("ignore:.*was passed an input with a mask:UserWarning"),  # which is what the cure is for
]


def attended(steps: Any) -> Any:
    return layers.LayerNormalization()(layers.Add()([steps, layers.MultiHeadAttention(2, 2)(steps, steps)]))


def twice(steps: Any) -> Any:
    return layers.GlobalAveragePooling1D()(attended(attended(steps)))


def by_name(steps: Any) -> Any:
    attention = layers.MultiHeadAttention(2, 2)
    return layers.LSTM(3)(attention(query=attended(steps), value=steps, key=steps))


def model(make: Callable[[Any], Any]) -> Any:
    keras.utils.clear_session()
    keras.utils.set_random_seed(7)
    given = Input((5,), dtype="int32")
    return Model(given, make(layers.Embedding(9, 4, mask_zero=True)(given)))


def ran(command: str, path: Path, target: str, *more: str) -> tuple[int, str]:
    found = CliRunner().invoke(app, [command, str(path), "--target", f"keras=={target}", *more], env={"COLUMNS": "500"})
    return found.exit_code, found.output


@pytest.mark.parametrize("make", [twice, by_name])
@pytest.mark.parametrize("target", ["3.6.0", "3.9.2"])
def test_an_attention_finds_no_mask_that_one_before_it_took(tmp_path: Path, make: Callable[[Any], Any], target: str) -> None:
    saved, path, out = model(make), tmp_path / "model.keras", tmp_path / "cured.keras"
    saved.save(path)
    code, said = ran("fix", path, target, "-o", str(out))
    assert code == 0, said
    assert "K609" in said
    assert ran("inspect", out, target)[0] == 0
    words = numpy.array([[1, 2, 3, 0, 0], [4, 5, 0, 0, 0], [1, 2, 3, 4, 5]])
    assert numpy.allclose(saved(words), keras.saving.load_model(out)(words), atol=1e-5)
    with zipfile.ZipFile(out) as archive:
        listed = json.loads(archive.read("config.json"))["config"]["layers"]
    assert "Permute" in {layer["class_name"] for layer in listed}
    assert "not_equal" not in {layer["name"] for layer in listed}


def test_one_attention_keeps_the_mask_that_comes_to_it(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    model(attended).save(path)
    assert "a mask comes to" not in ran("inspect", path, "3.9.2")[1]


def test_the_releases_that_leave_masks_unsaid_take_the_file_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    model(twice).save(path)
    assert ran("inspect", path, keras.__version__)[0] == 0
    said = ran("inspect", path, "3.10.0")[1]
    assert "K205" not in said
    assert "K609" not in said


def test_what_a_nested_model_finds_is_named_without_a_cure(tmp_path: Path) -> None:
    inner = model(lambda steps: attended(attended(steps)))
    given, path, out = Input((5,), dtype="int32"), tmp_path / "model.keras", tmp_path / "cured.keras"
    Model(given, layers.GlobalAveragePooling1D()(inner(given))).save(path)
    code, said = ran("fix", path, "3.9.2", "-o", str(out))
    assert code == 1
    assert not out.exists()
    assert "error K609" in said
