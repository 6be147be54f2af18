"""A model's config without the model's class around it: what ``json.dump(model.get_config(), file)`` writes instead of ``to_json()``."""

from __future__ import annotations

from kdoctor.document import Json


def is_bare(value: Json) -> bool:
    """Whether ``value`` is the config of a model alone: no class, and a list of layers."""
    layers = value.get("layers") if isinstance(value, dict) and "class_name" not in value else None
    return isinstance(layers, list) and bool(layers) and all(map(_is_layer, layers))


def around(config: Json) -> Json:
    """The object that ``to_json()`` would have written: the class is told by the inputs that a Functional lists and a Sequential never
    has, and the dialect by the ``module`` that Keras 3 says of every layer. What is no bare config is given back."""
    if not is_bare(config):
        return config
    listed = "input_layers" in config
    if not any("module" in layer for layer in config["layers"]):
        return {"class_name": "Model" if listed else "Sequential", "config": config}
    if listed:
        return {"module": "keras.src.models.functional", "class_name": "Functional", "config": config, "registered_name": "Functional"}
    return {"module": "keras", "class_name": "Sequential", "config": config, "registered_name": None}


def _is_layer(value: Json) -> bool:
    return isinstance(value, dict) and isinstance(value.get("class_name"), str) and isinstance(value.get("config"), dict)
