"""What kdoctor writes computes what the sick file was meant to: real Keras loads every cure, and its numbers are compared.

Each illness is real, too: the same Keras refuses the sick file, or computes something else from it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from keras_2_words import in_the_words_of_keras_2
from rewriting import with_config

from kdoctor.archive.writing.write import extension_for, write_document
from kdoctor.asked import installed_keras
from kdoctor.doctor import plan_file
from kdoctor.packs import load_checks
from kdoctor.target import Target

PROBE = Path(__file__).with_name("probe_cures.py")


class Illness(NamedTuple):
    """How a healthy model is made sick. ``native``: as a ``.keras``; ``codes``: of the checks whose cures it takes.

    ``as_saved``: in the words of Keras 3, and of its release; else in those of Keras 2. ``release``: of the Keras that the file says it is from; ``since``: the first minor release of Keras 3 that trips over it.
    """

    healthy: str
    spoil: Callable[[dict[str, Any], Path], None]
    codes: set[str]
    native: bool = False
    release: str = "2.15.0"
    since: tuple[int, int] = (3, 0)
    as_saved: bool = False


class Answer(NamedTuple):
    """What real Keras makes of the sick file and of the cured one, and what is right."""

    sick: Any
    cured: Any
    right: Any
    applied: set[str]


def rows(config: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Each listed layer by its class, the first of each."""
    found: dict[str, dict[str, Any]] = {}
    for row in config["config"]["layers"]:
        found.setdefault(row["class_name"], row)
    return found


def grouped(config: dict[str, Any], path: Path) -> None:
    rows(config)["DepthwiseConv2D"]["config"]["groups"] = 1


def without_input_layer(config: dict[str, Any], path: Path) -> None:
    first, second, *_ = listed = config["config"]["layers"]
    second["config"]["batch_input_shape"] = first["config"].get("batch_input_shape") or first["config"]["batch_shape"]
    del listed[0]


def bare_list(config: dict[str, Any], path: Path) -> None:
    config["config"] = config["config"]["layers"]


def hard_sigmoid(config: dict[str, Any], path: Path) -> None:
    for made in (rows(config)["LSTM"], rows(config)["Bidirectional"]["config"]["layer"]):
        made["config"].update(recurrent_activation="hard_sigmoid", time_major=False)
    rows(config)["Bidirectional"]["config"].pop("backward_layer", None)


def hard_sigmoid_everywhere(config: dict[str, Any], path: Path) -> None:
    """What the healthy model has as a function of its own stands there by name."""
    waiting: list[Any] = [config]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            named = [
                key
                for key, value in item.items()
                if "hard_sigmoid_of_keras_2" in (value.get("config") if isinstance(value, dict) else value, "")
            ]
            item.update(dict.fromkeys(named, "hard_sigmoid"))
        waiting += item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()


def unchanged(config: dict[str, Any], path: Path) -> None:
    """What Keras 3 itself saves and does not read, or what the words of Keras 2 alone make sick."""


def slashed(config: dict[str, Any], path: Path) -> None:
    """Two names that are one when underscores stand for slashes; the groups are named alike, as tf.keras does."""
    import h5py

    text = json.dumps(config).replace("a-b_c", "a/b_c").replace("a_b-c", "a_b/c")
    config.update(json.loads(text))
    with h5py.File(path, "r+") as file:
        stored = file["model_weights"]
        for name in ("a-b_c", "a_b-c"):
            stored.move(name, name.replace("-", "/"))
        stored.attrs["layer_names"] = [name.replace("a-b", "a/b").replace("b-c", "b/c") for name in stored.attrs["layer_names"]]


def slashed_around(config: dict[str, Any], path: Path) -> None:
    """The model itself, and what a wrapper holds."""
    config["config"]["name"] = "net/1"
    both = rows(config)["Bidirectional"]["config"]
    both["layer"]["config"]["name"] = "both/held"
    both.pop("backward_layer", None)


def counted_from_one(config: dict[str, Any], path: Path) -> None:
    for row in config["config"]["layers"]:
        for node in row["inbound_nodes"]:
            for tensor in node:
                tensor[1] += tensor[0] == "inner"


