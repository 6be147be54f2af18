"""Every array of some seventy models is removed, renamed, reshaped or exchanged with another one, and the culprit has to be named each time.

What no program can tell is left out: two arrays of one shape that change places. Where an ``.h5`` *lists* them in another order than
their names say, that can be told, and is (tests/checks/test_wrong_variable_count.py).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from keras_api.conftest import Saved

from kdoctor.accounting import Owner, holdings
from kdoctor.archive import open_document
from kdoctor.check import Finding
from kdoctor.document import Document, Weight
from kdoctor.testing import examine

ROOT = Path(__file__).parent.parent.parent
SAMPLES = sorted(path for path in (ROOT / "sample_models" / "healthy").iterdir() if path.suffix in (".keras", ".h5"))
CODES = ("K701", "K702", "K703", "K705", "K607")
Arrays = dict[str, Weight]
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
