"""Where an object may stand in a model: the whole config, and the compile config, around it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Json = Any
Place = Callable[[Json], tuple[Json, Json]]  # an object -> config, and training


def layer(class_name: str, /, *, nodes: Json = None, **config: Json) -> Json:
    found = {"module": "keras.layers", "class_name": class_name, "config": {"name": class_name.lower(), **config}, "registered_name": None}
    return found if nodes is None else {**found, "name": found["config"]["name"], "inbound_nodes": nodes}


def sequential(*layers: Json, **more: Json) -> Json:
    config = {"name": "sequential", "layers": [layer("InputLayer", batch_shape=[None, 3]), *layers]}
    return {"module": "keras", "class_name": "Sequential", "config": config, "registered_name": None, **more}


def functional(*layers: Json) -> Json:
    config = {"name": "functional", "layers": list(layers), "input_layers": [["inputlayer", 0, 0]], "output_layers": [["dense", 0, 0]]}
    return {"module": "keras.src.models.functional", "class_name": "Functional", "config": config, "registered_name": "Functional"}


INPUT = layer("InputLayer", batch_shape=[None, 3])
TENSOR = {"class_name": "__keras_tensor__", "config": {"shape": [None, 3], "dtype": "float32", "keras_history": ["inputlayer", 0, 0]}}
OPTIMIZER = {
    "module": "keras.optimizers",
    "class_name": "Adam",
    "config": {"name": "adam", "learning_rate": 0.001},
    "registered_name": None,
}


def _compiled(**training: Json) -> tuple[Json, Json]:
    return sequential(layer("Dense", units=2)), {"optimizer": OPTIMIZER, "loss": "mse", **training}


def _scheduled(value: Json) -> Json:
    schedule = {
        "module": "keras.optimizers.schedules",
        "class_name": "CosineDecay",
        "config": {"initial_learning_rate": value},
        "registered_name": None,
    }
    return {**OPTIMIZER, "config": {"learning_rate": schedule}}


PLACES: dict[str, Place] = {
    "layer": lambda value: (sequential(layer("Dense", units=2), value), None),
    "activation": lambda value: (sequential(layer("Dense", units=2, activation=value)), None),
    "initializer": lambda value: (sequential(layer("Dense", units=2, kernel_initializer=value)), None),
    "regularizer": lambda value: (sequential(layer("Dense", units=2, bias_regularizer=value)), None),
    "dtype": lambda value: (sequential(layer("Dense", units=2, dtype=value)), None),
    "wrapper": lambda value: (sequential(layer("TimeDistributed", layer=value)), None),
    "wrapper in a wrapper": lambda value: (sequential(layer("TimeDistributed", layer=layer("Bidirectional", layer=layer("LSTM"), backward_layer=value))), None),
    "cells": lambda value: (sequential(layer("RNN", cell=layer("StackedRNNCells", cells=[layer("LSTMCell", units=2), value]))), None),
    "nested": lambda value: (functional(INPUT, {**sequential(sequential(value)), "inbound_nodes": []}), None),
    "call argument": lambda value: (functional(INPUT, layer("Dense", units=2, nodes=[{"args": [TENSOR], "kwargs": {"mask": value}}])), None),
    "build config": lambda value: (sequential({**layer("Dense", units=2), "build_config": {"input_shape": [None, 3], "more": value}}), None),
    "custom layer": lambda value: (sequential({**layer("Mine"), "module": "my_package", "config": {"deep": [{"er": [value]}]}}), None),
    "inner compile config": lambda value: (sequential(sequential(layer("Dense", units=2), compile_config={"loss": value})), None),
    "optimizer": lambda value: _compiled(optimizer=value),
    "schedule": lambda value: _compiled(optimizer=_scheduled(value)),
    "loss": lambda value: _compiled(loss={"dense": [value]}),
    "metric": lambda value: _compiled(metrics=[["accuracy", value]]),
}  # fmt: skip
