"""The layer in real Keras, in a process of its own: repaired samples load, compute the same, train, and are saved again."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kdoctor.doctor import plan_file
from kdoctor.packs import load_checks
from kdoctor.repair import Wish, carry_out
from kdoctor.target import Given, Target

SAMPLES = Path(__file__).parent.parent.parent / "sample_models"
HANDLE = "https://tfhub.dev/example/tiny/1"
PROBE = Path(__file__).with_name("probe_hub.py")


def repaired(name: str, out: Path, module: Path, *, embed: bool = False) -> tuple[Path, tuple[str, ...]]:
    """The file that ``fix --custom hub --hub-path`` writes, and the lines that it prints."""
    given = Given(custom=("hub",), hub_paths={HANDLE: str(module)}, embed=embed)
    plan = plan_file(SAMPLES / "sick" / name, Target("3.15.1", given=given), load_checks())
    outcome = carry_out(plan, SAMPLES / "sick" / name, Wish(out))
    assert outcome.out is not None, outcome.sentence
    return outcome.out, outcome.before_loading


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("hub")
    tasks = {}
    for index, name in enumerate(("hub_layer.h5", "hub_layer.keras")):
        for embed in (False, True):
            module = Path(shutil.copytree(SAMPLES / "hub_modules" / "tiny", folder / f"{name}_{embed}" / "tiny", copy_function=shutil.copy))
            out, lines = repaired(name, module.parent.parent / f"{embed}_{index}_{name}", module, embed=embed)
            if embed:
                shutil.rmtree(module.parent)
            tasks[f"{name} {'embedded' if embed else 'beside'}"] = [str(out), list(lines)]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        [sys.executable, str(PROBE), str(SAMPLES / "healthy" / "hub_layer.keras"), str(SAMPLES / "hub_modules")],
        input=json.dumps(tasks), capture_output=True, text=True, env=environment, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("name", ["hub_layer.h5 beside", "hub_layer.h5 embedded", "hub_layer.keras beside", "hub_layer.keras embedded"])
def test_a_repaired_file_computes_what_its_twin_does_once_its_module_is_trusted(answers: dict[str, Any], name: str) -> None:
    assert "kdoctor.hub.trust(" in answers[name]["untrusted"]
    assert answers[name]["difference"] < 1e-5
    assert answers[name]["saved again"] < 1e-5


def test_weights_in_the_file_win_over_those_of_the_module(answers: dict[str, Any]) -> None:
    assert answers["fine tuned"] < 1e-6


def test_training_changes_the_module_where_the_layer_is_trainable_alone(answers: dict[str, Any]) -> None:
    assert answers["trained"] == {"frozen": False, "trainable": True}


def test_another_module_under_the_same_name_is_refused(answers: dict[str, Any]) -> None:
    assert "another module" in answers["other shapes"]


def test_a_signature_needs_to_be_told_what_to_return(answers: dict[str, Any]) -> None:
    assert "either output_key or signature_outputs_as_dict" in answers["signature"]
    assert answers["signature as dictionary"] is True


def test_verify_runs_what_it_is_told_to_trust_and_nothing_else(tmp_path: Path) -> None:
    from kdoctor.verify import verify

    out, _ = repaired("hub_layer.keras", tmp_path / "repaired.keras", SAMPLES / "hub_modules" / "tiny")
    assert verify(out, trust=[str(SAMPLES / "hub_modules")]).loads
    refused = verify(out)
    assert not refused.loads
    assert "kdoctor.hub.trust(" in str(refused.error)
