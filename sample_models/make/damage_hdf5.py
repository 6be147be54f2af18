"""`.h5` files that lost attributes, or whose configuration was edited (K104, K105, K201)."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from typing import Any

import h5py


def make() -> None:
    for case, attributes in (
        ("no_model_config", ("/model_config",)),
        ("no_keras_version", ("/keras_version", "/model_weights/keras_version")),
        ("no_backend", ("/backend", "/model_weights/backend")),
        ("no_layer_names", ("/model_weights/layer_names",)),
    ):
        target = f"sick/missing_part__{case}.h5"
        shutil.copyfile("healthy/missing_part.h5", target)
        with h5py.File(target, "r+") as opened:
            for attribute in attributes:
                group, _, name = attribute.rpartition("/")
                del opened[group or "/"].attrs[name]
    edit_config("healthy/truncated_file.h5", "sick/unreadable_part__trailing_comma.h5", lambda text: text[:-1] + ",}")
    incomplete = "sick/incomplete_training_state.h5"
    edit_config("healthy/not_compiled.h5", incomplete, in_json(without_weights_of_losses), "training_config")
    edit_config("healthy/input_shape_conflict.h5", "sick/input_shape_conflict__two_input_layers.h5", in_json(second_input))
    edit_config("healthy/input_shape_conflict__keras_2.h5", "sick/input_shape_conflict__keras_2.h5", in_json(input_after_first))


def edit_config(source: str, target: str, change: Callable[[str], str], attribute: str = "model_config") -> None:
    shutil.copyfile(source, target)
    with h5py.File(target, "r+") as opened:
        opened.attrs[attribute] = change(opened.attrs[attribute])


def without_weights_of_losses(document: dict[str, Any]) -> None:
    del document["loss_weights"]


def in_json(change: Callable[[dict[str, Any]], None]) -> Callable[[str], str]:
    def edit(text: str) -> str:
        document: dict[str, Any] = json.loads(text)
        change(document)
        return json.dumps(document)

    return edit


def second_input(document: dict[str, Any]) -> None:
    """Two InputLayers of the same shape at the head of the stack."""
    layers = document["config"]["layers"]
    again = json.loads(json.dumps(layers[0]))
    again["config"]["name"] += "_1"
    layers.insert(1, again)


def input_after_first(document: dict[str, Any]) -> None:
    """The InputLayer behind the layer that carries its own batch_input_shape."""
    layers = document["config"]["layers"]
    layers[0], layers[1] = layers[1], layers[0]
