"""Arrays whose shapes leave two ways to put them right: single ones may have been exchanged, or all of their layers; neither is chosen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import pytest
from keras import layers

from kdoctor.archive import open_document
from kdoctor.check import Finding
from kdoctor.testing import examine

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
CODES = ("K701", "K702", "K703", "K705", "K607")


def normalised() -> Any:
    return keras.Sequential([keras.Input((4,)), layers.BatchNormalization(center=False, scale=False), layers.Dense(4)])


def embedded() -> Any:
    return keras.Sequential([keras.Input((3,)), layers.Embedding(9, 4), layers.LSTM(4), layers.Dense(9)])


def cells() -> Any:
    return keras.Sequential([keras.Input((5, 3)), layers.RNN(layers.StackedRNNCells([layers.LSTMCell(4), layers.LSTMCell(4)]))])


def exchanged(path: Path, made: Any, one: str, other: str) -> list[Finding]:
    made.save(path)
    healthy = open_document(path)
    assert [finding for code in CODES for finding in examine(code, healthy)] == []
    first, second = ([name for name in healthy.weights if name.endswith(end)] for end in (one, other))
    arrays = {**healthy.weights, first[0]: healthy.weights[second[0]], second[0]: healthy.weights[first[0]]}
    sick = healthy.replacing({**healthy.parts, "weights": arrays})
    return [finding for code in CODES for finding in examine(code, sick)]


@pytest.mark.parametrize(
    ("make", "ending", "one", "other"),
    [
        (normalised, "keras", "batch_normalization/vars/0", "dense/vars/0"),
        (embedded, "keras", "embedding/vars/0", "dense/vars/0"),
        (embedded, "h5", "/embeddings", "dense/kernel"),
        (cells, "h5", "lstm_cell/kernel", "lstm_cell_1/kernel"),
    ],
)
def test_what_may_have_been_done_in_two_ways_is_named_and_left(
    tmp_path: Path, make: Callable[[], Any], ending: str, one: str, other: str
) -> None:
    keras.backend.clear_session()
    found = exchanged(tmp_path / f"m.{ending}", make(), one, other)
    assert found != []
    assert [finding.repair for finding in found if finding.repair is not None] == []


def test_layers_whose_arrays_fit_nowhere_else_are_put_right(tmp_path: Path) -> None:
    keras.backend.clear_session()
    made = keras.Sequential([keras.Input((4,)), layers.Dense(4), layers.Dense(5), layers.Dense(2)])
    found = exchanged(tmp_path / "m.keras", made, "layers/dense/vars/0", "layers/dense_1/vars/0")
    assert any(finding.repair is not None for finding in found)
