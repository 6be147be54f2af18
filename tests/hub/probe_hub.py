"""Run in a child process with the installed Keras: loads repaired files (JSON on standard input) as their user would; see test_layer.py."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

import kdoctor.hub


def difference(model: Any, twin: Any) -> float:
    x = np.random.default_rng(7).standard_normal((5, *twin.input_shape[1:])).astype("float32")
    return float(np.abs(np.asarray(model(x)) - np.asarray(twin(x))).max())


def refusal(action: Callable[[], Any]) -> str:
    try:
        action()
    except Exception as error:
        return str(error)
    return ""


def answer(path: str, lines: list[str], twin: Any) -> dict[str, Any]:
    kdoctor.hub.distrust()
    untrusted = refusal(lambda: keras.saving.load_model(path))
    assert lines[0] == "import kdoctor.hub"
    for line in lines[1:]:
        kdoctor.hub.trust(line.split("'")[1])
    model = keras.saving.load_model(path)
    with tempfile.TemporaryDirectory() as folder:
        again = os.path.join(folder, "again.keras")
        model.save(again)
        kdoctor.hub.trust(again)
        copy = keras.saving.load_model(again)
    return {"untrusted": untrusted, "difference": difference(model, twin), "saved again": difference(copy, twin)}


def changed(trainable: bool) -> bool:
    model = made(trainable=trainable)
    before = np.asarray(model.layers[0].module_variables[0].numpy())
    model.compile("sgd", "mse")
    model.fit(np.ones((4, 4)), np.full((4, 2), 5.0), verbose=0)
    return bool(np.abs(model.layers[0].module_variables[0].numpy() - before).max() > 0)


def made(**options: Any) -> Any:
    return keras.Sequential([keras.Input((4,)), kdoctor.hub.HubLayer("tiny", **options), keras.layers.Dense(2)])


def fine_tuned() -> float:
    model = made(trainable=True)
    model.layers[0].set_weights([np.full((4, 3), 0.25)])
    with tempfile.TemporaryDirectory() as folder:
        model.save(os.path.join(folder, "tuned.keras"))
        copy = keras.saving.load_model(os.path.join(folder, "tuned.keras"))
    return difference(copy, model) + float(np.abs(copy.layers[0].module_variables[0].numpy() - 0.25).max())


def main() -> None:
    twin = keras.saving.load_model(sys.argv[1])
    found: dict[str, Any] = {name: answer(path, lines, twin) for name, (path, lines) in json.load(sys.stdin).items()}
    kdoctor.hub.distrust()
    kdoctor.hub.trust(sys.argv[2])
    found["fine tuned"] = fine_tuned()
    found["trained"] = {"frozen": changed(False), "trainable": changed(True)}
    found["other shapes"] = refusal(lambda: kdoctor.hub.HubLayer("tiny", variables=[{"shape": [5, 3]}]))
    found["signature"] = refusal(lambda: kdoctor.hub.HubLayer("tiny", signature="serving_default"))
    layer = kdoctor.hub.HubLayer("tiny", signature="serving_default", signature_outputs_as_dict=True)
    found["signature as dictionary"] = isinstance(layer(np.ones((1, 4), "float32")), dict)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
