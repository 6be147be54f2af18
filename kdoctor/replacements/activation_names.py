"""Which of Keras's own activations a stored function is, told by the operations that it translates to."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from kdoctor.document import Json
from kdoctor.structure.lambdas import Lambda

# The result in operations of Keras 3, the input being x -> the activation's name (keras/src/activations/activations.py).
NAMES: Final[Mapping[str, str]] = MappingProxyType({
    "x": "linear", "Cast(x, dtype='float32')": "linear",
    "Relu(x)": "relu", "Maximum(x, 0)": "relu", "Maximum(x, 0.0)": "relu", "Maximum(0, x)": "relu", "Maximum(0.0, x)": "relu",
    "Relu6(x)": "relu6", "Minimum(Relu(x), 6)": "relu6", "Minimum(Relu(x), 6.0)": "relu6",
    "Clip(x, x_max=6, x_min=0)": "relu6", "Clip(x, x_max=6.0, x_min=0.0)": "relu6",
    "Tanh(x)": "tanh", "Sigmoid(x)": "sigmoid", "Softplus(x)": "softplus", "Softsign(x)": "softsign", "Selu(x)": "selu", "Exp(x)": "exponential",
    "Elu(x)": "elu", "Elu(x, alpha=1)": "elu", "Elu(x, alpha=1.0)": "elu",
    "LeakyRelu(x, negative_slope=0.2)": "leaky_relu",
    "Gelu(x, approximate=False)": "gelu",
    "Silu(x)": "silu", "Multiply(x, Sigmoid(x))": "silu", "Multiply(Sigmoid(x), x)": "silu",
    "Multiply(x, Tanh(Softplus(x)))": "mish", "Multiply(Tanh(Softplus(x)), x)": "mish",
    "Softmax(x, axis=-1)": "softmax", "LogSoftmax(x, axis=-1)": "log_softmax",
})  # fmt: skip
RANKS = (2, 3, 4)
DEEPEST = 8


def activation_name(found: Lambda, bindings: Mapping[str, Json], release: str, keras_minor: tuple[int, int] | None) -> str | None:
    """The name of the activation that the function is for inputs of any rank; None where it is none, or calls for more than is here."""
    from kdoctor.translate.lambda_layers import Surroundings, functional  # few files hold code, and the table is dear to import
    from kdoctor.translate.values import Untranslatable

    names = set()
    for rank in RANKS:
        around = Surroundings(((None,) * rank,), ("float32",), False, False, bindings, release, keras_minor)
        try:
            model, _ = functional(found, {"config": {"name": "activation"}}, around)
        except Untranslatable:
            return None
        names.add(NAMES.get(said(model["config"])))
    return names.pop() if len(names) == 1 else None


def said(config: Mapping[str, Json]) -> str:
    """A nested model of one input and one output as a text: ``Multiply(x, Sigmoid(x))``; empty for another."""
    ends = config["output_layers"]
    if len(config["layers"]) > DEEPEST or (ends and isinstance(ends[0], list) and len(ends) > 1):
        return ""
    nodes = {node["name"]: node for node in config["layers"]}

    def of(name: str) -> str:
        node = nodes[name]
        if node["class_name"] == "InputLayer":
            return "x"
        operands = [_operand(value, of) for value in node["inbound_nodes"][0]["args"]]
        stated = [f"{key}={value!r}" for key, value in sorted(node["config"].items()) if key != "name" and value is not None]
        return f"{node['class_name']}({', '.join([*operands, *stated])})"

    return of(ends[0][0] if isinstance(ends[0], list) else ends[0])


def _operand(value: Json, of: object) -> str:
    assert callable(of)
    if isinstance(value, Mapping) and value.get("class_name") == "__keras_tensor__":
        return str(of(value["config"]["keras_history"][0]))
    return repr(value)
