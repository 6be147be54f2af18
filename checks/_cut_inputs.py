"""The InputLayer that stands where a model begins behind another layer."""

from __future__ import annotations

from kdoctor.document import Json
from kdoctor.keras_api.operation import is_operation
from kdoctor.keras_api.variables.table import is_builtin
from kdoctor.structure.layers import Layer

COMPUTED = {"mixed_float16": "float16", "mixed_bfloat16": "bfloat16"}  # what layers of such a policy return
OF_OTHER_TYPES = ("CategoryEncoding", "Discretization", "HashedCrossing", "Hashing", "IntegerLookup", "StringLookup", "TextVectorization")


def type_at_end(layer: Layer) -> str | None:
    """Of what a layer returns; None where that is not told."""
    policy = layer.node.config.get("dtype", "float32")
    if isinstance(policy, dict) and isinstance(policy.get("config"), dict):
        policy = policy["config"].get("name")
    if not isinstance(policy, str) or not is_builtin(layer.node) or is_operation(layer.node) or layer.class_name in OF_OTHER_TYPES:
        return None
    return COMPUTED.get(policy, policy)


def input_layer(key: str, shape: Json, dtype: str | None) -> Json:
    """An InputLayer; under the name of a layer every connection stays as it is."""
    config = {"batch_shape": list(shape), "dtype": dtype, "name": key}
    return {
        "module": "keras.layers", "class_name": "InputLayer", "config": config, "registered_name": None,
        "name": key, "inbound_nodes": [],
    }  # fmt: skip
