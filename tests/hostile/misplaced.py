"""Files whose arrays stand in the wrong place thousands of times: to find where each belongs is to cost no more than to look at it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable
from typing import Any

import h5py
import numpy as np

from hostile.archives import Make, layer, layers, with_members

COUNT = 2_000
Rename = Callable[[str], str]


def dense(number: int) -> dict[str, Any]:
    return {**layer(name=f"d{number}", units=3), "build_config": {"input_shape": [None, 3]}}


def start(name: str = "in") -> dict[str, Any]:
    return layer("InputLayer", name=name, batch_shape=[None, 3])


def nested(number: int) -> dict[str, Any]:
    inside = {"name": f"s{number}", "layers": [start(f"in{number}"), dense(number)]}
    return {"class_name": "Sequential", "module": "keras", "config": inside, "registered_name": None}


def counted(stem: str, number: int) -> str:
    return f"{stem}_{number}" if number else stem


def archive(listed: Iterable[dict[str, Any]], places: Iterable[str], kernel: tuple[int, int] = (3, 3)) -> bytes:
    """An archive of a Sequential, with a kernel and a bias in each of these groups."""
    held = io.BytesIO()
    with h5py.File(held, "w") as file:
        for place in places:
            file[f"{place}/vars/0"], file[f"{place}/vars/1"] = np.zeros(kernel, "float32"), np.zeros(kernel[1], "float32")
    return with_members(**{"config.json": layers(start(), *listed), "model.weights.h5": held.getvalue()})


def legacy(group_of: Rename, listed_as: Callable[[str], list[str]], names: Callable[[list[str]], list[str]]) -> bytes:
    """An ``.h5`` of a Sequential: the group of each layer, what its group lists, and what the file lists of all groups."""
    held, own = io.BytesIO(), [f"d{number}" for number in range(COUNT)]
    with h5py.File(held, "w") as file:
        file.attrs["keras_version"], file.attrs["backend"] = "2.15.0", "tensorflow"
        listed = [{"class_name": "Dense", "config": {"name": name, "units": 3, "batch_input_shape": [None, 3]}} for name in own]
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": {"name": "s", "layers": listed}})
        weights = file.create_group("model_weights")
        weights.attrs.create("layer_names", [name.encode() for name in names(own)])
        for name in own:
            group = weights.create_group(group_of(name))
            group["kernel:0"], group["bias:0"] = np.zeros((3, 3), "float32"), np.zeros(3, "float32")
            weights.require_group(name).attrs["weight_names"] = [text.encode() for text in listed_as(name)]
    return held.getvalue()


def both(name: str) -> list[str]:
    return ["kernel:0", "bias:0"]


# name -> its bytes, and the codes of which one names it
MISPLACED: dict[str, tuple[Make, tuple[str, ...]]] = {
    "2_000_renamed_groups.keras": (lambda: archive(map(dense, range(COUNT)), (f"layers/mine_{n}" for n in range(COUNT))), ("K701",)),
    "2_000_other_shapes.keras": (lambda: archive(map(dense, range(COUNT)), (f"layers/{counted('dense', n)}" for n in range(COUNT)), (4, 3)), ("K702", "K201")),
    "1_000_nested_models_of_another_shape.keras": (lambda: archive(map(nested, range(COUNT // 2)), (f"layers/{counted('sequential', n)}/layers/dense" for n in range(COUNT // 2)), (4, 3)), ("K702", "K201")),
    "1_000_nested_models_with_another_number.keras": (lambda: archive(map(nested, range(COUNT // 2)), (f"layers/{counted('sequential', n)}/layers/dense_{n + 7}" for n in range(COUNT // 2))), ("K607", "K701")),
    "2_000_groups_listed_twice.h5": (lambda: legacy(str, both, lambda names: [*names, *names]), ("K707",)),
    "2_000_groups_without_their_list.h5": (lambda: legacy(str, lambda name: [], list), ("K607",)),
    "2_000_groups_that_nobody_lists.h5": (lambda: legacy("more_{}".format, both, list), ("K701", "K705")),
}  # fmt: skip
