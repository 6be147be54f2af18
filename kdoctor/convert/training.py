"""The training state in the words of the other container."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from kdoctor.document import Json
from kdoctor.keras_api.metric_functions import CLASSES, FUNCTIONS, WRAPPER

PARTS = ("loss", "loss_weights", "metrics", "weighted_metrics")


def native_training(training: Mapping[str, Json], custom: Collection[str] = ()) -> dict[str, Json]:
    """A training_config as a compile_config. ``custom``: the names that whoever loads it will give."""
    optimizer = training.get("optimizer_config")
    found: dict[str, Json] = {}
    if isinstance(optimizer, Mapping):
        found["optimizer"] = {
            "module": "keras.optimizers",
            "class_name": str(optimizer.get("class_name", "")).rpartition(">")[2],
            "config": optimizer.get("config", {}),
            "registered_name": None,
        }
    for key in PARTS:
        found[key] = _homed(training.get(key), "losses" if key == "loss" else "metrics", custom)
    return found


def _homed(value: Json, module: str, custom: Collection[str]) -> Json:
    if isinstance(value, Mapping) and "class_name" in value and "module" not in value:
        return {"module": f"keras.{module}", **with_function(value, custom), "registered_name": None}
    if isinstance(value, Mapping):
        return {key: _homed(item, module, custom) for key, item in value.items()}
    return [_homed(item, module, custom) for item in value] if isinstance(value, list) else value


def with_function(value: Mapping[str, Json], custom: Collection[str] = ()) -> Mapping[str, Json]:
    """A wrapper's function as an archive names one: the text of an ``.h5`` stays a text there, which fit() cannot call."""
    config = value.get("config")
    if value.get("class_name") != WRAPPER or not isinstance(config, Mapping):
        return value
    if not isinstance(config.get("fn"), str):  # an object: a loss
        return {**value, "config": {**config, "fn": _homed(config["fn"], "losses", custom)}} if "fn" in config else value
    if config["fn"] in CLASSES and config.keys() <= {"name", "dtype", "fn"}:
        return {"class_name": CLASSES[config["fn"]], "config": {key: said for key, said in config.items() if key != "fn"}}
    if config["fn"] not in FUNCTIONS and config["fn"] not in custom:
        return value
    function = {"module": "builtins", "class_name": "function", "config": config["fn"], "registered_name": "function"}
    return {**value, "config": {**config, "fn": function}}


def legacy_training(compile_config: Mapping[str, Json], named: str = "") -> dict[str, Json] | None:
    """A compile_config as a training_config, every object in its own words; None for a model that was never compiled.

    ``named``: the class of the optimizer that ``compile("adam")`` means, of which an archive of Keras 2.15 or 3.0 holds that word alone.
    """
    optimizer = compile_config.get("optimizer")
    if isinstance(optimizer, str) and named:
        optimizer = {"class_name": named}
    if not isinstance(optimizer, Mapping):
        return None
    found = {key: compile_config.get(key) for key in PARTS}
    return {**found, "optimizer_config": {"class_name": optimizer.get("class_name"), "config": optimizer.get("config", {})}}
