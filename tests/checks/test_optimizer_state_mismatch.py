from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from kdoctor.check import Safety
from kdoctor.document import Document, Format, Json, Weight
from kdoctor.edit import Edit, apply
from kdoctor.pointer import Pointer
from kdoctor.target import Given, StateWish, Target, Training
from kdoctor.testing import document, examine, layer, sequential

MODEL = sequential(layer("InputLayer", batch_shape=[None, 4]), layer("Dense", units=3, build=[None, 4]))
WEIGHTS = {"layers/dense/vars/0": (4, 3), "layers/dense/vars/1": (3,)}


TRAINING, DROP = Target("3.15.1", purpose="training"), Given(state=StateWish.DROP)
SHAPES = ((4, 3), (3,))


def trained(state: int, optimizer: str = "Adam", slots: int = 2, **config: Json) -> Document:
    """A model of two variables, with so many arrays of an optimizer's state: its counters, then ``slots`` for each variable."""
    training: Mapping[str, Json] = {"optimizer": {"module": "keras.optimizers", "class_name": optimizer, "config": config}}
    shapes = [(), (), *(shape for shape in SHAPES for _ in range(slots)), *SHAPES]
    stored = {**WEIGHTS, **{f"optimizer/vars/{index}": shapes[index] for index in range(state)}}
    return document(MODEL, training=training, weights=stored, attributes={"/": {}})


@pytest.mark.parametrize(("optimizer", "slots"), [("Adam", 2), ("AdamW", 2), ("SGD", 0), ("RMSprop", 1), ("Adagrad", 1)])
def test_the_state_of_a_trained_model_is_no_offence(optimizer: str, slots: int) -> None:
    assert examine("K503", trained(2 + 2 * slots, optimizer, slots)) == []


def test_a_slot_for_each_option_is_counted() -> None:
    assert examine("K503", trained(8, "Adam", amsgrad=True)) == []
    assert examine("K503", trained(4, "SGD", 1, momentum=0.9)) == []


def test_a_state_that_is_short_is_named_with_both_counts() -> None:
    (finding,) = examine("K503", trained(4))
    assert "4 arrays" in finding.message
    assert "need 6" in finding.message


def of_keras_2(optimizer: str, rate: Json, *slots: tuple[int, ...]) -> Document:
    """As Keras 2.15 stores it: the steps, then the slots, and no learning rate."""
    made = trained(0, optimizer, learning_rate=rate, is_legacy_optimizer=False)
    state = {f"optimizer/vars/{index}": shape for index, shape in enumerate(((), *slots))}
    return document(MODEL, training=made.training, weights={**WEIGHTS, **state}, attributes={"/": {}}, metadata={"keras_version": "2.15.0"})


def test_the_state_of_keras_2_gets_the_learning_rate_that_keras_3_keeps_beside_the_steps() -> None:
    """Measured with Adam, AdamW, SGD, RMSprop, Lion: training goes on in 3.15.1 as in 2.15."""
    sick = of_keras_2("Adam", 0.5, (4, 3), (4, 3), (3,), (3,))
    (finding,) = examine("K503", sick)
    assert finding.mild
    assert finding.repair is not None
    healthy = apply(sick, finding.repair.edits)
    state = [healthy.weights[f"optimizer/vars/{index}"] for index in range(6)]
    assert [weight.shape for weight in state] == [(), (), (4, 3), (4, 3), (3,), (3,)]
    assert state[0] is sick.weights["optimizer/vars/0"]
    assert examine("K503", healthy) == []


def test_a_state_that_cannot_go_on_is_an_error_for_who_wants_to_keep_it() -> None:
    keep = Target("3.15.1", given=Given(state=StateWish.KEEP))
    nadam = of_keras_2("Nadam", 0.5, (4, 3), (4, 3), (3,), (3,))
    for sick in (nadam, of_keras_2("Adam", 0.5, (4, 3), (3,))):
        assert [(finding.mild, finding.repair) for finding in examine("K503", sick)] == [(True, None)]
        assert [(finding.mild, finding.repair) for finding in examine("K503", sick, keep)] == [(False, None)]
    assert examine("K503", of_keras_2("Adam", {"class_name": "ExponentialDecay"}, (4, 3), (4, 3), (3,), (3,))) == []


def test_a_state_that_is_gone_is_named() -> None:
    assert len(examine("K503", trained(0))) == 1


def test_a_model_that_never_took_a_step_is_no_offence() -> None:
    assert examine("K503", trained(2)) == []


def test_an_optimizer_that_is_not_known_is_not_judged() -> None:
    assert examine("K503", trained(5, "MyOptimizer")) == []


def test_arrays_of_other_shapes_are_an_error_and_left_out() -> None:
    sick = trained(6, slots=1, learning_rate=0.5)  # (4, 3), (3,), (4, 3), (3,) instead of (4, 3), (4, 3), (3,), (3,)
    (finding,) = examine("K503", sick)
    assert not finding.mild
    assert "array 3 has the shape (3), not (4, 3)" in finding.message
    assert finding.repair is not None
    assert finding.repair.safety is Safety.SAFE
    cured = apply(sick, finding.repair.edits)
    assert [path for path in cured.weights if path.startswith("optimizer")] == ["optimizer/vars/0", "optimizer/vars/1"]
    assert examine("K503", apply(sick, examine("K503", sick, TRAINING)[0].repair.edits), TRAINING) == []
    assert examine("K503", sick, TRAINING)[0].repair.safety is Safety.UNSAFE


