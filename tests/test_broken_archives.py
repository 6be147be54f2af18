"""Every kind of damage done to files of four releases: what it is called, and what the cured file computes in real Keras.

A file is cured when it computes exactly what the cure of the undamaged file does; where numbers are lost nothing is written.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from damages import LEGACY, NATIVE, Damage, of_any

from kdoctor.doctor import plan_file
from kdoctor.engine import Plan
from kdoctor.packs import load_checks
from kdoctor.repair import Wish, carry_out
from kdoctor.testing import KERAS_3

SAMPLES = Path(__file__).parent.parent / "sample_models"
# what each release saved, by its ending
FILES = {
    "keras-3.15.keras": SAMPLES / "healthy" / "truncated_file.keras",
    "keras-2.13.keras": SAMPLES / "sick" / "foreign_weights_layout__numbered__keras_2_13.keras",
    "keras-3.15.h5": SAMPLES / "healthy" / "truncated_file.h5",
    "keras-2.2.h5": SAMPLES / "sick" / "changed_meaning__hard_sigmoid__keras_2_2.h5",
}
CHECKS = load_checks()


class Case(NamedTuple):
    file: str
    what: str
    damage: Damage

    def sick(self, folder: Path) -> Path:
        whole = FILES[self.file]
        path = folder / ("".join(c if c.isalnum() else "_" for c in f"{self.file} {self.what}") + (self.damage.ending or whole.suffix))
        path.write_bytes(self.damage.do(whole.read_bytes()))
        return path


CASES = [
    Case(file, what, damage)
    for file, path in FILES.items()
    for what, damage in {**of_any(path.suffix), **(NATIVE if path.suffix == ".keras" else LEGACY)}.items()
]


class Outcome(NamedTuple):
    """The plan of a repair, and what was written."""

    plan: Plan
    out: Path | None


def repaired(sick: Path, out: Path, *, partial: bool = False) -> Outcome:
    plan = plan_file(sick, KERAS_3, CHECKS, partial=partial)
    return Outcome(plan, carry_out(plan, sick, Wish(out, partial=partial, copy_healthy=True)).out)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("broken")


@pytest.fixture(scope="module")
def outcomes(folder: Path) -> dict[Case, Outcome]:
    """What becomes of each case, by the name of its own suffix."""
    return {case: repaired(case.sick(folder), folder / f"cured{n}{FILES[case.file].suffix}") for n, case in enumerate(CASES)}


@pytest.fixture(scope="module")
def salvaged(folder: Path) -> dict[Case, Outcome]:
    lost = [case for case in CASES if case.damage.lost]
    return {case: repaired(case.sick(folder), folder / f"saved{n}{FILES[case.file].suffix}", partial=True) for n, case in enumerate(lost)}


@pytest.fixture(scope="module")
def twins(folder: Path) -> dict[str, Path]:
    """The cure of each undamaged file."""
    found = {file: repaired(path, folder / f"twin_{file}").out for file, path in FILES.items()}
    return {file: out for file, out in found.items() if out is not None}


def judged(asked: list[tuple[Path, Path | None, str]]) -> list[str]:
    """What real Keras says of each file: loaded, or compared with another one."""
    request = json.dumps([[str(path), None if twin is None else str(twin), task] for path, twin, task in asked])
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": str(SAMPLES.parent)}
    command = [sys.executable, str(Path(__file__).parent / "checks" / "load_with_keras.py")]
    done = subprocess.run(command, input=request, capture_output=True, text=True, env=environment, check=True)
    answers: list[str] = json.loads(done.stdout)
    return answers


def test_every_damage_is_named(outcomes: dict[Case, Outcome]) -> None:
    unnamed = {
        (case.file, case.what): codes
        for case, outcome in outcomes.items()
        if case.damage.code and case.damage.code not in (codes := {found.check.code for found in outcome.plan.before.findings})
    }
    assert unnamed == {}


def test_all_that_is_whole_is_cured_and_nothing_is_written_where_something_is_lost(outcomes: dict[Case, Outcome]) -> None:
    wrong = {(case.file, case.what): outcome.out for case, outcome in outcomes.items() if (outcome.out is None) != case.damage.lost}
    assert wrong == {}


def test_a_cured_file_computes_in_keras_what_the_undamaged_one_does(outcomes: dict[Case, Outcome], twins: dict[str, Path]) -> None:
    assert twins.keys() == FILES.keys()
    written = [(case, outcome.out) for case, outcome in outcomes.items() if outcome.out is not None]
    answers = judged([(out, twins[case.file], "compare") for case, out in written])
    assert {(case.file, case.what): answer for (case, _), answer in zip(written, answers, strict=True) if answer != "ok"} == {}
    assert len(written) > 60


def test_what_is_salvaged_loads_and_tells_what_is_lost(salvaged: dict[Case, Outcome]) -> None:
    written = [(case, outcome.out) for case, outcome in salvaged.items() if outcome.out is not None]
    assert {case.what for case, _ in written} >= {
        "cut in half",
        "weights cut inside",
        "a wrong bit in the weights",
        "cut in its last numbers",
        "deflated, and cut in its weights",
        "never closed while something was added",
        "another file's head in a user block",
    }
    answers = judged([(out, None, "load") for _, out in written])
    assert {(case.file, case.what): answer for (case, _), answer in zip(written, answers, strict=True) if answer != "ok"} == {}
    assert all(salvaged[case].plan.lost for case, _ in written if case.damage.code != "K810")
