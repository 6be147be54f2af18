"""A config of Keras 3 in the words of tf.keras 2: no modules, plain dtypes, nested lists for connections."""

from __future__ import annotations

from typing import Any


def in_the_words_of_keras_2(value: Any) -> Any:
    if isinstance(value, list):
        return [in_the_words_of_keras_2(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("class_name") == "DTypePolicy":
        return value["config"]["name"]
    found = {key: in_the_words_of_keras_2(item) for key, item in value.items() if key not in ("module", "registered_name", "build_config")}
    if "inbound_nodes" in value:
        found["inbound_nodes"] = [_node(node) for node in value["inbound_nodes"]]
    for key in ("input_layers", "output_layers"):
        if key in found and isinstance(found[key][0], str):
            found[key] = [found[key]]
    config = found.get("config")
    if value.get("class_name") == "InputLayer" and isinstance(config, dict):
        config["batch_input_shape"] = config.pop("batch_shape")
    if isinstance(config, dict):
        for new in ("optional", "quantization_config", "build_input_shape"):
            config.pop(new, None)
    return found


def _node(node: dict[str, Any]) -> list[Any]:
    given = node["args"][0] if isinstance(node["args"][0], list) else node["args"]
    return [[*tensor["config"]["keras_history"], {}] for tensor in given]