def test_an_archive_without_the_name_of_its_optimizer_trains_with_another_one() -> None:
    sick = document(MODEL, training={"loss": "mean_squared_error"}, weights=WEIGHTS, attributes={"/": {}})
    (finding,) = examine("K503", sick)
    assert "RMSprop" in finding.message
    assert [need.flag for need in finding.needs] == ["--compile"]
    given = Target("3.15.1", given=Given(training=Training("Adam", {"learning_rate": 0.1}, "mean_squared_error", ())))
    (finding,) = examine("K503", sick, given)
    cured = apply(sick, finding.repair.edits)
    assert cured.training["optimizer"]["class_name"] == "Adam"
    assert all(found.mild for found in examine("K503", cured, given))  # there is no state to go on with


def test_an_h5_with_state_cannot_be_trained_in_keras_3_and_says_so_to_those_who_want_to() -> None:
    training = {"optimizer_config": {"class_name": "Adam", "config": {}}, "loss": "mean_squared_error", "loss_weights": None}
    sick = document(MODEL, training=training, format=Format.H5_MODEL, attributes={"/": {}, "/optimizer_weights": {"weight_names": []}})
    assert examine("K503", sick) == []
    (finding,) = examine("K503", sick, TRAINING)
    assert finding.repair is not None
    assert finding.repair.native
    assert examine("K503", sick, Target("3.15.1", given=Given(state=StateWish.KEEP))) == [finding]  # who keeps it wants to go on with it
    assert examine("K503", sick, Target("2.15.0", purpose="training")) == []
    (finding,) = examine("K503", sick, replace(TRAINING, given=DROP))
    assert finding.mild
    assert "/optimizer_weights" not in apply(sick, finding.repair.edits).attributes


def test_a_state_that_nobody_wants_is_left_out_of_an_archive() -> None:
    sick = trained(6, learning_rate=0.5)
    (finding,) = examine("K503", sick, Target("3.15.1", given=DROP))
    cured = apply(sick, finding.repair.edits)
    assert [path for path in cured.weights if path.startswith("optimizer")] == ["optimizer/vars/0", "optimizer/vars/1"]
    assert examine("K503", cured, Target("3.15.1", given=DROP)) == []


def scaled(inner: dict[str, tuple[int, ...]], scalars: int = 6) -> Document:
    """With an optimizer within a LossScaleOptimizer, whose arrays an archive keeps twice."""
    config = {"inner_optimizer": {"module": "keras.optimizers", "class_name": "Lion", "config": {"learning_rate": 0.5}}}
    outer = {f"optimizer/vars/{index}": shape for index, shape in enumerate((*((),) * scalars, *SHAPES))}
    within = {f"optimizer/inner_optimizer/vars/{key}": shape for key, shape in inner.items()}
    made = trained(0, "LossScaleOptimizer", **config)
    return document(MODEL, training=made.training, weights={**WEIGHTS, **outer, **within}, attributes={"/": {}})


def test_both_copies_of_the_state_within_a_loss_scale_optimizer_are_counted() -> None:
    healthy = {"0": (), "1": (), "2": (4, 3), "3": (3,)}
    assert examine("K503", scaled(healthy)) == []
    assert [finding.mild for finding in examine("K503", scaled(healthy, scalars=5))] == [True]
    for sick in ({**healthy, "2": (3, 4)}, {"0": (), "1": (), "2": (4, 3), "9": (3,)}):
        (finding,) = examine("K503", scaled(sick))
        assert not finding.mild
        assert "Lion" in finding.message
        assert finding.repair is not None
        cured = apply(scaled(sick), finding.repair.edits)
        assert not any("inner_optimizer" in path for path in cured.weights)
        assert examine("K503", cured) == []


@pytest.mark.parametrize(
    ("optimizer", "state"),
    [
        ("Nadam", ((), (), (4, 3), (4, 3), (3,), (3,), ())),
        ("Adafactor", ((), (), (4,), (3,), (4, 3), (), (), (3,))),
        ("Muon", ((), (), (4, 3), (3,), (3,))),
    ],
)
def test_an_array_of_another_shape_is_named_for_optimizers_that_keep_more_than_slots(
    optimizer: str, state: tuple[tuple[int, ...], ...]
) -> None:
    made = trained(0, optimizer)
    arrays = {f"optimizer/vars/{index}": shape for index, shape in enumerate(state)}

    def stored(**other: tuple[int, ...]) -> Document:
        return document(MODEL, training=made.training, weights={**WEIGHTS, **arrays, **other}, attributes={"/": {}})

    assert examine("K503", stored()) == []
    (finding,) = examine("K503", stored(**{"optimizer/vars/2": (12,)}))
    assert not finding.mild
    assert "array 2" in finding.message


def test_text_in_the_place_of_a_counter_is_named() -> None:
    sick = trained(2, "SGD", 0)
    steps = Pointer("weights", ("optimizer/vars/0",))
    sick = apply(sick, (Edit(steps, old=sick.weights["optimizer/vars/0"], new=Weight((), "bytes64")),))
    (finding,) = examine("K503", sick)
    assert "text" in finding.message
