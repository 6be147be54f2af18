"""What the installed Keras makes of layers and models, asked once, in a child process, so that this one never imports it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from keras_api.layer_cases import CASES, Case, inner

from kdoctor.archive.reader import open_document
from kdoctor.document import Document

LAYERS_PROBE = Path(__file__).with_name("probe_layer_variables.py")
MODELS_PROBE = Path(__file__).with_name("probe_models.py")


class Saved(NamedTuple):
    """A file that the installed Keras saved, and what it says about the model (see the probe)."""

    name: str
    document: Document
    told: dict[str, Any]


def asked(probe: Path, *arguments: str, question: str = "") -> Any:
    """The answer of a probe that is run in a child process."""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, str(probe), *arguments]
    done = subprocess.run(command, input=question, capture_output=True, text=True, env=environment, check=True)
    return json.loads(done.stdout)


@pytest.fixture(scope="session")
def built_layers() -> list[tuple[Case, dict[str, Any]]]:
    """Each case with the answer of the installed Keras (see the probe)."""
    questions = [[inner(case.class_name, **case.config), case.shapes, case.dtype, case.merged] for case in CASES]
    return list(zip(CASES, asked(LAYERS_PROBE, question=json.dumps(questions)), strict=True))


@pytest.fixture(scope="session")
def saved_models(tmp_path_factory: pytest.TempPathFactory) -> list[Saved]:
    """Models of many forms, as ``.keras`` and as ``.h5``."""
    folder = tmp_path_factory.mktemp("models")
    told = asked(MODELS_PROBE, str(folder))
    return [Saved(path.name, open_document(path), told[path.stem]) for path in sorted(folder.iterdir())]
