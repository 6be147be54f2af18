"""A file of TensorFlow 2.9 and Python 3.9 whose Lambdas no operation can say: compiled anew, real Keras computes what it computed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kdoctor.archive import open_document
from kdoctor.asked import asked_release
from kdoctor.container import Container
from kdoctor.doctor import convert_file, examine_file, repair_file
from kdoctor.edit import Edit, apply
from kdoctor.limits import Limits
from kdoctor.packs import load_checks
from kdoctor.repair import Wish, carry_out
from kdoctor.replacements.lambda_recompiling import recompiled
from kdoctor.structure.lambdas import lambdas
from kdoctor.target import Given, Target

HERE = Path(__file__).parent
LOAD = """
import json, sys
import keras, numpy
try:
    keras.saving.load_model(sys.argv[1])
except ValueError as error:
    print(str(error).splitlines()[0])
model = keras.saving.load_model(sys.argv[1], safe_mode=False)
print(json.dumps(model(numpy.asarray(json.loads(sys.argv[2]), "float32")).numpy().tolist()))
"""


@pytest.fixture(scope="module")
def target() -> Target:
    return replace(asked_release("installed"), given=Given(bindings={"WINDOW": 3}))


@pytest.fixture(scope="module")
def cured(target: Target, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("recompiled")
    sick = Path(shutil.copy(HERE / "keras_2_9.h5", folder))
    plan = repair_file(sick, target, load_checks(), unsafe=True)
    return plan, carry_out(plan, sick, Wish(folder / "cured.h5"))


def test_without_the_flag_it_is_offered_and_nothing_is_written(target: Target) -> None:
    plan = repair_file(HERE / "keras_2_9.h5", target, load_checks())
    offered = [found.finding.repair for found in plan.after.findings if found.check.code == "K404"]
    assert all(repair is not None and repair.safety.value == "unsafe" and repair.changes and not repair.edits for repair in offered)
    assert (len(offered), len(plan.after.errors) > 0) == (4, True)
    assert carry_out(plan, HERE / "keras_2_9.h5", Wish(HERE / "never.h5")).out is None


def test_without_a_value_that_it_reads_nothing_is_compiled() -> None:
    plan = repair_file(HERE / "keras_2_9.h5", asked_release("installed"), load_checks(), unsafe=True)
    assert plan.after.target.safe_mode
    assert "WINDOW" in {need.name for need in plan.needs}
    assert carry_out(plan, HERE / "keras_2_9.h5", Wish(HERE / "never.h5")).out is None


def test_what_keras_2_called_with_all_times_at_once_is_not_compiled(target: Target) -> None:
    """A TimeDistributed of Keras 3 calls it for each time: what could not be translated may put samples together."""
    whole = open_document(HERE / "keras_2_9.h5", Limits())
    offered = [found for found in lambdas(whole) if (repair := recompiled(whole, target, found)) is not None and repair.changes]
    assert offered
    at = offered[0].at.parent.parent
    held = {"class_name": "TimeDistributed", "config": {"name": "each", "layer": whole.at(at)}}
    wrapped = apply(whole, (Edit(at, old=whole.at(at), new=held),))
    (inside,) = (found for found in lambdas(wrapped) if "layer" in found.at.keys and found.key == offered[0].key)
    assert recompiled(wrapped, target, inside) is None


@pytest.fixture(scope="module")
def converted(target: Target, tmp_path_factory: pytest.TempPathFactory) -> Any:
    plan = convert_file(HERE / "keras_2_9.h5", target, load_checks(), Container.KERAS, unsafe=True)
    return plan, carry_out(plan, HERE / "keras_2_9.h5", Wish(tmp_path_factory.mktemp("converted") / "cured.keras"))


@pytest.mark.parametrize("written", ["cured", "converted"])
def test_real_keras_computes_what_the_original_computed(written: str, request: pytest.FixtureRequest) -> None:
    known = json.loads((HERE / "keras_2_9.json").read_text())
    command = [sys.executable, "-c", LOAD, str(request.getfixturevalue(written)[1].out), json.dumps(known["x"])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    refused, computed = done.stdout.splitlines()
    assert "Requested the deserialization of a `Lambda`" in refused
    assert json.loads(computed) == [pytest.approx(row, rel=1e-5, abs=1e-5) for row in known["y"]]


def test_it_is_said_plainly_what_the_file_still_is(cured: Any) -> None:
    plan, outcome = cured
    here = f"Python {sys.version_info[0]}.{sys.version_info[1]}"
    assert f"It still holds Python bytecode: load_model runs it, only with safe_mode=False, and only in {here}." in outcome.sentence
    assert outcome.before_loading == (f"model = keras.saving.load_model({str(outcome.out)!r}, safe_mode=False)",)
    said = {one.repair.safety.value: bool(one.repair.source) for one in plan.applied if one.check.code == "K404"}
    assert said == {"safe": False, "unsafe": True}  # what Keras's own operations compute is written so, and never compiled


def test_what_is_written_is_still_sick_for_everyone_who_loads_it_as_usual(cured: Any) -> None:
    report = examine_file(cured[1].out, asked_release("installed"), load_checks())
    assert {found.check.code for found in report.errors} == {"K401", "K403"}
    assert report.loads is False


def test_what_has_a_safe_cure_gets_it(cured: Any) -> None:
    layers = {row["config"]["name"]: row for row in cured[0].after.document.config["config"]["layers"]}
    assert layers["scaled"]["class_name"] == "Rescaling"
    assert layers["powers"]["config"]["arguments"] == {"power": 2.0, "gain": 3}
    assert layers["decaying"]["config"]["function"]["config"]["closure"] == [0.25]
