"""An epsilon that stood beside the root before Keras 2.11, and stands under it in Keras 3 (K504)."""

from __future__ import annotations

import keras
import numpy
import pytest

from kdoctor.check import Finding, Safety
from kdoctor.document import Document, Format, Json
from kdoctor.target import Target
from kdoctor.testing import document, examine, layer, sequential

TRAINING = Target("3.15.1", purpose="training")
OLD: dict[str, Json] = {
    "name": "RMSprop",
    "learning_rate": 0.001,
    "decay": 0.0,
    "rho": 0.9,
    "momentum": 0.0,
    "epsilon": 1e-7,
    "centered": False,
}
GATHERS: dict[str, Json] = {"learning_rate": 0.1, "initial_accumulator_value": 0.1, "epsilon": 1e-7}


def told(class_name: str, config: dict[str, Json], target: Target = TRAINING, saved: str = "2.4.0") -> list[Finding]:
    stated: dict[str, Json] = {"class_name": class_name, "config": config}
    made: Document = document(
        sequential(layer("Dense")),
        format=Format.H5_MODEL,
        training={"optimizer_config": stated},
        weights={},
        attributes={"/": {}},
        metadata={"keras_version": saved},
    )
    return [finding for finding in examine("K504", made, target) if "root" in finding.message]


@pytest.mark.parametrize("saved", ["1.2.2", "2.2.5", "2.4.0", "2.15.0"])
@pytest.mark.parametrize("centered", [False, True])
def test_steps_of_small_gradients_are_said_to_differ_with_what_makes_up_for_it(saved: str, centered: bool) -> None:
    """Files of 1.2.2, 2.2.5, 2.4 and 2.15 went on with steps that differed by 0.2 of one, and by 3e-5 with the epsilon advised."""
    (finding,) = told("RMSprop", {**OLD, "centered": centered}, saved=saved)
    assert finding.mild
    assert finding.repair is not None
    assert finding.repair.safety is Safety.ADVICE
    assert "epsilon = 1e-14" in finding.repair.title


def test_a_large_epsilon_has_no_advice() -> None:
    """The root of its square is another sum: steps differed by 0.2 of one, whichever was taken."""
    (finding,) = told("RMSprop", {**OLD, "epsilon": 0.1})
    assert finding.repair is None


@pytest.mark.parametrize(
    ("class_name", "config"),
    [
        ("RMSprop", {**OLD, "momentum": 0.5}),
        ("RMSprop", {**OLD, "epsilon": 1e-14}),
        ("RMSprop", {**OLD, "use_ema": False}),
        ("Custom>RMSprop", {**OLD, "use_ema": False}),
        ("Adagrad", GATHERS),
        ("Adadelta", {"learning_rate": 1.0, "rho": 0.95, "epsilon": 1e-7}),
        ("Adam", {"learning_rate": 0.1, "epsilon": 1e-7}),
    ],
    ids=["under the root before", "too small", "of 2.11", "of 2.11, registered", "begins with 0.1", "Adadelta", "Adam"],
)
def test_what_computes_the_same_is_not_told(class_name: str, config: dict[str, Json]) -> None:
    assert told(class_name, config) == []


def test_an_adagrad_that_begins_with_nothing_or_has_a_large_epsilon_is_told() -> None:
    """Keras to 2.3 began with zeros; with 0.5 and an epsilon of 0.1, steps of TF 2.4 differed by 0.04 of one."""
    assert told("Adagrad", {"lr": 0.01, "decay": 0.0, "epsilon": 1e-7}, saved="2.2.5")
    assert told("Adagrad", {**GATHERS, "initial_accumulator_value": 0.5, "epsilon": 0.1})


def test_nobody_is_told_who_predicts_or_stays_with_keras_2_or_saved_with_keras_3() -> None:
    assert told("RMSprop", OLD, Target("3.15.1")) == []
    assert told("RMSprop", OLD, Target("2.15.0", purpose="training")) == []
    assert told("RMSprop", OLD, saved="3.0.5") == []


def test_that_of_an_optimizer_that_another_one_holds_is_told_too() -> None:
    """As TF 2.4 stores a model in mixed_float16."""
    held: dict[str, Json] = {"module": "keras.optimizers", "class_name": "RMSprop", "config": OLD, "registered_name": None}
    (finding,) = told("LossScaleOptimizer", {"inner_optimizer": held, "dynamic": True, "initial_scale": 4.0, "dynamic_growth_steps": 9})
    assert "inner_optimizer" in finding.at.keys


@pytest.mark.parametrize(("epsilon", "near"), [(1e-7, False), (1e-14, True)])
def test_the_step_of_keras_3_is_that_of_the_older_one_with_the_epsilon_advised(epsilon: float, near: bool) -> None:
    """A gradient of 1e-4: the older step was lr * grad / (sqrt(0.1 * grad ** 2) + 1e-7)."""
    variable, gradient = keras.Variable(numpy.zeros(1, "float32")), 1e-4
    optimizer = keras.optimizers.RMSprop(0.001, epsilon=1e-7)
    optimizer.build([variable])
    optimizer.epsilon = epsilon
    optimizer.apply([keras.ops.convert_to_tensor([gradient])])
    older = 0.001 * gradient / (numpy.sqrt(0.1 * gradient**2) + 1e-7)
    assert bool(abs(-float(variable.numpy()[0]) / older - 1) < 0.01) is near