def in_a_keyword(config: dict[str, Any], path: Path) -> None:
    heads = rows(config)["MultiHeadAttention"]
    ((query, memory),) = heads["inbound_nodes"]
    heads["inbound_nodes"] = [[[*query[:3], {"value": memory[:3]}]]]


def states_in_a_list(config: dict[str, Any], path: Path) -> None:
    """Keras 2 writes the states beside the input, and nothing of the mask, which comes with it."""
    lstm = rows(config)["LSTM"]
    lstm["inbound_nodes"] = [[*lstm["inbound_nodes"][0], ["hidden", 0, 0, {}], ["carried", 0, 0, {}]]]


def with_a_policy(config: dict[str, Any], path: Path) -> None:
    rows(config)["Dense"]["config"]["dtype"] = {"class_name": "Policy", "config": {"name": "float32"}}


def thresholded(config: dict[str, Any], path: Path) -> None:
    row = rows(config)["ReLU"]
    row.update(class_name="ThresholdedReLU", config={"name": row["config"]["name"], "theta": row["config"]["threshold"]})


def moved(config: dict[str, Any], path: Path) -> None:
    config.update(module="keras.src.engine.sequential", registered_name=None)
    rows(config)["Conv2D"].update(module="keras.src.layers.convolutional.conv2d", registered_name="Conv2D")
    rows(config)["BatchNormalization"]["config"]["axis"] = [3]


def without_steps(config: dict[str, Any], path: Path) -> None:
    config["compile_config"]["steps_per_execution"] = None


EVERY = {
    "groups": Illness("image", grouped, {"K601"}),
    "first layer": Illness("dense", without_input_layer, {"K609", "K502"}),
    "first convolution": Illness("convolution", without_input_layer, {"K609"}),
    "first native layer": Illness("dense", without_input_layer, {"K601"}, native=True),
    "bare list": Illness("convolution", bare_list, {"K608"}),
    "hard sigmoid": Illness("recurrent", hard_sigmoid, {"K609", "K601", "K306"}, release="2.3.1"),
    "hard sigmoid in cells": Illness("cells", hard_sigmoid_everywhere, {"K306", "K609"}, since=(3, 10)),
    "operations": Illness("arithmetic", unchanged, {"K306"}, as_saved=True),
    "inner layer without module": Illness("recurrent", unchanged, {"K306"}),
    "axes": Illness("softmax", unchanged, {"K609"}),
    "short loss": Illness("dense", unchanged, {"K502"}),
    "slashes": Illness("branches", slashed, {"K207"}),
    "slashes around": Illness("recurrent", slashed_around, {"K207"}, native=True),
    "counted from one": Illness("nested", counted_from_one, {"K604"}),
    "list of one": Illness("stacked", unchanged, {"K604"}, since=(3, 11)),
    "keyword": Illness("heads", in_a_keyword, {"K604"}),
    "states and a mask": Illness("decoder", states_in_a_list, {"K208", "K609"}),
    "score mode": Illness("attention", unchanged, {"K609"}, since=(3, 15)),
    "policy": Illness("dense", with_a_policy, {"K605"}, native=True),
    "threshold": Illness("dense", thresholded, {"K602"}, native=True),
    "moved": Illness("convolution", moved, {"K306", "K601"}, native=True),
    "steps": Illness("dense", without_steps, {"K610"}, native=True),
}


TARGET = Target(installed_keras())
ILLNESSES = {name: illness for name, illness in EVERY.items() if illness.since <= TARGET.minor}


