"""What `convert` writes, in real Keras: the same predictions, and the same training from there on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kdoctor.archive.writing.write import write_document
from kdoctor.asked import installed_keras
from kdoctor.container import Container
from kdoctor.doctor import convert_file
from kdoctor.engine import Plan
from kdoctor.keras_api.slots import has_rate, slots
from kdoctor.packs import load_checks
from kdoctor.target import Target

PROBE = Path(__file__).with_name("probe_conversions.py")
CLOSE = 1e-5


def probe(*arguments: str, asked: Any = None) -> str:
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, str(PROBE), *arguments]
    done = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, env=environment, timeout=600, check=True)
    return done.stdout


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a trained model for each optimizer."""
    folder = tmp_path_factory.mktemp("trained")
    probe("make", str(folder))
    return folder


def convert(file: Path, release: str, container: Container, out: Path) -> Plan:
    plan = convert_file(file, Target(release), load_checks(), container)
    assert not plan.refused, plan.refused
    assert plan.after.errors == ()
    write_document(plan.before.document, plan.after.document, out)
    return plan


@pytest.fixture(scope="module")
def converted(trained: Path) -> dict[str, Plan]:
    """The ``.h5`` of each model as ``NAME.out.keras``."""
    release, found = installed_keras(), {}
    for file in sorted(trained.glob("*.h5")):
        found[file.stem] = convert(file, release, Container.KERAS, file.with_name(f"{file.stem}.out.keras"))
    return found


@pytest.fixture(scope="module")
def there_and_back(trained: Path) -> dict[str, Plan]:
    """The archive of each model as an ``.h5`` for Keras 2.15, and that as ``NAME.back.keras``."""
    release, found = installed_keras(), {}
    for file in sorted(path for path in trained.glob("*.keras") if path.stem in ("adam", "centered", "momentum", "averaging")):
        older = file.with_name(f"{file.stem}.older.h5")
        found[file.stem] = convert(file, "2.15.0", Container.H5, older)
        convert(older, release, Container.KERAS, file.with_name(f"{file.stem}.back.keras"))
    return found


@pytest.fixture(scope="module")
def answers(trained: Path, converted: dict[str, Plan], there_and_back: dict[str, Plan]) -> dict[str, Any]:
    tasks = [[str(trained / f"{name}.out.keras"), str(trained / f"{name}.npz"), True] for name in converted]
    tasks += [[str(trained / f"{name}.back.keras"), str(trained / f"{name}.npz"), True] for name in there_and_back]
    said = json.loads(probe("answer", asked=tasks).splitlines()[-1])
    return {Path(task[0]).name: one for task, one in zip(tasks, said, strict=True)}


def wrong(answers: dict[str, Any], ending: str) -> Iterator[tuple[str, Any]]:
    for name, said in answers.items():
        if name.endswith(ending) and (isinstance(said, str) or max(said) > CLOSE):
            yield name, said


def test_an_h5_as_an_archive_predicts_and_trains_on_as_before(answers: dict[str, Any]) -> None:
    assert sum(name.endswith(".out.keras") for name in answers) > 10
    assert list(wrong(answers, ".out.keras")) == []


def test_no_state_is_left_out(converted: dict[str, Plan]) -> None:
    assert {name for name, plan in converted.items() if plan.notes} == set()


def test_to_keras_2_and_back_nothing_is_lost(answers: dict[str, Any], there_and_back: dict[str, Plan]) -> None:
    assert sum(name.endswith(".back.keras") for name in answers) == len(there_and_back) == 4
    assert list(wrong(answers, ".back.keras")) == []
    assert [plan.notes for plan in there_and_back.values()] == [()] * 4


def test_the_slots_of_every_optimizer_are_those_that_keras_makes() -> None:
    for name, config, variables, trained in json.loads(probe("slots").splitlines()[-1]):
        groups = slots(name, config)
        if groups is None:
            assert name == "Nadam"
            continue
        counters = 1 + has_rate(config)
        assert len(variables) == counters + trained * sum(map(len, groups)), name
        places = [counters + trained * sum(map(len, groups[:index])) for index in range(len(groups))]
        for group, at in zip(groups, places, strict=True):  # one slot after the other, then those of the next variable
            endings = [variable.rpartition("_")[2] for variable in variables[at : at + 2 * len(group)]]
            assert endings[: len(group)] == endings[len(group) :], (name, endings)
