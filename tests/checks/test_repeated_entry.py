"""K205: a layer that stands in a Sequential twice, word for word: left out where the file has its weights once, else renamed."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from rewriting import with_config

from kdoctor.doctor import plan_file
from kdoctor.packs import load_checks
from kdoctor.repair import Wish, carry_out
from kdoctor.testing import KERAS_3, examine, layer, model

CHECKS = load_checks()
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation", "ignore:You are saving your model as an HDF5 file")


def repeated(path: Path, whole: Path, index: int) -> Path:
    """A copy of a file with one entry of its Sequential once more behind itself."""

    def twice(config: Any) -> None:
        config["config"]["layers"].insert(index, copy.deepcopy(config["config"]["layers"][index]))

    return with_config(whole, path, twice)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("index", [1, 2, 4])
def test_an_entry_whose_weights_stand_there_once_is_left_out(suffix: str, index: int, tmp_path: Path) -> None:
    layers = [
        keras.layers.Dense(5, name="a"),
        keras.layers.Dense(5, name="b"),
        keras.layers.ReLU(name="c"),
        keras.layers.Dense(3, name="d"),
    ]
    made: Any = keras.Sequential([keras.Input((4,)), *layers])
    given = np.linspace(-1, 1, 8, dtype="float32").reshape(2, 4)
    made.save(tmp_path / f"whole{suffix}")
    sick = repeated(tmp_path / f"sick{suffix}", tmp_path / f"whole{suffix}", index)
    with pytest.raises(ValueError, match="unique names"):
        keras.models.load_model(sick)
    plan = plan_file(sick, KERAS_3, CHECKS)
    assert "K205" in {one.check.code for one in plan.applied}
    out = carry_out(plan, sick, Wish(tmp_path / f"out{suffix}")).out
    assert out is not None
    found = keras.models.load_model(out)
    assert [each.name for each in found.layers] == ["a", "b", "c", "d"]
    np.testing.assert_allclose(np.asarray(found(given)), np.asarray(made(given)), atol=1e-6)


def test_without_weights_to_prove_it_the_later_one_is_renamed() -> None:
    entries = [layer("InputLayer", name="input", batch_shape=[None, 4]), *[layer("Dropout", name="drop", rate=0.5)] * 2]
    (finding,) = examine("K205", model(*entries))
    assert finding.repair is not None
    assert finding.repair.title == "rename the later one to 'drop_1'"
