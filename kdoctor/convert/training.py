"""The training state in the words of the other container."""

from __future__ import annotations

from collections.abc import Mapping

from kdoctor.document import Json

# Functions that Keras 2 holds as metrics and Keras 3 finds by name; tried in 3.0.5, 3.9.2 and 3.15.1, 2026-11-21.
FUNCTIONS = frozenset({
    "binary_accuracy", "categorical_accuracy", "sparse_categorical_accuracy", "top_k_categorical_accuracy", "sparse_top_k_categorical_accuracy",
    "binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy", "mean_squared_error", "mean_absolute_error",
    "mean_absolute_percentage_error", "mean_squared_logarithmic_error", "hinge", "squared_hinge", "categorical_hinge", "poisson",
})  # fmt: skip
# Those that are no functions there, and the classes that compute the same; `cosine_proximity` is another name of the first.
CLASSES: Mapping[str, str] = {"cosine_similarity": "CosineSimilarity", "logcosh": "LogCoshError", "log_cosh": "LogCoshError"}
WRAPPER = "MeanMetricWrapper"
PARTS = ("loss", "loss_weights", "metrics", "weighted_metrics")


def native_training(training: Mapping[str, Json]) -> dict[str, Json]:
    """A training_config as a compile_config."""
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
        found[key] = _homed(training.get(key), "losses" if key == "loss" else "metrics")
    return found


def _homed(value: Json, module: str) -> Json:
    if isinstance(value, Mapping) and "class_name" in value and "module" not in value:
        return {"module": f"keras.{module}", **_callable(value), "registered_name": None}
    if isinstance(value, Mapping):
        return {key: _homed(item, module) for key, item in value.items()}
    return [_homed(item, module) for item in value] if isinstance(value, list) else value


def _callable(value: Mapping[str, Json]) -> Mapping[str, Json]:
    """A wrapper's function as an archive names one: the text of an ``.h5`` stays a text there, which fit() cannot call."""
    config = value.get("config")
    if value.get("class_name") != WRAPPER or not isinstance(config, Mapping) or not isinstance(config.get("fn"), str):
        return value
    if config["fn"] in CLASSES and config.keys() <= {"name", "dtype", "fn"}:
        return {"class_name": CLASSES[config["fn"]], "config": {key: said for key, said in config.items() if key != "fn"}}
    if config["fn"] not in FUNCTIONS:
        return value
    function = {"module": "builtins", "class_name": "function", "config": config["fn"], "registered_name": "function"}
    return {**value, "config": {**config, "fn": function}}


def legacy_training(compile_config: Mapping[str, Json]) -> dict[str, Json] | None:
    """A compile_config as a training_config, every object in its own words; None for a model that was never compiled."""
    optimizer = compile_config.get("optimizer")
    if not isinstance(optimizer, Mapping):
        return None
    found = {key: compile_config.get(key) for key in PARTS}
    return {**found, "optimizer_config": {"class_name": optimizer.get("class_name"), "config": optimizer.get("config", {})}}
