"""Files whose arrays are not where, or not what, Keras looks for (K503, K607, K701, K703, K705-K709), or lead out of the file (K804)."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from typing import Any

import h5py
from damage_zip import members, zip_again

SOURCE = "healthy/not_compiled__keras_2.h5"


def make() -> None:
    for source, case, change in (
        ("broken_connection.keras", "missing_weights", without_bias),
        ("broken_connection.keras", "unclaimed_weights", renamed),
        ("broken_connection.keras", "degenerate_weights", zeroed),
        ("foreign_dtype_policy.keras", "overflow_in_half", huge),
        ("duplicate_layer_name.keras", "wrong_variable_count", exchanged),
        ("not_a_model.keras", "wrong_variable_count__too_many", one_more),
        ("not_a_model.keras", "hdf5_external_storage__link", linked),
        ("not_compiled.keras", "optimizer_state_mismatch", momentum),
    ):
        in_archive(source, f"{case}.keras", change)
    for case, damage in (
        ("missing_weights__not_listed", no_layer_listed),
        ("wrong_variable_count__other_order", other_order),
        ("foreign_weights_layout__not_listed", no_weight_listed),
        ("duplicate_weight_name", listed_twice),
        ("hdf5_external_storage", stored_elsewhere),
    ):
        shutil.copyfile(SOURCE, f"sick/{case}.h5")
        with h5py.File(f"sick/{case}.h5", "r+") as opened:
            damage(opened["model_weights"])
    without_second_shard()


def in_archive(source: str, target: str, change: Callable[[Any], None]) -> None:
    content = members(source)
    held = io.BytesIO(content["model.weights.h5"])
    with h5py.File(held, "r+") as opened:
        change(opened)
    zip_again(target, {**content, "model.weights.h5": held.getvalue()})


def without_bias(weights: Any) -> None:
    del weights["layers/dense_1/vars/1"]


def renamed(weights: Any) -> None:
    weights["layers"].move("dense_1", "head")


def zeroed(weights: Any) -> None:
    weights["layers/dense_1/vars/0"][...] = 0


def huge(weights: Any) -> None:
    weights["layers/dense/vars/1"][0] = 1e5


def without_second_shard() -> None:
    """Someone packed the split weights of ``save_weights(..., max_shard_size=...)`` into the archive, and one file was left behind."""
    content = members("broken_connection.keras")
    held = io.BytesIO(content.pop("model.weights.h5"))
    with h5py.File(held, "r+") as opened:
        del opened["layers/dense_1"]
    groups = {"/layers/dense/vars": ["model_00000.weights.h5"], "/layers/dense_1/vars": ["model_00001.weights.h5"]}
    parts = {"model.weights.json": json.dumps({"metadata": {}, "weight_map": groups}).encode(), "model_00000.weights.h5": held.getvalue()}
    zip_again("missing_shard.keras", {**content, **parts})


def exchanged(weights: Any) -> None:
    for old, new in (("dense", "other"), ("dense_1", "dense"), ("other", "dense_1")):
        weights["layers"].move(old, new)


def one_more(weights: Any) -> None:
    weights["layers/dense/vars/2"] = [0.5, 0.5, 0.5]


def momentum(weights: Any) -> None:
    """State of one variable, where plain SGD keeps none."""
    weights["optimizer/vars/2"] = [0.5, 0.5, 0.5]


def linked(weights: Any) -> None:
    del weights["layers/dense/vars/0"]
    weights["layers/dense/vars/0"] = h5py.ExternalLink("other.weights.h5", "/layers/dense/vars/0")


def group_and_name(weights: Any) -> tuple[Any, str]:
    """The only layer: Keras 2 counted it on from the layers of the process that saved it."""
    name = weights.attrs["layer_names"][0]
    return weights[name], name


def no_layer_listed(weights: Any) -> None:
    weights.attrs["layer_names"] = []


def other_order(weights: Any) -> None:
    group, _ = group_and_name(weights)
    group.attrs["weight_names"] = list(group.attrs["weight_names"])[::-1]


def listed_twice(weights: Any) -> None:
    group, _ = group_and_name(weights)
    names = list(group.attrs["weight_names"])
    group.attrs["weight_names"] = [*names, names[-1]]


def no_weight_listed(weights: Any) -> None:
    group, _ = group_and_name(weights)
    del group.attrs["weight_names"]


def stored_elsewhere(weights: Any) -> None:
    """The kernel's numbers are to be read from numbers.bin."""
    group, name = group_and_name(weights)
    del group[f"{name}/kernel:0"]
    group.create_dataset(f"{name}/kernel:0", (4, 3), "float32", external=[("numbers.bin", 0, 48)])
