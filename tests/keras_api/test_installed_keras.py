"""The catalogue against the installed Keras, which is asked in a child process so that this one never imports it."""

from __future__ import annotations

import importlib.metadata
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kdoctor.keras_api.catalogue import REQUIRED, ApiObject, Catalogue

PROBE = Path(__file__).with_name("probe_installed_keras.py")
NO_ARGUMENT = "surely_not_an_argument"
# These fail before they look at their arguments: what they wrap is not installed, or is a file.
UNBUILDABLE = ("FlaxLayer", "JaxLayer", "TFSMLayer", "TorchModuleWrapper", "Distiller")

Answers = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def layers() -> dict[str, ApiObject]:
    """Every exported layer of the installed release, by its real path."""
    catalogue = Catalogue.load(importlib.metadata.version("keras"))
    found = (catalogue.resolve("keras.layers", name) for name in catalogue.names("layer"))
    return {layer.path: layer for layer in found if layer is not None}


@pytest.fixture(scope="module")
def answers(layers: dict[str, ApiObject]) -> Answers:
    """What the installed Keras says of them."""
    questions = {path: [NO_ARGUMENT, *layer.parameters] for path, layer in layers.items()}
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run([sys.executable, PROBE], input=json.dumps(questions), capture_output=True, text=True, env=environment, check=True)
    answers: Answers = json.loads(done.stdout)
    return answers


def test_the_installed_release_has_its_layers(layers: dict[str, ApiObject]) -> None:
    assert len(layers) > 100


def test_every_parameter_of_a_layer_is_known_with_its_being_required(layers: dict[str, ApiObject], answers: Answers) -> None:
    shown = {(path, name, required) for path, answer in answers.items() for name, required in answer["parameters"].items()}
    known = {(path, name, default is REQUIRED) for path, layer in layers.items() for name, default in layer.parameters.items()}
    assert shown - known == set()


def test_no_parameter_is_invented_where_the_signature_is_closed(layers: dict[str, ApiObject], answers: Answers) -> None:
    for path, answer in answers.items():
        if not answer["open"]:
            assert set(layers[path].parameters) == set(answer["parameters"]), path


def test_no_constructor_refuses_a_parameter_that_the_catalogue_lists(answers: Answers) -> None:
    refused = {path: [name for name in answer["refused"] if name != NO_ARGUMENT] for path, answer in answers.items()}
    assert {path: names for path, names in refused.items() if names} == {}


def test_a_constructor_takes_anything_exactly_when_the_catalogue_says_so(layers: dict[str, ApiObject], answers: Answers) -> None:
    for path, answer in answers.items():
        if layers[path].name not in UNBUILDABLE:
            assert layers[path].takes_anything == (NO_ARGUMENT not in answer["refused"]), path
