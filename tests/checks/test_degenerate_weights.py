"""K708: weights that are numbers, but hardly those of a trained model."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from weight_documents import NATIVE, archive

from kdoctor.numbers import Numbers
from kdoctor.testing import document, examine, find_check, layer, sequential

TRAINED = Numbers(15, 0, 0, 0, 0, 0, -1.0, 1.0, 0.1, 0)
KERNEL, BIAS = "layers/dense_1/vars/0", "layers/dense_1/vars/1"


def said(path: str, **numbers: Any) -> list[tuple[str, str]]:
    """Message and severity of what is found where one array holds these numbers."""
    seen = dict.fromkeys(NATIVE, TRAINED) | {path: replace(TRAINED, **numbers)}
    made = archive(NATIVE, numbers=seen)
    return [(finding.message, str(find_check("K708").severity_of(finding))) for finding in examine("K708", made)]


def test_trained_weights_are_healthy() -> None:
    assert said(KERNEL) == []


def test_weights_that_nobody_looked_at_are_not_judged() -> None:
    assert examine("K708", archive(NATIVE)) == []


def test_a_kernel_of_zeros_is_a_warning() -> None:
    assert said(KERNEL, zeros=15, least=0.0, most=0.0) == [("all 15 numbers of the kernel of 'two' are zero", "warning")]


def test_a_kernel_of_one_number_is_worth_knowing() -> None:
    assert said(KERNEL, least=0.5, most=0.5) == [("all 15 numbers of the kernel of 'two' are 0.5", "info")]


@pytest.mark.parametrize("numbers", [{"zeros": 15, "least": 0.0, "most": 0.0}, {"least": 1.0, "most": 1.0}])
def test_a_bias_may_be_constant(numbers: dict[str, Any]) -> None:
    assert said(BIAS, **numbers) == []


def test_many_denormals_are_worth_knowing_and_one_is_not() -> None:
    assert said(KERNEL, count=1000, denormals=500) == [("500 of 1,000 numbers of the kernel of 'two' are denormal", "info")]
    assert said(KERNEL, count=1000, denormals=1) == []


@pytest.mark.parametrize(("least", "told"), [(-0.9, 1), (-1e-9, 0), (0.2, 0)])
def test_a_variance_below_zero_is_a_warning(least: float, told: int) -> None:
    """The four arrays of a BatchNormalization have one shape: with gamma in the place of the variance it loads, and predicts NaN."""
    paths = [f"layers/batch_normalization/vars/{index}" for index in range(4)]
    model = sequential(layer("InputLayer", name="in", batch_shape=[None, 4]), layer("BatchNormalization", name="norm"))
    seen = dict.fromkeys(paths, TRAINED) | {paths[3]: replace(TRAINED, least=least)}
    found = examine("K708", document(model, weights=dict.fromkeys(paths, (4,)), attributes={"/": {}}, numbers=seen))
    assert [finding.message for finding in found] == [
        "the moving_variance of 'norm' goes down to -0.9: no variance is below zero, and arrays may stand in each other's place"
    ] * told
    assert all(str(find_check("K708").severity_of(finding)) == "warning" for finding in found)


@pytest.mark.parametrize(
    ("initializer", "number", "told"),
    [
        ("zeros", 0.0, 0),
        ({"module": "keras.initializers", "class_name": "Zeros", "config": {}}, 0.0, 0),
        ({"module": "keras.initializers", "class_name": "Constant", "config": {"value": 0.1}}, 0.1000000015, 0),
        ({"module": "keras.initializers", "class_name": "Constant", "config": {"value": 0.1}}, 0.0, 1),
        ("ones", 0.0, 1),
        ("glorot_uniform", 0.0, 1),
    ],
)
@pytest.mark.parametrize("wrapped", [False, True])
def test_a_kernel_that_its_layer_begins_at_this_number_is_meant_so(initializer: Any, number: float, told: int, wrapped: bool) -> None:
    head = layer("Dense", name="head", units=3, kernel_initializer=initializer)
    place = "layers/time_distributed/layer/vars/" if wrapped else "layers/dense/vars/"
    shape, model = [None, 2, 4] if wrapped else [None, 4], layer("TimeDistributed", name="all", layer=head) if wrapped else head
    weights = {f"{place}0": (4, 3), f"{place}1": (3,)}
    seen = {f"{place}0": replace(TRAINED, zeros=0 if number else 15, least=number, most=number), f"{place}1": TRAINED}
    made = document(
        sequential(layer("InputLayer", name="in", batch_shape=shape), model), weights=weights, attributes={"/": {}}, numbers=seen
    )
    assert len(examine("K708", made)) == told
