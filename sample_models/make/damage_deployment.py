"""Files that load, and do not go where models are deployed (K901 to K905): small edits that change nothing that is computed."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree, rmtree
from typing import Any

from damage_documents import edit

SOURCE = "not_a_model.keras"
SAVED_MODEL, UNNAMED = Path("sick/other_format__saved_model"), Path("sick/missing_serving_signature")


def make() -> None:
    edit(SOURCE, "fixed_batch_size.keras", two_samples)
    edit("unknown_argument.keras", "channels_first.keras", padded)
    edit(SOURCE, "unservable_input.keras", sparse)
    edit(SOURCE, "unconvertible_layer.keras", identity)
    renamed_signature()


def two_samples(document: dict[str, Any]) -> None:
    document["config"]["layers"][0]["config"]["batch_shape"] = [2, 4]


def padded(document: dict[str, Any]) -> None:
    """A pooling of nothing: windows of one, behind which channels stand first for all that matters."""
    pooling = {"name": "pooling", "pool_size": [1, 1], "strides": [1, 1], "padding": "valid", "data_format": "channels_first"}
    document["config"]["layers"].append(
        {"module": "keras.layers", "class_name": "MaxPooling2D", "config": pooling, "registered_name": None}
    )


def sparse(document: dict[str, Any]) -> None:
    document["config"]["layers"][0]["config"]["sparse"] = True


def identity(document: dict[str, Any]) -> None:
    """A layer that does nothing, which TensorFlow.js has not."""
    document["config"]["layers"].append(
        {"module": "keras.layers", "class_name": "Identity", "config": {"name": "same"}, "registered_name": None}
    )


def renamed_signature() -> None:
    """An exported program whose signature got a name of its author's: as long as the one that servers look for, so that no length changes."""
    rmtree(UNNAMED, ignore_errors=True)
    copytree(SAVED_MODEL, UNNAMED)
    program = UNNAMED / "saved_model.pb"
    program.write_bytes(program.read_bytes().replace(b"serving_default", b"predict_classes"))
