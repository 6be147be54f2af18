"""Every array of some seventy models is removed, renamed, reshaped or exchanged with another one, and the culprit has to be named each time.

What no program can tell is left out: two arrays of one shape that change places. Where an ``.h5`` *lists* them in another order than
their names say, that can be told, and is (tests/checks/test_wrong_variable_count.py).
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from keras_api.conftest import Saved

from kdoctor.archive import open_document
from kdoctor.check import Finding
from kdoctor.document import Document, Weight
from kdoctor.testing import examine
from kdoctor.weights.accounting import Owner, holdings

ROOT = Path(__file__).parent.parent.parent
SAMPLES = sorted(path for path in (ROOT / "sample_models" / "healthy").iterdir() if path.suffix in (".keras", ".h5"))
CODES = ("K701", "K702", "K703", "K705", "K607")
Arrays = dict[str, Weight]
COUNTERS = 2  # steps and learning rate, which an optimizer has before it was built
SMALL = 24  # arrays of a model that is put through everything


@pytest.fixture(scope="module")
def healthy(saved_models: list[Saved]) -> dict[str, Document]:
    """The models that Keras saved for these tests, and the samples, without what a release wrote that the target needs cured first."""
    found = {path.name: open_document(path) for path in SAMPLES} | {saved.name: saved.document for saved in saved_models}
    return {name: document for name, document in found.items() if 0 < len(document.weights) <= SMALL and not accusations(document)}


def accusations(document: Document) -> list[Finding]:
    return [finding for code in CODES for finding in examine(code, document)]


def owned(document: Document) -> dict[str, str]:
    """The layer of each array that a layer owns."""
    return {holding.path: holding.layer for holding in holdings(document) if holding.owner is Owner.LAYER}


def unnamed(document: Document, arrays: Arrays, *culprits: str) -> bool:
    """Whether no finding about the document with these arrays names one of the layers."""
    found = accusations(document.replacing({**document.parts, "weights": arrays}))
    return not any(culprit in (finding.layer or "") or repr(culprit) in finding.message for finding in found for culprit in culprits)


def each_by_itself(document: Document) -> Iterator[tuple[str, str, Arrays]]:
    """What is done to which array, and the arrays afterwards."""
    arrays = dict(document.weights)
    for path in owned(document):
        wider = replace(arrays[path], shape=(*arrays[path].shape, 2))
        yield f"{path} removed", path, {name: array for name, array in arrays.items() if name != path}
        yield f"{path} renamed", path, {name + "_old" if name == path else name: array for name, array in arrays.items()}
        yield f"{path} moved", path, {"lost/found" if name == path else name: array for name, array in arrays.items()}
        yield f"{path} reshaped", path, {**arrays, path: wider}


def test_more_than_fifty_models_are_looked_at(healthy: dict[str, Document]) -> None:
    assert len(healthy) > 50


def test_every_array_of_a_healthy_model_is_claimed(healthy: dict[str, Document]) -> None:
    unclaimed = {
        name: strange
        for name, document in healthy.items()
        if (strange := [held.path for held in holdings(document) if held.owner not in (Owner.LAYER, Owner.TRAINING) or held.moved])
    }
    assert unclaimed == {}


def test_whoever_removes_renames_moves_or_reshapes_one_array_is_found_out(healthy: dict[str, Document]) -> None:
    missed = [
        f"{name}: {deed}"
        for name, document in healthy.items()
        for deed, path, arrays in each_by_itself(document)
        if unnamed(document, arrays, owned(document)[path])
    ]
    assert missed == []


def test_whoever_exchanges_two_arrays_of_different_shapes_is_found_out(healthy: dict[str, Document]) -> None:
    missed = []
    for name, document in healthy.items():
        arrays, owners = dict(document.weights), owned(document)
        for one, other in itertools.pairwise(sorted(owners, key=lambda path: (len(path), path[::-1]))):
            exchanged = {**arrays, one: arrays[other], other: arrays[one]}
            if arrays[one].shape != arrays[other].shape and unnamed(document, exchanged, owners[one], owners[other]):
                missed.append(f"{name}: {one} with {other}")
    assert missed == []


def state_of(document: Document) -> list[str]:
    """The arrays of an optimizer's state that was built for the model's variables."""
    found = [path for path in document.weights if path.startswith(("optimizer/vars/", "optimizer_weights/"))]
    return found if len(found) > COUNTERS else []


TRAINED = """
import sys, keras
from keras import layers, optimizers
made = [
    optimizers.Adam(), optimizers.AdamW(amsgrad=True), optimizers.Adamax(), optimizers.SGD(momentum=0.9), optimizers.RMSprop(momentum=0.1, centered=True),
    optimizers.Adagrad(), optimizers.Adadelta(), optimizers.Ftrl(), optimizers.Lion(), optimizers.Adam(use_ema=True),
]
for number, optimizer in enumerate(made):
    rows = [layers.Conv1D(3, 2), layers.BatchNormalization(), layers.LSTM(4)] if number % 2 else [layers.Flatten(), layers.Dense(5)]
    model = keras.Sequential([layers.Input((6, 2)), *rows, layers.Dense(3, name="head")])
    model.compile(optimizer, "mean_squared_error")
    optimizer.build(model.trainable_variables)
    for ending in ("keras", "h5"):
        model.save(f"{sys.argv[1]}/{number}.{ending}")
"""


@pytest.fixture(scope="module")
def trained(healthy: dict[str, Document], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Document]:
    folder = tmp_path_factory.mktemp("trained")
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    subprocess.run([sys.executable, "-c", TRAINED, str(folder)], check=True, capture_output=True, env=environment)
    found = healthy | {path.name: open_document(path) for path in folder.iterdir()}
    return {name: document for name, document in found.items() if state_of(document) and not examine("K503", document)}


def test_whoever_touches_one_array_of_an_optimizer_is_found_out(trained: dict[str, Document]) -> None:
    missed = []
    for name, document in trained.items():
        arrays = dict(document.weights)
        for path in state_of(document):
            wider = replace(arrays[path], shape=(*arrays[path].shape, 2))
            for deed, changed in (
                ("removed", {other: array for other, array in arrays.items() if other != path}),
                ("renamed", {other + "_old" if other == path else other: array for other, array in arrays.items()}),
                ("moved", {"lost/found" if other == path else other: array for other, array in arrays.items()}),
                ("reshaped", {**arrays, path: wider}),
            ):
                if not examine("K503", document.replacing({**document.parts, "weights": changed})):
                    missed.append(f"{name}: {path} {deed}")
    assert missed == []
    assert sum(document.format.native for document in trained.values()) >= 10
    assert sum(not document.format.native for document in trained.values()) >= 10


def test_whoever_exchanges_two_arrays_of_an_optimizer_of_different_shapes_is_found_out(trained: dict[str, Document]) -> None:
    missed = []
    for name, document in trained.items():
        arrays = dict(document.weights)
        for one, other in itertools.combinations(state_of(document), 2):
            exchanged = {**arrays, one: arrays[other], other: arrays[one]}
            if arrays[one].shape != arrays[other].shape and not examine(
                "K503", document.replacing({**document.parts, "weights": exchanged})
            ):
                missed.append(f"{name}: {one} with {other}")
    assert missed == []
