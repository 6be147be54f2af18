"""`.keras` files whose config.json was edited so that shapes contradict each other or are missing (K201, K202)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from damage_hdf5 import second_input
from damage_zip import members, zip_again

Document = dict[str, Any]


def make() -> None:
    edit("input_shape_conflict.keras", "input_shape_conflict.keras", other_batch_size)
    for case, change in (
        ("two_input_layers", second_input),
        ("both_keys", both_keys),
        ("layer_build_config", wrong_layer_build),
        ("unlike_weights", unlike_weights),
    ):
        edit("input_shape_conflict__plain.keras", f"input_shape_conflict__{case}.keras", change)
    edit("input_shape_conflict__list_against_tuple.keras", "input_shape_conflict__list_against_tuple.keras", repeated)
    edit("input_shape_missing.keras", "input_shape_missing__weights_tell.keras", no_shapes)


def edit(source: str, target: str, change: Callable[[Document], None]) -> None:
    content = members(source)
    document: Document = json.loads(content["config.json"])
    change(document)
    zip_again(target, {**content, "config.json": json.dumps(document).encode()})


def other_batch_size(document: Document) -> None:
    """The build shape fixes a batch of 32; the InputLayer leaves it open. Keras compares the two and refuses."""
    document["config"]["build_input_shape"] = [32, 4, 8, 8, 3]


def repeated(document: Document) -> None:
    """The build shape repeats the InputLayer's, as a list where Keras up to 3.3 compares with a tuple."""
    document["config"]["build_input_shape"] = document["config"]["layers"][0]["config"]["batch_shape"]


def both_keys(document: Document) -> None:
    document["config"]["layers"][0]["config"]["shape"] = [4]


def wrong_layer_build(document: Document) -> None:
    """The Dense layer claims to have been built for 7 features; InputLayer and kernel say 4."""
    document["config"]["layers"][1]["build_config"] = {"input_shape": [None, 7]}


def unlike_weights(document: Document) -> None:
    """The InputLayer says 7 features; build configs and kernel say 4."""
    document["config"]["layers"][0]["config"]["batch_shape"] = [None, 7]


def no_shapes(document: Document) -> None:
    """No InputLayer, no build shape anywhere; the kernels are still there to tell."""
    document.pop("build_config", None)
    document["config"].pop("build_input_shape", None)
    del document["config"]["layers"][0]
    for layer in document["config"]["layers"]:
        layer.pop("build_config", None)
