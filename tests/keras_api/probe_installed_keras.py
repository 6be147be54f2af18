"""Run in a child process: what the installed Keras says about its layers, as JSON on standard output.

Standard input holds {path of a layer class: [argument, …]}. The answer gives by path: ``parameters`` that ``inspect.signature``
shows (true when required), ``open`` (whether it has ``**kwargs``), and ``refused``: of the arguments that the signature does not
show, those that the constructor says it does not know.
"""

from __future__ import annotations

import importlib
import inspect
import json
import sys
from typing import Any

REFUSALS = ("Unrecognized keyword", "unexpected keyword", "multiple values")
SAMPLES: dict[str, Any] = {
    "units": 4, "filters": 2, "kernel_size": 3, "rate": 0.2, "stddev": 0.2, "factor": 0.2, "dims": [2, 1], "n": 2, "target_shape": [2],
    "num_heads": 2, "key_dim": 2, "input_dim": 5, "output_dim": 4, "function": abs, "num_bins": 4, "equation": "ab,bc->ac",
    "output_shape": [None, 3], "head_dim": 2, "num_query_heads": 2, "num_key_value_heads": 1, "height": 4, "width": 4, "output_size": 2,
    "pool_size": 2, "strides": 1, "pool_dimensions": 1, "max_number": 3, "height_factor": 0.2, "rank": 1, "max_tokens": 9,
    "num_oov_indices": 1, "mask_token": None, "oov_token": "[UNK]", "vocabulary_dtype": "string", "features": {"a": "float"},
    "layers": [], "source": "xyxy", "target": "xywh", "bounding_box_format": "xyxy", "target_format": "xyxy",
}  # fmt: skip


def sample(name: str, owner: str) -> Any:
    """A value that a layer can be built with."""
    import keras

    if name in ("layer", "cell", "cells"):
        made = {"layer": keras.layers.LSTM(2) if owner == "Bidirectional" else keras.layers.Dense(2), "cell": keras.layers.LSTMCell(2)}
        return made.get(name, [made["cell"]])
    return SAMPLES.get(name)


def refused(layer: type, argument: str, required: list[str]) -> bool:
    """Whether the constructor says that it does not know the argument, whatever it says of its value."""
    arguments = {name: sample(name, layer.__name__) for name in required}
    try:
        layer(**{**arguments, argument: sample(argument, layer.__name__)})
    except (ArithmeticError, AttributeError, ImportError, LookupError, NotImplementedError, OSError, TypeError, ValueError) as error:
        return any(text in str(error) for text in REFUSALS)
    return False


def main() -> None:
    """Answer the question on standard input."""
    answers = {}
    for path, question in json.load(sys.stdin).items():
        module, _, name = path.rpartition(".")
        layer = getattr(importlib.import_module(module), name)
        parameters = inspect.signature(layer.__init__).parameters.values()
        named = [item for item in parameters if item.kind not in (item.VAR_POSITIONAL, item.VAR_KEYWORD) and item.name != "self"]
        required = [item.name for item in named if item.default is item.empty]
        hidden = [argument for argument in question if argument not in {item.name for item in named}]
        answers[path] = {
            "parameters": {item.name: item.default is item.empty for item in named},
            "open": any(item.kind is item.VAR_KEYWORD for item in parameters),
            "refused": [argument for argument in hidden if refused(layer, argument, required)],
        }
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
