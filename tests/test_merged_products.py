"""Merge with ``mode="dot"`` of Keras 1: real Keras computes with the cured file what ``K.batch_dot`` of 1.2.2 did, as einsum says it.

Six files of Keras 1.2.2 were cured by hand and gave its own numbers to 1e-6; images, of which it multiplied the last two axes, stay refused.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import h5py
import numpy
import pytest

from kdoctor.archive.writing.write import write_document
from kdoctor.asked import installed_keras
from kdoctor.doctor import Plan, plan_file
from kdoctor.packs import load_checks
from kdoctor.target import Target

NOISE = numpy.random.default_rng(5)
CASES: dict[str, tuple[list[int], list[int], list[int]]] = {
    "ab,ab->a": ([4], [4], [1, 1]),
    "abc,adc->abd": ([6, 4], [5, 4], [2, 2]),
    "abc,abd->acd": ([6, 4], [6, 5], [1, 1]),
    "abc,acd->abd": ([6, 4], [4, 5], [2, 1]),
}
LOAD = """
import json, sys, keras, numpy
for line in sys.stdin:
    file, numbers = line.split()
    given = numpy.load(numbers)
    found = keras.models.load_model(file).predict([given["x"], given["y"]], verbose=0)
    print(json.dumps(numpy.abs(found.reshape(given["z"].shape) - given["z"]).max().item()))
"""


def saved(file: Path, left: list[int], right: list[int], axes: list[int], release: str) -> Path:
    """A graph of Keras 1: two inputs and their product."""
    starts: list[Any] = [
        {
            "class_name": "InputLayer", "name": name, "inbound_nodes": [],
            "config": {"batch_input_shape": [None, *shape], "input_dtype": "float32", "sparse": False, "name": name},
        }
        for name, shape in (("a", left), ("b", right))
    ]  # fmt: skip
    config = {"name": "m", "mode": "dot", "mode_type": "raw", "concat_axis": -1, "dot_axes": axes, "output_shape": None, "arguments": {}}
    merge = {"class_name": "Merge", "name": "m", "config": config, "inbound_nodes": [[["a", 0, 0], ["b", 0, 0]]]}
    ends = {"input_layers": [["a", 0, 0], ["b", 0, 0]], "output_layers": [["m", 0, 0]]}
    with h5py.File(file, "w") as stored:
        stored.attrs["keras_version"] = release
        stored.attrs["model_config"] = json.dumps({"class_name": "Model", "config": {"name": "model", "layers": [*starts, merge], **ends}})
        weights = stored.create_group("model_weights")
        weights.attrs["layer_names"] = [b"a", b"b", b"m"]
        weights.attrs["keras_version"] = release
        for name in "abm":
            weights.create_group(name).attrs["weight_names"] = numpy.array([], "S1")
    return file


def planned(file: Path) -> Plan:
    return plan_file(file, Target(installed_keras()), load_checks())


def test_real_keras_multiplies_as_keras_1_did(tmp_path: Path) -> None:
    asked = []
    for number, (equation, (left, right, axes)) in enumerate(CASES.items()):
        plan = planned(saved(tmp_path / f"{number}.h5", left, right, axes, "1.2.2"))
        assert plan.after.loads, [found.finding.message for found in plan.after.errors]
        out = tmp_path / f"{number}.out.{'keras' if plan.after.document.format.native else 'h5'}"
        write_document(plan.before.document, plan.after.document, out)
        x, y = (NOISE.normal(size=(3, *shape)).astype("float32") for shape in (left, right))
        numpy.savez(tmp_path / f"{number}.npz", x=x, y=y, z=numpy.einsum(equation, x, y))
        asked.append(f"{out} {tmp_path / f'{number}.npz'}")
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    command = [sys.executable, "-W", "ignore", "-c", LOAD]
    done = subprocess.run(command, input="\n".join(asked), capture_output=True, text=True, env=environment, timeout=600, check=True)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) == len(CASES)
    assert max(found) < 1e-5


@pytest.mark.parametrize("release", ["1.2.2", "2.0.9"])
def test_images_are_multiplied_otherwise(tmp_path: Path, release: str) -> None:
    assert not planned(saved(tmp_path / "sick.h5", [3, 4, 4], [3, 4, 4], [2, 2], release)).after.loads
    assert planned(saved(tmp_path / "well.h5", [4, 4], [4, 4], [2, 2], release)).after.loads
