"""How many models come back from the Python that ``kdoctor code`` writes for them.

    python benchmarks/code_round_trip.py FILE|FOLDER … [--repaired] [--failures]

A FOLDER is looked through for ``.keras`` and ``.h5`` files. A model comes back when real Keras runs the code (which kdoctor wrote), its
``get_config()`` equals that of the loaded file up to names, it takes the file's weights, and predicts within 1e-6 of the loaded file.
Files that Keras does not load as they are count only with ``--repaired``: what ``kdoctor convert --to keras`` makes of them is loaded then.
Inputs are drawn by chance, or come from ``io.npz`` beside the file. All in one process; exit code 1 below 95 %.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
WANTED, CLOSE = 0.95, 1e-6
SAYS_NOTHING = ("build_config", "constant_values")  # how a layer was built; an argument of Pad that is None, or is not there


def main() -> int:
    parser = argparse.ArgumentParser(description="How many models come back from the Python that kdoctor writes for them.")
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--repaired", action="store_true")
    parser.add_argument("--failures", action="store_true", help="Show the code of each that does not come back.")
    asked = parser.parse_args()
    outcomes: dict[str, list[str]] = {}
    for path in files(asked.paths):
        with tempfile.TemporaryDirectory() as folder:
            said, code = round_trip(path, Path(folder), asked.repaired)
        outcomes.setdefault(said.split(":")[0], []).append(str(path))
        if said not in ("back", "not loaded"):
            print(f"{path}: {said}", flush=True)
            print(code if asked.failures else "", end="")
    back, counted = len(outcomes.get("back", [])), sum(len(paths) for said, paths in outcomes.items() if said != "not loaded")
    print({said: len(paths) for said, paths in outcomes.items()})
    print(f"{back} of {counted} come back ({100 * back / max(1, counted):.1f} %)")
    return 0 if back >= WANTED * counted else 1


def files(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_file():
            yield path
        else:
            yield from sorted(found for found in path.rglob("*") if found.suffix in (".keras", ".h5", ".hdf5") and found.is_file())


def round_trip(path: Path, folder: Path, repaired: bool) -> tuple[str, str]:
    """What became of one file, and the code."""
    import keras

    file = path
    loaded = load(file)
    if loaded is None and repaired:
        file = folder / "repaired.keras"
        loaded = load(file) if convert(path, file) else None
    if loaded is None:
        return "not loaded", ""
    try:
        one = plain(loaded)  # before a call gives an InputLayer to a model that stands for an activation
        want = predictions(loaded, path)
    except Exception:  # loads, and does not work
        return "not loaded", ""
    try:
        code = written(path)
    except Exception as error:  # the outcome is what is measured
        return f"refused: {error}", ""
    keras.backend.clear_session()
    try:
        scope: dict[str, Any] = {"__name__": "generated"}
        exec(compile(code, "generated", "exec"), scope)
        model = scope["model"]
        if one != (other := plain(model)):
            return f"config: {difference(one, other)}", code
        take(model, file, folder)
        return compared(predictions(model, path), want), code
    except Exception as error:
        return f"error: {type(error).__name__}: {str(error)[:300]}", code


def load(path: Path) -> Any:
    import keras

    keras.backend.clear_session()
    try:
        return keras.saving.load_model(path)
    except Exception:
        return None


def written(path: Path) -> str:
    from kdoctor.asked import installed_keras
    from kdoctor.packs import load_checks
    from kdoctor.rebuild.from_file import rebuild_file
    from kdoctor.target import Target

    made = rebuild_file(path, Target(installed_keras()), load_checks())
    if made.refusals or made.script is None:
        raise ValueError("; ".join(made.refusals))
    return made.script.text


def convert(path: Path, out: Path) -> bool:
    command = [sys.executable, "-m", "kdoctor", "convert", str(path), "--to", "keras", "-o", str(out)]
    return subprocess.run(command, capture_output=True).returncode == 0 and out.exists()


def take(model: Any, file: Path, folder: Path) -> None:
    """The weights of the file; those of an ``.h5`` in whose layout Keras does not find its own, from the converted file."""
    try:
        model.load_weights(file)
    except Exception:
        out = folder / "weights.keras"
        if not convert(file, out):
            raise
        model.load_weights(out)


def predictions(model: Any, path: Path) -> list[Any]:
    """The outputs for the inputs beside the file, or for inputs drawn by chance."""
    import keras
    import numpy as np

    beside = path.with_name("io.npz")
    if beside.exists():
        data = np.load(beside, allow_pickle=False)
        given = [tensor(data[f"in{index}"]) for index in range(sum(key.startswith("in") for key in data.files))]
    else:
        given = [drawn(tensor.shape, tensor.dtype) for tensor in model.inputs]
    keras.utils.set_random_seed(7)
    made = model(given[0] if len(given) == 1 else given, training=False)
    return [np.asarray(item) for item in keras.tree.flatten(made)]


def tensor(array: Any) -> Any:
    if array.dtype.kind not in "SUO":
        return array
    import tensorflow

    return tensorflow.constant(array.astype(str))


def drawn(shape: Any, dtype: str) -> Any:
    import numpy as np

    numbers = np.random.default_rng(3)
    lengths = [2 if index == 0 and length is None else length or 8 for index, length in enumerate(shape)]
    if dtype.startswith(("int", "uint")):
        return numbers.integers(0, 3, lengths).astype(dtype)
    return tensor(numbers.choice(["a b", "c"], lengths)) if dtype == "string" else numbers.normal(size=lengths).astype("float32")


def compared(found: list[Any], want: list[Any]) -> str:
    import numpy as np

    if [one.shape for one in found] != [one.shape for one in want]:
        return "outputs: other shapes"
    worst = 0.0
    for one, other in zip(found, want, strict=True):
        if one.dtype.kind not in "fiub":
            worst = max(worst, float((one.astype(str) != other.astype(str)).any()))
        elif not np.array_equal(one, other, equal_nan=True):
            scale = max(1.0, float(np.nanmax(np.abs(other.astype("float64")))))
            worst = max(worst, float(np.nanmax(np.abs(one.astype("float64") - other.astype("float64")))) / scale)
    return "back" if worst <= CLOSE else f"outputs: they differ by {worst:.2g}"


def plain(model: Any) -> Any:
    """The config as JSON has it, names of layers and operations replaced by the order in which they come."""
    import json

    config = json.loads(json.dumps(model.get_config(), default=str))
    return renamed(config, {})


def renamed(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: names.setdefault(item, f"name {len(names)}") if key == "name" and isinstance(item, str) else renamed(item, names)
                for key, item in value.items() if key not in SAYS_NOTHING}  # fmt: skip
    if isinstance(value, list):
        if len(value) == 3 and isinstance(value[0], str) and type(value[1]) is int:
            return [names.get(value[0], value[0]), *value[1:]]
        return [renamed(item, names) for item in value]
    return value


def difference(one: Any, other: Any, at: str = "") -> str:
    """The first place where two configs differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in [*one, *(key for key in other if key not in one)]:
            if one.get(key) != other.get(key):
                return difference(one.get(key), other.get(key), f"{at}/{key}")
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, (a, b) in enumerate(zip(one, other, strict=True)):
            if a != b:
                return difference(a, b, f"{at}/{index}")
    return f"{at}: {str(one)[:120]} became {str(other)[:120]}"


if __name__ == "__main__":
    sys.exit(main())
