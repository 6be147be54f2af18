"""Every architecture of ``keras.applications`` through ``kdoctor convert``, from one release of Keras to another, one model at a time.

    python benchmarks/applications.py --made-by PYTHON --loaded-by PYTHON [--target keras==2.15] [--to keras] [--formats h5,keras]
        [--side 128] [--calculate float64] [NAME …]

PYTHON are interpreters with the two releases; kdoctor is that of this one. Weights are random, statistics those of one image;
nothing is fetched. Each file is deleted once it was compared: the largest are of hundreds of megabytes. A line for each: name,
format, and the largest difference of the predictions, or what kdoctor or Keras said. Exit code 1 if any is not within 1e-4.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

CLOSE = 1e-4
ENVIRONMENT = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
NAMES = "import inspect, keras; a = keras.applications; print(*(n for n in dir(a) if inspect.isfunction(getattr(a, n))))"
KIND = """
import json, sys, keras, numpy
sys.setrecursionlimit(10_000)  # Keras 3 follows a graph by recursion: with Python's 1,000, ResNetRS270 is too deep for it
def of_kind(model, kind):
    if kind == "float32":
        return model
    config = json.loads(json.dumps(model.get_config()).replace('"float32"', json.dumps(kind)))
    for layer in config["layers"]:
        if layer["class_name"] == "Normalization":  # Keras 3 rounds its constants to float32, whatever its dtype
            for key in ("mean", "variance"):
                layer["config"][key] = numpy.float32(layer["config"][key]).tolist()
    again = type(model).from_config(config)
    again.set_weights(model.get_weights())
    return again
"""
MAKE = """
folder, name, formats, side, kind = sys.argv[1:]
keras.utils.set_random_seed(1)
shape = {"input_shape": (int(side), int(side), 3)} if int(side) else {}
model = getattr(keras.applications, name)(weights=None, **shape)
noise = numpy.random.default_rng(2)
given = noise.uniform(0, 255, [1, *(length or 224 for length in model.input_shape[1:])]).astype("float32")
normalizations = [layer for layer in model.layers if type(layer).__name__ == "BatchNormalization"]
dropouts = [(layer, layer.rate) for layer in model.layers if type(layer).__name__ == "Dropout"]
for layer in normalizations:
    layer.momentum = 0.0
    layer.set_weights([value + noise.uniform(0, 0.1, value.shape).astype("float32") for value in layer.get_weights()])
for layer, _ in dropouts:
    layer.rate = 0.0
for layer in model.layers:
    if type(layer).__name__ == "LayerScale":  # a fresh one hides what it scales
        layer.set_weights([noise.uniform(0, 1, value.shape).astype("float32") for value in layer.get_weights()])
model(given, training=True)  # real statistics: with others, numbers grow from layer to layer until rounding alone decides
for layer in normalizations:
    layer.momentum = 0.99
for layer, rate in dropouts:
    layer.rate = rate
last = [layer for layer in model.layers if layer.weights][-1]
said, last.activation = last.activation, keras.activations.linear
largest = numpy.abs(keras.Model(model.input, last.output)(given, training=False)).max()
last.activation = said
last.set_weights([value / largest for value in last.get_weights()])  # else one class is certain, whatever the numbers before
given = given.astype(kind)
made = numpy.asarray(of_kind(model, kind)(given, training=False))
if sorted(made.ravel())[-2] < 0.01 * made.max():
    sys.exit("one class is certain: nothing can be compared")
numpy.savez(f"{folder}/io.npz", given=given, made=made)
for ending in formats.split(","):
    model.save(f"{folder}/{name}.{ending}")
"""
LOAD = """
io = numpy.load(sys.argv[1])
model = of_kind(keras.models.load_model(sys.argv[2], compile=False), sys.argv[3])
found = numpy.asarray(model(io["given"], training=False))
print(float(numpy.abs(found - io["made"]).max() / max(1e-30, numpy.abs(io["made"]).max())))
"""


def main() -> int:
    parser = argparse.ArgumentParser(description="Convert every architecture of keras.applications from one Keras to another.")
    parser.add_argument("--made-by", required=True, metavar="PYTHON")
    parser.add_argument("--loaded-by", required=True, metavar="PYTHON")
    parser.add_argument("--target", default="installed")
    parser.add_argument("--to", default="keras", choices=("keras", "h5"))
    parser.add_argument("--formats", default="h5,keras", help="as the first Keras saves it (default: h5,keras)")
    parser.add_argument("--side", default="0", metavar="PIXELS", help="of the square images (default: what the architecture was made for)")
    parser.add_argument("--calculate", default="float32", choices=("float32", "float64"), help="float64 tells rounding from a defect")
    parser.add_argument("names", nargs="*", metavar="NAME")
    asked = parser.parse_args()
    names = asked.names or said(subprocess.run([asked.made_by, "-c", NAMES], capture_output=True, text=True, env=ENVIRONMENT)).split()
    good = True
    for name in names:
        for ending, outcome in outcomes(asked, name):
            good = good and isinstance(outcome, float) and outcome <= CLOSE
            print(f"{name:20} {ending:6} {outcome}", flush=True)
    return 0 if good else 1


def outcomes(asked: argparse.Namespace, name: str) -> list[tuple[str, float | str]]:
    with tempfile.TemporaryDirectory(prefix="kdoctor-applications-") as folder:
        command = [asked.made_by, "-c", KIND + MAKE, folder, name, asked.formats, asked.side, asked.calculate]
        made = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT)
        if made.returncode:
            return [("made", said(made))]
        return [(ending, compared(asked, Path(folder, f"{name}.{ending}"))) for ending in asked.formats.split(",")]


def compared(asked: argparse.Namespace, file: Path) -> float | str:
    """The largest difference of the predictions, relative to the largest number in them."""
    out = file.with_name(f"converted.{asked.to}")
    command = [sys.executable, "-m", "kdoctor", "convert", str(file), "--to", asked.to, "--target", asked.target, "-o", str(out)]
    done = subprocess.run([*command, "--format", "json"], capture_output=True, text=True)
    file.unlink()
    answer: dict[str, Any] = json.loads(done.stdout) if done.stdout else {"written": False, "outcome": done.stderr}
    if not answer["written"]:
        remaining: list[dict[str, str]] = answer.get("remaining", [])
        reasons = {f"{found['code']} {found['message']}" for found in remaining if found["severity"] == "error"}
        return f"{answer['outcome']} {'; '.join(sorted(reasons))[:300]}"
    loaded = subprocess.run(
        [asked.loaded_by, "-c", KIND + LOAD, str(file.with_name("io.npz")), str(out), asked.calculate],
        capture_output=True,
        text=True,
        env=ENVIRONMENT,
    )
    out.unlink()
    return said(loaded) if loaded.returncode else float(loaded.stdout.split()[-1])


def said(done: subprocess.CompletedProcess[str]) -> str:
    return done.stdout.strip() if done.returncode == 0 else done.stderr.strip().splitlines()[-1][:300]


if __name__ == "__main__":
    sys.exit(main())
