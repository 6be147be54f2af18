"""Writes applications.json: ``python -m kdoctor.keras_api.generate_applications PYTHON [PYTHON …]``.

PYTHON are interpreters with a Keras each; rows of the first win, and another that says something else of the same architecture is an
error. Every architecture is built there, with zeros for weights: the largest takes some gigabytes. Nothing is fetched.
"""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from kdoctor.keras_api.applications import Lengths, digest

CLASSES: Final = 1000  # of every architecture, unless asked otherwise
OUT: Final = Path(__file__).with_name("applications.json")
BUILD: Final = """
import gc, importlib, inspect, json
import keras, tensorflow
here = "keras.src.initializers." + ("random_initializers" if keras.__version__.startswith("3") else "initializers")
for name in ("VarianceScaling", "RandomNormal", "RandomUniform", "TruncatedNormal"):  # random numbers cost more than all else
    getattr(importlib.import_module(here), name).__call__ = lambda self, shape, dtype=None, **more: tensorflow.zeros(shape, dtype or "float32")
VARIANTS = {
    "MobileNet": [{"alpha": alpha} for alpha in (0.25, 0.5, 0.75)],
    "MobileNetV2": [{"alpha": alpha} for alpha in (0.35, 0.5, 0.75, 1.3, 1.4)],
    "MobileNetV3Small": [{"alpha": 0.75}, {"minimalistic": True}],
    "MobileNetV3Large": [{"alpha": 0.75}, {"minimalistic": True}],
}
for name in sorted(name for name, found in vars(keras.applications).items() if inspect.isfunction(found)):
    for given in ({}, *VARIANTS.get(name, ())):
        for top in (True, False):
            keras.backend.clear_session()
            gc.collect()
            model = getattr(keras.applications, name)(weights=None, include_top=top, **given)
            print(json.dumps([name, given, top, [list(weight.shape) for weight in model.weights]]), flush=True)
"""


def main() -> None:
    rows: dict[str, list[Any]] = {}
    for python in sys.argv[1:]:
        built = subprocess.run([python, "-c", BUILD], check=True, capture_output=True, text=True).stdout.splitlines()
        for name, given, top, shapes in map(json.loads, built):
            row = [name, given, *_told([tuple(shape) for shape in shapes], top)]
            if rows.setdefault(f"{name} {given} {top}", row) != row:
                raise SystemExit(f"{name}({given}, include_top={top}) has other shapes in {python}")
    lines = ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows.values())
    OUT.write_text(f'{{"generated": "{datetime.date.today().isoformat()}", "rows": [\n{lines}\n]}}\n', encoding="utf-8")


def _told(shapes: list[Lengths], top: bool) -> tuple[int, str, Lengths | None]:
    """How many arrays, what tells them from others, and the last kernel without its classes."""
    if not top:
        return len(shapes), digest(shapes), None
    last = [shape for shape in shapes if shape[-1:] == (CLASSES,)]
    kernel = next(shape for shape in last if len(shape) > 1)
    rest = [shape for shape in shapes if shape not in last]
    assert len(last) == 2, last
    return len(rest), digest(rest), kernel[:-1]


if __name__ == "__main__":
    main()
