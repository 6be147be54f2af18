"""Stage measure: what this Keras release says to every sample; writes expected.json and README.md."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy
from catalogue import SAMPLES
from table import write_readme

KEY = "keras_" + keras.__version__.replace(".", "_")
EXPECTED = Path("expected.json")
NEW = "new"  # asks for the files that this release has not been measured with


def make(arguments: Sequence[str]) -> None:
    wanted = arguments[1] if len(arguments) > 1 else ""
    known = json.loads(EXPECTED.read_text()) if EXPECTED.exists() else {}
    found = {f"{folder}/{path.name}" for folder in ("sick", "healthy") for path in Path(folder).iterdir()}
    if found != set(SAMPLES):
        raise SystemExit(f"catalogue.py and the folders disagree on {sorted(found ^ set(SAMPLES))}")
    expected = {}
    for name, sample in SAMPLES.items():
        row = {**known.get(name, {}), "code": sample.code, "cure": sample.cure, "twin": twin(name)}
        if KEY not in row if wanted == NEW else wanted in name:
            row[KEY] = measure(name, row["twin"])
        expected[name] = row
    EXPECTED.write_text(json.dumps(expected, indent=1) + "\n")
    write_readme(expected)


def twin(name: str) -> str | None:
    """The healthy file that a cure of this one must equal: the one the catalogue names, else the same name, else the offence alone."""
    if name.startswith("healthy/"):
        return None
    path = Path(name)
    offence = path.name.split("__")[0].split(".")[0]
    candidates = (SAMPLES[name].twin, f"healthy/{path.name}", f"healthy/{offence}{path.suffix}", f"healthy/{offence}.keras")
    return next(candidate for candidate in candidates if candidate in SAMPLES)


def measure(name: str, twin_name: str | None) -> dict[str, Any]:
    try:
        model = keras.models.load_model(name)
    except Exception as error:  # the point of the stage: whatever Keras raises is the measurement
        return {"ok": False, "error_class": type(error).__name__, **message(str(error))}
    try:
        outputs = predict(model)
    except Exception as error:  # as above
        return {"ok": True, "predicts": False, "error_class": type(error).__name__, "error": str(error).splitlines()[0][:200]}
    row: dict[str, Any] = {"ok": True, "predicts": True}
    if twin_name is not None and (wanted := outputs_of(twin_name)) is not None:
        row["same_as_twin"] = outputs.shape == wanted.shape and bool(numpy.allclose(outputs, wanted, atol=1e-6))
    return row


def outputs_of(name: str) -> Any:
    """What a twin predicts; None in an earlier Keras that does not load it."""
    try:
        return predict(keras.models.load_model(name))
    except Exception:
        if keras.__version__ >= "3":
            raise
        return None


def message(text: str) -> dict[str, str]:
    """The first line, and what it wraps: the innermost "Exception encountered", or the example of an object that could not be loaded."""
    first = text.strip().splitlines()[0][:300]
    cause = text.rpartition("Exception encountered: ")[2] if "Exception encountered: " in text else ""
    if "Example error message for object" in first:
        cause = text.strip().partition("\n")[2].strip()
    return {"error": first, "cause": cause.splitlines()[0][:300]} if cause else {"error": first}


def predict(model: Any) -> Any:
    """Predict two seeded rows; a model that was never built is given four features."""
    shapes = [(name, shape or (None, 4), dtype) for name, shape, dtype in heads(model)] or [("input", (None, 4), "float32")]
    random = numpy.random.RandomState(7)
    data = [
        numpy.array([["cat"], ["cow"]]) if dtype == "string" else random.uniform(size=(shape[0] or 2, *shape[1:])).astype(dtype)
        for _, shape, dtype in shapes
    ]
    if any(dtype == "string" for _, _, dtype in shapes):
        return numpy.asarray(model(keras.ops.convert_to_tensor(data[0], dtype="string")))
    return model.predict(data if len(data) > 1 else data[0], verbose=0)


def heads(model: Any) -> list[tuple[str, Any, str]]:
    """Name, shape and dtype of every input; Keras 2 keeps a Sequential's InputLayer out of its layers."""
    if keras.__version__ < "3":
        return [(tensor.name, tensor.shape, tensor.dtype.name) for tensor in model.inputs or ()]
    layers = getattr(model, "_layers", [])
    return [(layer.name, layer.batch_shape, layer.dtype) for layer in layers if isinstance(layer, keras.layers.InputLayer)]
