"""Trying inputs until a model accepts one; the models are stand-ins."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from kdoctor.verify.answer import Refusal
from kdoctor.verify.trial import Trial, predict_random

KERAS = SimpleNamespace(utils=SimpleNamespace(set_random_seed=lambda seed: None))


class Model:
    """A model of one open input whose `predict` is given."""

    def __init__(self, predict: Callable[[Any], Any]) -> None:
        self.inputs = [SimpleNamespace(name="x", shape=(None, None), dtype="float32")]
        self.seen: list[Any] = []
        self._predict = predict

    def predict(self, given: Any, *, batch_size: int, verbose: int) -> Any:
        self.seen.append(given)
        return self._predict(given)


def refuse(error: Exception) -> Any:
    raise error


def test_longer_input_is_tried_when_the_model_refuses_short_ones() -> None:
    model = Model(lambda given: given if given.shape[1] >= 32 else refuse(ValueError(f"too short: {given.shape[1]}")))
    trial = predict_random(KERAS, model, seed=0, samples=2)
    assert isinstance(trial, Trial)
    assert trial.outputs[0].shape == (2, 32)


def test_the_first_refusal_is_told_when_nothing_is_accepted() -> None:
    model = Model(lambda given: refuse(ValueError(f"not {given.shape[1]}")))
    refusal = predict_random(KERAS, model, seed=0, samples=2)
    assert isinstance(refusal, Refusal)
    assert refusal.words == "ValueError: not 8"
    assert len(model.seen) == 8


def test_what_no_input_would_cure_is_tried_once() -> None:
    model = Model(lambda given: refuse(NameError("name 'CONV_WIDTH' is not defined")))
    assert isinstance(predict_random(KERAS, model, seed=0, samples=2), Refusal)
    assert len(model.seen) == 1


def test_an_input_that_gives_numbers_is_preferred_to_one_that_gives_nan() -> None:
    trial = predict_random(KERAS, Model(np.sqrt), seed=0, samples=2)
    assert isinstance(trial, Trial)
    assert np.isfinite(trial.outputs[0]).all()


def test_a_model_that_always_gives_nan_is_accepted() -> None:
    trial = predict_random(KERAS, Model(lambda given: given * np.nan), seed=0, samples=2)
    assert isinstance(trial, Trial)
    assert np.isnan(trial.outputs[0]).all()


def test_outputs_of_any_structure_are_flattened_in_the_order_of_their_keys() -> None:
    trial = predict_random(KERAS, Model(lambda given: {"b": [given, None], "a": (given + 1,)}), seed=0, samples=2)
    assert isinstance(trial, Trial)
    np.testing.assert_array_equal(trial.outputs[0], trial.outputs[1] + 1)
