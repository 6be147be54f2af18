"""What a model is deployed to, and which layers of Keras have no counterpart there: a table that was made by converting each of them."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

# --for -> what it is called in a sentence
PURPOSES = {
    "serving": "TensorFlow Serving",
    "tflite": "TensorFlow Lite",
    "onnx": "ONNX",
    "xla": "XLA",
    "tfjs": "TensorFlow.js",
}
# Of a layers model of TensorFlow.js: what is no layer of its own there.
CONTAINERS = frozenset({"InputLayer", "Sequential", "Functional", "Model"})


@functools.cache
def _table() -> dict[str, Any]:
    read: dict[str, Any] = json.loads((Path(__file__).parent / "keras_api" / "deployment.json").read_bytes())
    return read


def source(purpose: str) -> str:
    """What the table was made with, and when."""
    part = _table()[purpose]
    return f"{part['source']}, {part['generated']}"


def lacks(purpose: str, class_name: str) -> str | None:
    """Why a layer of Keras's own does not get there; None where it does, or nobody tried."""
    part = _table().get(purpose, {})
    if "known" in part:
        return None if class_name in part["known"] or class_name in CONTAINERS else "no such layer"
    missing: dict[str, str] = part.get("missing", {})
    return missing.get(class_name)
