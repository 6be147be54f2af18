"""The Python that loads a file as it is."""

from __future__ import annotations

import ast
from typing import Any

from kdoctor.document import Document
from kdoctor.engine import examine
from kdoctor.packs import load_checks
from kdoctor.snippet import snippet
from kdoctor.target import Target
from kdoctor.testing import document, layer, sequential

INPUT = layer("InputLayer", batch_shape=[None, 4])


def lines(sick: Document, path: str = "m.keras", **options: Any) -> tuple[str, ...] | None:
    found = snippet(examine(sick, Target("3.15.1", **options), load_checks(), path))
    if found is not None:
        ast.parse("\n".join(found))
    return found


def stored(*layers: Any, **more: Any) -> Document:
    return document(sequential(INPUT, *layers, build_config={"input_shape": [None, 4]}), attributes={"/": {}}, **more)


def test_a_healthy_file_needs_one_line() -> None:
    assert lines(stored(layer("ReLU"))) == ("import keras", "model = keras.saving.load_model('m.keras')")


def test_a_class_of_the_users_own_is_imported_and_given() -> None:
    mine = {**layer("Scale", module="train"), "registered_name": "my>Scale"}
    assert lines(stored(mine)) == (
        "import keras",
        "from train import Scale  # the module that the file names",
        "model = keras.saving.load_model('m.keras', custom_objects={'my>Scale': Scale})",
    )


def test_a_class_of_a_notebook_is_wherever_it_is_defined() -> None:
    mine = {**layer("Scale", module="__main__"), "registered_name": "Scale"}
    found = lines(stored(mine))
    assert found is not None
    assert found[1] == "from YOUR_CODE import Scale  # wherever it is defined"


def test_a_loss_of_the_users_own_is_left_out() -> None:
    loss = {"module": "builtins", "class_name": "function", "config": "my_loss", "registered_name": "function"}
    found = lines(stored(layer("ReLU"), training={"optimizer": "adam", "loss": loss, "metrics": []}))
    assert found == ("import keras", "model = keras.saving.load_model('m.keras', compile=False)")


def test_what_has_to_be_repaired_first_has_no_such_line() -> None:
    assert lines(stored(layer("DepthwiseConv2D", kernel_size=3, groups=1))) is None


def test_a_repaired_hub_layer_is_trusted_first() -> None:
    made = {**layer("HubLayer", module="kdoctor.hub.layer", handle="tiny"), "registered_name": "kdoctor>HubLayer"}
    found = lines(stored(made))
    assert found == ("import keras", "import kdoctor.hub", "kdoctor.hub.trust('tiny')", "model = keras.saving.load_model('m.keras')")


def test_what_is_no_name_is_never_printed_as_python() -> None:
    hostile = {**layer("Scale\nimport os", module="train"), "registered_name": "Scale\nimport os"}
    assert lines(stored(hostile)) is None
    assert lines(stored({**layer("Scale", module="train; import os"), "registered_name": "Scale"})) is None