@pytest.fixture(scope="session")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Answer]:
    """Every illness by its name; Keras is started twice, to make the healthy models and to load what came of them."""
    import numpy as np

    folder = tmp_path_factory.mktemp("cures")
    asked("make", str(folder))
    checks = load_checks()
    applied, questions = [], []
    for name, illness in ILLNESSES.items():
        sick = folder / f"{name}.sick.{'keras' if illness.native else 'h5'}"
        (spoil_archive if illness.native else spoil_h5)(folder / f"{illness.healthy}{sick.suffix}", sick, illness)
        plan = plan_file(sick, TARGET, checks)
        cured = folder / f"{name}.cured{extension_for(plan.after.document)}"
        assert plan.after.loads, (name, [(found.check.code, found.finding.message) for found in plan.after.findings], plan.after.failures)
        write_document(plan.before.document, plan.after.document, cured)
        applied.append({one.check.code for one in plan.applied})
        questions += [[str(path), str(folder / f"{illness.healthy}.npz")] for path in (sick, cured)]
    told = json.loads(asked("answer", question=json.dumps(questions)))
    found = {}
    for index, (name, illness) in enumerate(ILLNESSES.items()):
        right = np.load(folder / f"{illness.healthy}.npz")["y"]
        if illness.spoil is hard_sigmoid:
            right = recurrent_of_keras_2(folder / "recurrent.h5", np.load(folder / "recurrent.npz")["x"])
        found[name] = Answer(told[2 * index], told[2 * index + 1], right, applied[index])
    return found


def asked(*arguments: str, question: str = "") -> str:
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, str(PROBE), *arguments]
    done = subprocess.run(command, input=question, capture_output=True, text=True, env=environment, check=True)
    return done.stdout.splitlines()[-1] if done.stdout else ""


def spoil_h5(healthy: Path, sick: Path, illness: Illness) -> None:
    import h5py

    shutil.copy(healthy, sick)
    with h5py.File(sick, "r+") as file:
        stored = json.loads(file.attrs["model_config"])
    config = stored if illness.as_saved else in_the_words_of_keras_2(stored)
    illness.spoil(config, sick)
    with h5py.File(sick, "r+") as file:
        file.attrs["model_config"] = json.dumps(config)
        for group in () if illness.as_saved else (file, file["model_weights"]):
            group.attrs["keras_version"] = illness.release


def spoil_archive(healthy: Path, sick: Path, illness: Illness) -> None:
    with_config(healthy, sick, lambda config: illness.spoil(config, sick))


def recurrent_of_keras_2(path: Path, x: Any) -> Any:
    """The recurrent model as Keras 2.3.1 computes it, from the stored arrays alone."""
    import h5py
    import numpy as np

    with h5py.File(path) as file:
        stored = file["model_weights"]
        names = [name for name in stored.attrs["layer_names"] if len(stored[name].attrs["weight_names"])]
        one, both = ([np.asarray(stored[name][item]) for item in stored[name].attrs["weight_names"]] for name in names)
    sequence = lstm_of_keras_2(x, *one)
    forward, backward = lstm_of_keras_2(sequence, *both[:3]), lstm_of_keras_2(sequence[:, ::-1], *both[3:])
    return np.concatenate([forward[:, -1], backward[:, -1]], axis=-1)


def lstm_of_keras_2(x: Any, kernel: Any, recurrent: Any, bias: Any) -> Any:
    """Every step's output: batch, time, units."""
    import numpy as np

    state = cell = np.zeros((len(x), len(recurrent)))
    steps = []
    for time in range(x.shape[1]):
        gates = x[:, time] @ kernel + state @ recurrent + bias
        into, forget, candidate, out = np.split(gates, 4, axis=-1)
        into, forget, out = (np.clip(0.2 * gate + 0.5, 0, 1) for gate in (into, forget, out))
        cell = forget * cell + into * np.tanh(candidate)
        state = out * np.tanh(cell)
        steps.append(state)
    return np.stack(steps, axis=1)


def equal(told: Any, right: Any) -> bool:
    import numpy as np

    return not isinstance(told, str) and np.shape(told) == np.shape(right) and bool(np.allclose(told, right, atol=1e-5))


@pytest.mark.parametrize("name", ILLNESSES)
def test_the_cured_file_computes_what_was_saved(name: str, answers: dict[str, Answer]) -> None:
    assert equal(answers[name].cured, answers[name].right), str(answers[name].cured)[:500]


@pytest.mark.parametrize("name", ILLNESSES)
def test_the_sick_file_did_not(name: str, answers: dict[str, Answer]) -> None:
    assert not equal(answers[name].sick, answers[name].right)


@pytest.mark.parametrize("name", ILLNESSES)
def test_each_cure_is_that_of_the_illness(name: str, answers: dict[str, Answer]) -> None:
    assert answers[name].applied == ILLNESSES[name].codes
