"""K210: more layers one behind the other than Keras walks within Python's recursion limit."""

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
import pytest
from graphs import after, functional, start

from kdoctor.container import Container
from kdoctor.doctor import convert_file, examine_file, plan_file
from kdoctor.packs import load_checks
from kdoctor.repair import Wish, carry_out
from kdoctor.snippet import snippet
from kdoctor.target import Target
from kdoctor.testing import document, examine, layer, model

NEWEST = Target("3.15.1")


def chain(length: int, name: str = "model") -> dict[str, Any]:
    rows = [start()]
    for index in range(length):
        made = layer("Activation", name=f"layer_{index}", activation="linear")
        rows.append(after(made, rows[-1]["name"]))
    return functional(*rows, outputs=((rows[-1]["name"], 0, 0),), name=name)


def stack(length: int) -> dict[str, Any]:
    layers = [layer("Activation", name=f"layer_{index}", activation="linear") for index in range(length)]
    return document(model(layer("InputLayer", batch_shape=[None, 4]), *layers).config).config  # type: ignore[no-any-return]


@pytest.mark.parametrize(("made", "fits"), [(chain, 983), (stack, 980)])
def test_one_layer_more_than_fits_is_an_error(made: Any, fits: int) -> None:
    (near,) = examine("K210", document(made(fits)), NEWEST)
    (over,) = examine("K210", document(made(fits + 1)), NEWEST)
    assert (near.mild, near.recursion_limit) == (True, None)
    assert (over.mild, over.recursion_limit) == (False, 2000)
    assert over.repair is not None
    assert over.repair.title == "before it is loaded: import sys; sys.setrecursionlimit(2000)"


def test_far_from_the_limit_nothing_is_said() -> None:
    assert examine("K210", document(chain(900)), NEWEST) == []


def test_the_walk_counts_not_the_layers() -> None:
    """Two branches of 600 layers each are 600 deep; a call that was walked before is not walked again."""
    rows = [start()]
    for side in ("left", "right"):
        for index in range(600):
            made = layer("Activation", name=f"{side}_{index}", activation="linear")
            rows.append(after(made, rows[-1]["name"] if index else "in"))
    rows.append(after(layer("Add", name="out"), "left_599", "right_599"))
    assert examine("K210", document(functional(*rows)), NEWEST) == []


def test_a_shared_layer_counts_with_each_of_its_calls() -> None:
    calls = [[["in", 0, 0, {}]], *([["again", index, 0, {}]] for index in range(1100))]
    again = {**layer("Activation", name="again", activation="linear"), "name": "again", "inbound_nodes": calls}
    (finding,) = examine("K210", document(functional(start(), again, outputs=(("again", 1100, 0),))), NEWEST)
    assert "1,101 layers deep" in finding.message


def test_a_nested_model_counts_as_one_layer_and_has_a_walk_of_its_own() -> None:
    inner = after({**chain(982, name="inner"), "class_name": "Functional"}, "in")
    (finding,) = examine("K210", document(functional(start(), inner, outputs=(("inner", 1, 0),))), NEWEST)
    assert (finding.mild, str(finding.at)) == (False, "config#/config/layers/1")


def test_ten_thousand_layers_need_no_recursion_here() -> None:
    (finding,) = examine("K210", document(chain(10_000)), NEWEST)
    assert finding.recursion_limit == 12_000


def test_a_loop_ends() -> None:
    loop = functional(start(), after(layer("Dense", name="one"), "two"), after(layer("Dense", name="two"), "one"), outputs=(("one", 0, 0),))
    assert examine("K210", document(loop), NEWEST) == []


@pytest.mark.parametrize(("release", "fits"), [("2.15.0", 986), ("3.0.5", 986), ("3.9.2", 983)])
def test_each_loader_has_its_own_limit(release: str, fits: int) -> None:
    assert [found.mild for found in examine("K210", document(chain(fits)), Target(release))] == [True]
    assert [found.mild for found in examine("K210", document(chain(fits + 1)), Target(release))] == [False]


LOAD = """
import json, sys
import keras
def loaded(path):
    try:
        return len(keras.saving.load_model(path).layers)
    except RecursionError as error:
        return str(error)
answers = [loaded(sys.argv[1])]
for line in sys.argv[2:]:
    exec(line)
answers.append(loaded(sys.argv[1]))
print("ANSWERS", json.dumps(answers))
"""


def test_fix_cures_the_rest_writes_the_file_and_says_the_lines_that_keras_needs(tmp_path: Path) -> None:
    """1,000 layers, one of which names a module of another package: that is cured, the depth is told."""
    sick = chain(1_000)
    sick["config"]["layers"][500]["module"] = "tensorflow.keras.layers"
    path, out = tmp_path / "deep.keras", tmp_path / "out.keras"
    save(path, sick)
    checks = load_checks()
    plan = plan_file(path, NEWEST, checks)
    assert {one.check.code for one in plan.applied} == {"K306"}
    outcome = carry_out(plan, path, Wish(out))
    assert (outcome.out, outcome.exit_code) == (out, 0)
    assert outcome.before_loading == ("import sys", "sys.setrecursionlimit(3000)")
    report = examine_file(out, NEWEST, checks)
    assert (report.loads, report.loads_prepared) == (False, True)
    assert snippet(report) == ("import keras", *outcome.before_loading, f"model = keras.saving.load_model({str(out)!r})")
    plain, prepared = loads(out, *outcome.before_loading)
    assert "maximum recursion depth exceeded" in str(plain)
    assert prepared == 1_001


def test_a_file_that_is_too_deep_and_nothing_else_is_left_alone_and_called_so(tmp_path: Path) -> None:
    path = tmp_path / "deep.keras"
    save(path, chain(1_000))
    outcome = carry_out(plan_file(path, NEWEST, load_checks()), path, Wish())
    assert (outcome.out, outcome.exit_code, outcome.before_loading) == (None, 1, ("import sys", "sys.setrecursionlimit(3000)"))


def test_convert_writes_it_too(tmp_path: Path) -> None:
    path = tmp_path / "deep.keras"
    save(path, chain(1_000))
    plan = convert_file(path, NEWEST, load_checks(), Container.H5)
    assert (plan.converted, plan.refused, plan.after.loads_prepared) == (True, "", True)


def save(path: Path, model: dict[str, Any]) -> None:
    """As Keras 3.15.1 would, but for numbers: an Activation has none."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.15.1", "date_saved": "2026-11-21@11:00:00"}))
        archive.writestr(
            "config.json", json.dumps({**model, "module": "keras.src.models.functional", "build_config": {"input_shape": [None, 4]}})
        )
        archive.writestr("model.weights.h5", weightless())


def weightless() -> bytes:
    made = io.BytesIO()
    with h5py.File(made, "w") as file:
        file.create_group("_layer_checkpoint_dependencies")
        file.create_group("vars")
    return made.getvalue()


def loads(path: Path, *lines: str) -> list[object]:
    """What a plain program gets of the file in real Keras, and what after these lines."""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    command = [sys.executable, "-c", LOAD, str(path), *lines]
    ended = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=300)
    answers = [line for line in ended.stdout.splitlines() if line.startswith("ANSWERS ")]
    assert answers, ended.stderr
    return json.loads(answers[0].removeprefix("ANSWERS "))  # type: ignore[no-any-return]
