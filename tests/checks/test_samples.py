"""The sample models: real files in pairs, each sick one with what real Keras said of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from kdoctor.doctor import examine_file, plan_file
from kdoctor.engine import Plan, Report
from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.packs import load_checks
from kdoctor.repair import Outcome, Wish, carry_out
from kdoctor.target import Given, Target
from kdoctor.training.words import parse_training

ROOT = Path(__file__).parent.parent.parent
SAMPLES = ROOT / "sample_models"
LOADER = Path(__file__).with_name("load_with_keras.py")
EXPECTED: dict[str, dict[str, Any]] = json.loads((SAMPLES / "expected.json").read_text("utf-8"))
SICK = sorted(name for name in EXPECTED if name.startswith("sick/"))
HEALTHY = sorted(name for name in EXPECTED if name.startswith("healthy/"))
SEEN_DEEP = ("K704", "K708", "K709")
NEWEST = "keras_3_15_1"
PURPOSES = {"K901": "serving", "K902": "tflite", "K903": "serving", "K904": "tfjs", "K905": "serving"}
COMPILED = ("sick/not_compiled.keras", "sick/not_compiled.h5", "sick/not_compiled__keras_2.h5")


def release(key: str) -> str:
    return key.removeprefix("keras_").replace("_", ".")


def refused_by(name: str) -> str:
    """A release that refused the file: the newest one, or else the one that the sample was made for."""
    asked = [key for key, said in EXPECTED[name].items() if key.startswith("keras_3") and not said["ok"]]
    return release(asked[0]) if asked else release(NEWEST)


@cache
def report(name: str, keras: str, purpose: str | None = None) -> Report:
    code = EXPECTED[name]["code"]
    target = Target(keras, purpose=purpose or PURPOSES.get(code, "inference"))
    return examine_file(SAMPLES / name, target, load_checks(), deep=code in SEEN_DEEP)


def test_every_file_is_listed_and_every_listed_file_is_there() -> None:
    found = {f"{folder}/{path.name}" for folder in ("sick", "healthy") for path in (SAMPLES / folder).iterdir()}
    assert found == set(EXPECTED)


@pytest.mark.parametrize("name", SICK)
def test_a_sick_file_is_named_with_its_code(name: str) -> None:
    found = report(name, refused_by(name))
    assert found.failures == ()
    assert EXPECTED[name]["code"] in {one.check.code for one in found.findings}


@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_file_gets_no_error(name: str) -> None:
    found = report(name, release(NEWEST))
    assert (found.errors, found.failures) == ((), ())
    assert found.loads is True


@pytest.mark.parametrize("name", SICK)
def test_the_verdict_is_what_keras_did(name: str) -> None:
    for key, said in EXPECTED[name].items():
        if key.startswith("keras_3"):  # what Keras 2 did is held against its forecast in tests/test_recorded_outcomes.py
            served = "inference" if EXPECTED[name]["code"] == "K905" else None  # a server does not ask load_model
            assert report(name, release(key), served).loads is loads(EXPECTED[name]["code"], said)


def loads(code: str, said: dict[str, Any]) -> bool:
    """Whether Keras gave back what was saved; kdoctor says no to what may harm (K8), whatever Keras makes of it."""
    if not said["ok"] or not said["predicts"] or code.startswith("K8"):
        return False
    nothing_to_keep = code == "K202"  # never built: no weights were saved
    as_saved = code in ("K708", "K709")  # odd numbers are those of the file all the same: its twin has others
    return bool(said["same_as_twin"]) or nothing_to_keep or as_saved


@pytest.mark.parametrize("name", [name for name in SICK if not EXPECTED[name][NEWEST]["ok"]])
def test_what_stands_alone_in_the_way_is_quoted_as_keras_put_it(name: str) -> None:
    """Where there are several causes, Keras shows but the first. Three dots in a quotation stand for what is left out."""
    found = report(name, release(NEWEST))
    said = EXPECTED[name][NEWEST]
    quotes = {str(one.finding.keras_says).replace(Path(name).name, name) for one in found.errors if one.finding.keras_says}
    without_torch = said["error_class"] == "ModuleNotFoundError"  # Keras did not come to what it would say
    if len({one.check.code for one in found.errors}) > 1 or not quotes or without_torch:
        return
    assert any(stands_in(quote, f"{said.get('cause')}\n{said['error']}") for quote in quotes)


def stands_in(quote: str, text: str) -> bool:
    at = 0
    for piece in quote.split(": ", 1)[1].split("…"):
        piece = piece.strip()[:200].rstrip(".")
        at = text.find(piece, at)
        if at < 0:
            return False
    return True


@dataclass(frozen=True)
class Repaired:
    plan: Plan
    outcome: Outcome


def fixed(name: str, target: Target, folder: Path) -> Repaired:
    plan = plan_file(SAMPLES / name, target, load_checks())
    folder = folder / Path(name).suffix[1:]  # an .h5 may become a .keras of the name of another one
    folder.mkdir(exist_ok=True)
    return Repaired(plan, carry_out(plan, SAMPLES / name, Wish(folder / Path(name).name)))


@pytest.fixture(scope="module")
def repaired(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Repaired]:
    """Every sick file as `fix` without any option leaves it, for the newest release."""
    folder = tmp_path_factory.mktemp("repaired")
    with ThreadPoolExecutor(2) as two:  # each repair waits for a process of its own
        return dict(zip(SICK, two.map(lambda name: fixed(name, Target(release(NEWEST)), folder), SICK), strict=True))


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Repaired]:
    """The files without training state, given one."""
    training = parse_training("optimizer=adam,loss=mse,metrics=mae", Catalogue.load(release(NEWEST)))
    target = Target(release(NEWEST), purpose="training", given=Given(training=training))
    folder = tmp_path_factory.mktemp("compiled")
    return {name: fixed(name, target, folder) for name in COMPILED}


@pytest.fixture(scope="module")
def answers(repaired: dict[str, Repaired], compiled: dict[str, Repaired]) -> dict[tuple[str, str], str]:
    """What real Keras makes of all written files: one process, because importing Keras costs seconds."""
    tasks = [(name, one, "compare") for name, one in repaired.items()]
    tasks += [(name, one, task) for name, one in compiled.items() for task in ("compare", "fit")]
    asked = []
    for name, one, task in tasks:
        if one.outcome.out is not None:
            asked.append((str(one.outcome.out), str(SAMPLES / EXPECTED[name]["twin"]), task))
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        [sys.executable, str(LOADER)], input=json.dumps(asked), capture_output=True, text=True, env=environment, timeout=300, check=True
    )
    return {(path, task): said for (path, _, task), said in zip(asked, json.loads(done.stdout), strict=True)}


def test_what_fix_writes_loads_in_keras_and_computes_what_its_twin_computes(
    repaired: dict[str, Repaired], answers: dict[tuple[str, str], str]
) -> None:
    written = {name: str(one.outcome.out) for name, one in repaired.items() if one.outcome.out is not None}
    assert {name: answers[out, "compare"] for name, out in written.items()} == dict.fromkeys(written, "ok")


def test_fix_writes_nothing_while_an_error_remains(repaired: dict[str, Repaired]) -> None:
    for name, one in repaired.items():
        if one.outcome.out is None:
            assert one.plan.after.errors or one.plan.after.failures or not one.plan.changes, name
            assert (one.outcome.exit_code == 0) is not bool(one.plan.after.errors or one.plan.after.failures), name
        else:
            assert (one.plan.after.errors, one.plan.after.failures) == ((), ()), name


def test_nothing_lies_in_the_folder_but_what_fix_says_it_wrote(repaired: dict[str, Repaired]) -> None:
    written = {one.outcome.out for one in repaired.values() if one.outcome.out is not None}
    assert written == {path for folder in {out.parent for out in written} for path in folder.iterdir()}


@pytest.mark.parametrize("name", [name for name in SICK if EXPECTED[name]["cure"].startswith("fix:")])
def test_what_the_table_says_fix_cures_is_cured_without_help(repaired: dict[str, Repaired], name: str) -> None:
    assert repaired[name].outcome.out is not None


@pytest.mark.parametrize("name", [name for name in SICK if not EXPECTED[name]["cure"].startswith("fix:")])
def test_what_nobody_can_know_is_not_made_up(repaired: dict[str, Repaired], name: str) -> None:
    assert repaired[name].outcome.out is None


@pytest.mark.parametrize("name", COMPILED)
def test_a_given_training_state_makes_a_model_that_trains(
    compiled: dict[str, Repaired], answers: dict[tuple[str, str], str], name: str
) -> None:
    out = str(compiled[name].outcome.out)
    assert answers[out, "compare"] == "ok"
    assert answers[out, "fit"] == "ok"
