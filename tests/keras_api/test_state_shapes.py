"""What optimizers keep, held against the optimizers of the installed Keras."""

from __future__ import annotations

from typing import Any

import keras
import pytest

from kdoctor.keras_api.state_shapes import Trained, state_shapes
from kdoctor.target import Target

TRAINED = (Trained((7, 4), True), Trained((3, 2, 4, 5)), Trained((5,)), Trained(()), Trained((15, 1)))
NAMES = ("Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "Ftrl", "Lamb", "Lion", "Muon", "Nadam", "RMSprop", "SGD")
KINDS = (
    {},
    {"use_ema": True},
    {"gradient_accumulation_steps": 2},
    {"use_ema": True, "gradient_accumulation_steps": 2},
)


def built(optimizer: Any) -> list[tuple[int, ...]]:
    """The shapes of the arrays of an optimizer of Keras that trains variables of these shapes."""
    variables = [keras.Variable(keras.ops.zeros(each.shape), name="embeddings" if each.embedding else "kernel") for each in TRAINED]
    optimizer.build(variables)
    return [tuple(variable.shape) for variable in optimizer.variables]


@pytest.mark.parametrize("settings", KINDS)
@pytest.mark.parametrize("name", NAMES)
def test_the_shapes_are_those_that_keras_makes(name: str, settings: dict[str, Any]) -> None:
    optimizer = getattr(keras.optimizers, name)(**settings)
    assert state_shapes(name, optimizer.get_config(), TRAINED, Target(keras.__version__)) == tuple(built(optimizer))


@pytest.mark.parametrize("name", NAMES)
def test_a_loss_scale_optimizer_keeps_its_scale_and_what_the_one_within_adds_by_add_variable(name: str) -> None:
    """Not the product of Nadam, nor the numbers of Adafactor that say nothing."""
    optimizer = keras.optimizers.LossScaleOptimizer(getattr(keras.optimizers, name)(use_ema=True))
    config = keras.optimizers.serialize(optimizer)["config"]
    assert state_shapes("LossScaleOptimizer", config, TRAINED, Target(keras.__version__)) == tuple(built(optimizer))


def test_before_keras_3_10_the_averages_stand_beside_the_gathered_gradients() -> None:
    """Seen in 3.0.5 and 3.9.2; since 3.10.0 one kind follows the other."""
    shapes = [Trained((4, 3)), Trained((3,))]
    both = {"use_ema": True, "gradient_accumulation_steps": 2, "momentum": 0.0}
    assert state_shapes("SGD", both, shapes, Target("3.9.2")) == ((), (), (4, 3), (4, 3), (3,), (3,))
    assert state_shapes("SGD", both, shapes, Target("3.10.0")) == ((), (), (4, 3), (3,), (4, 3), (3,))


def test_nothing_is_kept_for_the_scales_of_float8() -> None:
    shapes = [Trained((4, 3)), Trained((), False, True), Trained((1024,), False, True)]
    assert state_shapes("Lion", {}, shapes, Target("3.15.1")) == ((), (), (4, 3))
    assert state_shapes("Lion", {}, shapes, Target("3.9.2")) == ((), (), (4, 3), (), (1024,))
    assert state_shapes("Adafactor", {}, shapes, Target("3.15.1")) == ((), (), (4,), (3,), (4, 3), (), (), (), ())


def test_what_muon_leaves_out_by_names_is_not_told() -> None:
    matrix = [Trained((4, 3))]
    assert state_shapes("Muon", {"exclude_layers": ["head"]}, matrix, Target("3.15.1")) is None
    assert state_shapes("Muon", {}, [Trained((4, 3), None)], Target("3.15.1")) is None
    assert state_shapes("Muon", {}, [Trained(None)], Target("3.15.1")) is None
    assert state_shapes("MyOptimizer", {}, matrix, Target("3.15.1")) is None
