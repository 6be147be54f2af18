"""Arrays are put where they belong before any cure computes with them: what is right for one layer's numbers is wrong for another's."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from kdoctor.doctor import plan_file
from kdoctor.packs import load_checks
from kdoctor.repair import Wish, carry_out
from kdoctor.testing import KERAS_3

CHECKS = load_checks()
ROOT = "model_weights"


def exchanged(file: Any) -> None:
    groups = file[ROOT]
    groups.move("lstm", "other")
    groups.move("gru", "lstm")
    groups.move("other", "gru")


def out_of_turn(file: Any) -> None:
    names = list(file[ROOT].attrs["layer_names"])
    file[ROOT].attrs["layer_names"] = [{"lstm": "lstm_1", "lstm_1": "lstm"}.get(name, name) for name in names]


def turned(file: Any) -> None:
    group = file[ROOT]["lstm"]
    name = next(name for name in group.attrs["weight_names"] if name.endswith("/kernel"))
    kernel = group[name][()].T
    del group[name]
    group[name] = kernel


def doubled(file: Any) -> None:
    group = file[ROOT]["lstm"]
    names = list(group.attrs["weight_names"])
    group.attrs["weight_names"] = [names[0], names[0], *names[2:]]


def two_kinds() -> list[Any]:
    return [layers.LSTM(5, name="lstm", return_sequences=True), layers.GRU(4, name="gru", reset_after=False)]


def two_of_one_kind() -> list[Any]:
    return [layers.LSTM(4, name="lstm", return_sequences=True), layers.LSTM(4, name="lstm_1")]


def one() -> list[Any]:
    return [layers.LSTM(5, name="lstm")]


def both_ways() -> list[Any]:
    return [layers.Bidirectional(layers.LSTM(5), name="lstm")]


def of_keras_2(path: Path, model: Any) -> None:
    """A file of Keras 2 whose first recurrent layer, and a GRU, gate by its hard_sigmoid."""
    model.save(path)
    with h5py.File(path, "a") as file:
        config = json.loads(file.attrs["model_config"])
        for row in config["config"]["layers"]:
            if row["config"]["name"] in ("lstm", "gru"):
                inner = row["config"]["layer"]["config"] if "layer" in row["config"] else row["config"]
                inner["recurrent_activation"] = "hard_sigmoid"
                row["config"].pop("backward_layer", None)
        file.attrs["model_config"] = json.dumps(config)
        for holder in (file, file[ROOT]):
            holder.attrs["keras_version"] = "2.2.5"


def cured(path: Path, given: Any) -> Any:
    out = carry_out(plan_file(path, KERAS_3, CHECKS), path, Wish(path.with_suffix(".out.h5"))).out
    assert out is not None
    return keras.saving.load_model(out).predict(given, verbose=0)


@pytest.mark.filterwarnings("ignore:__array__ implementation", "ignore:You are saving your model as an HDF5 file")
@pytest.mark.parametrize(
    ("make", "damage"),
    [(two_kinds, exchanged), (two_of_one_kind, out_of_turn), (one, turned), (one, doubled), (both_ways, doubled)],
    ids=["exchanged", "out of turn", "turned", "doubled", "doubled of two"],
)
def test_the_gates_of_keras_2_are_scaled_where_they_belong(
    tmp_path: Path, make: Callable[[], list[Any]], damage: Callable[[Any], None]
) -> None:
    model = keras.Sequential([keras.Input((6, 4)), *make(), layers.Dense(2)])
    random = np.random.RandomState(0)
    model.set_weights([random.rand(*array.shape) - 0.5 for array in model.get_weights()])
    given = random.rand(3, 6, 4)
    healthy, sick = tmp_path / "healthy.h5", tmp_path / "sick.h5"
    of_keras_2(healthy, model)
    of_keras_2(sick, model)
    with h5py.File(sick, "a") as file:
        damage(file)
    assert np.allclose(cured(sick, given), cured(healthy, given), rtol=1e-5)
