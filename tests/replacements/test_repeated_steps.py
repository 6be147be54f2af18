"""A masked Bidirectional of Keras 1 to 2.3 in the words of Keras 3: real Keras computes with the cured file what the old one did.

What is expected is computed here, by ``rnn`` of tensorflow_backend.py 1.2.2 to 2.3.1; 45 files of 1.2.2, 2.1.6, 2.2.5 and 2.3.1 were cured by hand,
and gave what the old release did to 5e-7.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy
import pytest
from graphs import after, functional

from kdoctor.archive.writing.write import write_document
from kdoctor.asked import installed_keras
from kdoctor.doctor import plan_file
from kdoctor.packs import load_checks
from kdoctor.rebuild.from_file import rebuild_file
from kdoctor.target import Target
from kdoctor.testing import layer, sequential

Array = Any  # of numpy
NOISE = numpy.random.default_rng(11)
WORDS = NOISE.normal(size=(6, 4)).astype("float32")
X = numpy.array([[0, 1, 2, 0, 3, 0], [4, 5, 1, 2, 3, 4], [0, 0, 0, 0, 0, 0], [1, 0, 0, 5, 0, 0]], "float32")
UNITS = 3
LOAD = """
import json, sys, keras, numpy
found = {}
for file in json.load(sys.stdin):
    model = keras.models.load_model(file)
    x = numpy.array(json.loads(sys.argv[1]), "float32")
    kept = keras.ops.convert_to_numpy(keras.src.backend.get_keras_mask(model(x)))
    found[file] = [numpy.asarray(model.predict(x, verbose=0)).tolist(), kept.tolist()]
print(json.dumps(found))
"""


def direction(x: Array, mask: Array, arrays: list[Array], *, backwards: bool) -> Array:
    """A SimpleRNN with tanh that repeats its last output where it is masked, in the order in which it goes."""
    kernel, recurrent, bias = arrays
    state, made = numpy.zeros((len(x), UNITS)), []
    for step in reversed(range(x.shape[1])) if backwards else range(x.shape[1]):
        state = numpy.where(mask[:, step, None], numpy.tanh(x[:, step] @ kernel + state @ recurrent + bias), state)
        made.append(state)
    return numpy.stack(made, 1)


def expected(mode: str, forward: list[Array], backward: list[Array], *, go_backwards: bool) -> Array:
    x, mask = WORDS[X.astype(int)], X != 0
    one = direction(x, mask, forward, backwards=go_backwards)
    other = direction(x, mask, backward, backwards=not go_backwards)[:, ::-1]
    merges = {"concat": numpy.concatenate([one, other], -1), "sum": one + other, "mul": one * other, "ave": (one + other) / 2}
    return merges[mode]


def save(file: Path, mode: str, forward: list[Array], backward: list[Array], *, go_backwards: bool, graph: bool) -> None:
    inner = layer("SimpleRNN", name="inner", units=UNITS, activation="tanh", return_sequences=True, go_backwards=go_backwards)
    start = layer("InputLayer", name="in", batch_shape=[None, None if graph else 6])
    words = layer("Embedding", name="words", input_dim=6, output_dim=4, mask_zero=True)
    both = layer("Bidirectional", name="both", layer=inner, merge_mode=mode)
    same = layer("Dropout", name="out", rate=0.5)
    if graph:
        config = functional({**start, "name": "in", "inbound_nodes": []}, after(words, "in"), after(both, "words"), after(same, "both"))
    else:
        config = sequential(start, words, both, same)
    content = io.BytesIO()
    with h5py.File(content, "w") as stored:
        for place, arrays in {
            "embedding": [WORDS],
            "bidirectional/forward_layer/cell": forward,
            "bidirectional/backward_layer/cell": backward,
        }.items():
            for index, array in enumerate(arrays):
                stored[f"layers/{place}/vars/{index}"] = array
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "2.2.5", "date_saved": ""}))
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("model.weights.h5", content.getvalue())


CASES = [(mode, False, False) for mode in ("concat", "sum", "mul", "ave")] + [("concat", True, True), ("concat", False, True)]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[Any, tuple[Array, Array, Array]]:
    """What the cured files compute, what they should, and the mask that comes with it, all in one process."""
    folder = tmp_path_factory.mktemp("repeated")
    files, wanted = {}, {}
    for number, (mode, go_backwards, graph) in enumerate(CASES):
        forward, backward = ([NOISE.normal(size=shape).astype("float32") for shape in ((4, UNITS), (UNITS, UNITS), (UNITS,))] for _ in "ab")
        file, out = folder / f"{number}.keras", folder / f"{number}.out.keras"
        save(file, mode, forward, backward, go_backwards=go_backwards, graph=graph)
        plan = plan_file(file, Target(installed_keras()), load_checks())
        assert plan.after.loads, [found.finding.message for found in plan.after.errors]
        write_document(plan.before.document, plan.after.document, out)
        files[str(out)] = mode, go_backwards, graph
        wanted[str(out)] = expected(mode, forward, backward, go_backwards=go_backwards)
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    command = [sys.executable, "-W", "ignore", "-c", LOAD, json.dumps(X.tolist())]
    done = subprocess.run(command, input=json.dumps(list(files)), capture_output=True, text=True, env=environment, timeout=600, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    return {case: (numpy.array(found[file][0]), wanted[file], numpy.array(found[file][1])) for file, case in files.items()}


@pytest.mark.parametrize("case", CASES)
def test_the_cured_file_repeats_the_step_before(results: dict[Any, tuple[Array, Array, Array]], case: Any) -> None:
    found, wanted, _ = results[case]
    assert numpy.abs(found - wanted).max() < 1e-5


@pytest.mark.parametrize("case", CASES)
def test_the_mask_goes_on_with_it(results: dict[Any, tuple[Array, Array, Array]], case: Any) -> None:
    assert (results[case][2] == (X != 0)).all()


def test_the_cured_model_can_be_written_as_code(tmp_path: Path) -> None:
    """Its nested models end in a model, whose calls count from 1 there, as Keras writes it."""
    forward, backward = ([numpy.ones(shape, "float32") for shape in ((4, UNITS), (UNITS, UNITS), (UNITS,))] for _ in "ab")
    save(tmp_path / "m.keras", "concat", forward, backward, go_backwards=False, graph=True)
    found = rebuild_file(tmp_path / "m.keras", Target(installed_keras()), load_checks())
    assert found.refusals == ()
    assert found.script is not None
    assert found.script.problems == ()
    assert plan_file(tmp_path / "m.keras", Target(installed_keras()), load_checks()).after.document.config["config"]["layers"][2]["config"][
        "output_layers"
    ] == ["kept", 1, 0]
