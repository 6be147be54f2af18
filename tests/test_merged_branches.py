"""Models of Keras 1 that begin with a Merge of others, or merge by a function: real Keras computes with the cured file what the layers say.

Fourteen such files of Keras 1.2.2 (sums, products, means, greatest, joins, lambdas with arguments, branches within branches, trained ones)
gave its own numbers to 1e-5; a Merge straight within a Merge, or of a model with a graph, stays refused.
"""

from __future__ import annotations

import json
import marshal
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import h5py
import numpy
from graphs import cured

from kdoctor.archive.writing.write import write_document
from kdoctor.asked import installed_keras
from kdoctor.doctor import Plan, plan_file
from kdoctor.document import Document, Format
from kdoctor.packs import load_checks
from kdoctor.target import Target
from kdoctor.testing import document, examine

NOISE = numpy.random.default_rng(7)
KERNELS = {
    name: NOISE.normal(size=shape).astype("float32") for name, shape in {"a": (4, 3), "a2": (3, 3), "b": (5, 3), "c": (2, 3)}.items()
}
GIVEN = {name: NOISE.normal(size=(3, size)).astype("float32") for name, size in (("a", 4), ("b", 5), ("c", 2))}
LOAD = """
import json, sys, keras, numpy
for line in sys.stdin:
    file, *names = line.split()
    given = numpy.load(sys.argv[1])
    model = keras.models.load_model(file)
    print(json.dumps(model.predict([given[name] for name in names], verbose=0).tolist()))
"""


def dense(name: str, *, first: bool = False) -> dict[str, Any]:
    config: dict[str, Any] = {"name": name, "output_dim": 3, "init": "glorot_uniform", "activation": "linear", "bias": False}
    if first:
        config |= {"batch_input_shape": [None, KERNELS[name].shape[0]], "input_dtype": "float32"}
    return {"class_name": "Dense", "config": config}


def chain(*layers: Any) -> dict[str, Any]:
    return {"class_name": "Sequential", "config": list(layers)}


def merge(mode: Any, *models: Any, name: str = "merge_1", **more: Any) -> dict[str, Any]:
    config = {"name": name, "mode": mode, "mode_type": "raw", "concat_axis": -1, "dot_axes": -1, "output_shape": None, "arguments": {}}
    return {"class_name": "Merge", "config": {**config, "output_shape_type": "raw", "output_mask": None, "layers": list(models), **more}}


def branches() -> tuple[dict[str, Any], dict[str, Any]]:
    return chain(dense("a", first=True), dense("a2")), chain(dense("b", first=True))


def saved(file: Path, model: dict[str, Any], *names: str) -> Path:
    with h5py.File(file, "w") as stored:
        stored.attrs["keras_version"] = "1.2.2"
        stored.attrs["model_config"] = json.dumps(model)
        weights = stored.create_group("model_weights")
        weights.attrs["layer_names"] = [name.encode() for name in names]
        for name in names:
            group = weights.create_group(name)
            group.attrs["weight_names"] = [f"{name}_W:0".encode()]
            group[f"{name}_W:0"] = KERNELS[name]
    return file


def planned(file: Path) -> Plan:
    return plan_file(file, Target(installed_keras()), load_checks())


def test_real_keras_computes_what_the_branches_say(tmp_path: Path) -> None:
    a, b, c = (GIVEN[name] @ KERNELS[name] for name in "abc")
    a = a @ KERNELS["a2"]
    left, right = branches()
    third = chain(dense("c", first=True))
    function = marshal.dumps((lambda v, k: v[0] * k - v[1]).__code__).decode("raw_unicode_escape")
    by_function = {"mode_type": "lambda", "arguments": {"k": 2.0}}
    cases = [
        (chain(merge("sum", left, right)), "a a2 b", "a b", a + b),
        (chain(merge("concat", third, chain(merge("mul", left, right)), name="outer")), "c a a2 b", "c a b", numpy.hstack([c, a * b])),
        (chain(merge([function, None, None], left, right, **by_function)), "a a2 b", "a b", a * 2 - b),
    ]
    asked = []
    for number, (model, layers, inputs, _) in enumerate(cases):
        plan = planned(saved(tmp_path / f"{number}.h5", model, *layers.split()))
        assert plan.after.loads, [found.finding.message for found in plan.after.errors]
        out = tmp_path / f"{number}.out.{'keras' if plan.after.document.format.native else 'h5'}"
        write_document(plan.before.document, plan.after.document, out)
        asked.append(f"{out} {inputs}")
    numpy.savez(tmp_path / "given.npz", **GIVEN)
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    command = [sys.executable, "-W", "ignore", "-c", LOAD, str(tmp_path / "given.npz")]
    done = subprocess.run(command, input="\n".join(asked), capture_output=True, text=True, env=environment, timeout=600, check=True)
    found = [numpy.array(json.loads(line)) for line in done.stdout.splitlines()]
    assert len(found) == len(cases)
    for numbers, (*_, wanted) in zip(found, cases, strict=True):
        numpy.testing.assert_allclose(numbers, wanted, rtol=1e-4, atol=1e-5)


def keras_1(model: dict[str, Any]) -> Document:
    return document(model, format=Format.H5_MODEL, metadata={"keras_version": "1.2.2"})


def test_the_form_comes_before_the_words() -> None:
    sick = keras_1(chain(merge("sum", *branches())))
    (found,) = examine("K608", sick)
    assert found.message == "the Sequential model begins with a Merge of other models, which Keras 1 alone can take"
    graph = cured(sick, found).config
    assert [layer["name"] for layer in graph["config"]["layers"]] == ["a_input", "a", "a2", "b_input", "b", "merge_1"]
    assert graph["config"]["input_layers"] == [["a_input", 0, 0], ["b_input", 0, 0]]


def test_what_has_no_name_or_no_shape_is_left_alone() -> None:
    left, right = branches()
    for model in (
        chain(merge("sum", merge("sum", left, right, name="inner"), chain(dense("c", first=True)))),
        chain(merge("sum", left, left)),
        chain(merge("sum", chain(dense("a")), right)),
        chain(merge("sum", chain(left), right)),
    ):
        assert not any("begins with a Merge" in one.message for one in examine("K608", keras_1(model)))
        assert any("they do not stand alone in the file" in one.message for one in examine("K608", keras_1(model)))


def test_a_merge_by_a_function_that_makes_masks_is_left_alone() -> None:
    left, right = branches()
    graph = cured(sick := keras_1(chain(merge(["code"], left, right, mode_type="lambda", output_mask=["code"]))), examine("K608", sick)[0])
    assert any("it merges by a function, and makes masks by another" in one.message for one in examine("K608", graph))
