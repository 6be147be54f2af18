"""Models in the words of Keras 3, and what becomes of them in those of Keras 2."""

from __future__ import annotations

from typing import Any

from kdoctor.container import Container
from kdoctor.convert.conversion import convert
from kdoctor.target import Target
from kdoctor.testing import document, layer

KERAS_2 = Target("2.15.0")
POLICY = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}, "registered_name": None}
INPUT = layer("InputLayer", name="in", batch_shape=[None, 4], dtype="float32", sparse=False, ragged=False, optional=False)


def tensor(name: str, call: int = 0) -> dict[str, Any]:
    return {"class_name": "__keras_tensor__", "config": {"shape": [None, 4], "dtype": "float32", "keras_history": [name, call, 0]}}


def called(serialized: dict[str, Any], *args: Any, **kwargs: Any) -> dict[str, Any]:
    """A layer of a Functional model, called once."""
    return {**serialized, "name": serialized["config"]["name"], "inbound_nodes": [{"args": list(args), "kwargs": kwargs}]}


def graph(*layers: dict[str, Any], output: str = "out", call: int = 0) -> dict[str, Any]:
    start = {**INPUT, "name": "in", "inbound_nodes": []}
    config = {"name": "model", "trainable": True, "layers": [start, *layers]}
    ends = {"input_layers": ["in", 0, 0], "output_layers": [output, call, 0]}
    return {
        "module": "keras.src.models.functional",
        "class_name": "Functional",
        "config": {**config, **ends},
        "registered_name": "Functional",
    }


def said(config: dict[str, Any], target: Target = KERAS_2, **parts: Any) -> Any:
    """The config of a model without weights as an ``.h5`` for Keras 2."""
    return convert(document(config, attributes={"/": {}}, **parts), target, Container.H5).document.config


def only(config: dict[str, Any]) -> Any:
    """The one layer behind the input."""
    return said(graph(called(config, tensor("in"))))["config"]["layers"][1]
