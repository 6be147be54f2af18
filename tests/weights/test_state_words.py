"""The arrays of an optimizer are told by what they are: Keras 3 stores the learning rate among them, and Keras 2 does not."""

from __future__ import annotations

from weight_documents import NATIVE, archive

from kdoctor.document import Document, Json
from kdoctor.numbers import Numbers
from kdoctor.weights.comparison import compared

SLOTS = [shape for shape in NATIVE.values() for _ in "mv"]
COUNTER: tuple[int, ...] = ()


def trained(counters: int, release: str, rate: float | None = None, **settings: Json) -> Document:
    """Adam after a step; ``rate`` is what its second counter was looked at to be."""
    state = {f"optimizer/vars/{index}": shape for index, shape in enumerate([COUNTER] * counters + SLOTS)}
    adam = {"module": "keras.optimizers", "class_name": "Adam", "config": {"learning_rate": 0.001, **settings}, "registered_name": None}
    made = archive({**NATIVE, **state}, training={"optimizer": adam}, metadata={"keras_version": release})
    numbers = {path: Numbers(1, 0, 0, 0, 0, 0, 0.0, 0.0, 0.0, 7) for path in made.weights} if rate is not None else {}
    if rate is not None and counters > 1:
        numbers["optimizer/vars/1"] = Numbers(1, 0, 0, 0, 0, 0, rate, rate, rate, 8)
    return made.replacing({**made.parts, "numbers": numbers})


def test_a_learning_rate_that_a_repair_puts_among_the_arrays_moves_no_other() -> None:
    old, repaired = trained(1, "2.15.0"), trained(2, "2.15.0")
    assert compared(old, repaired) == compared(repaired, old) == ()
    assert compared(old, trained(2, "3.15.1")) == ()


def test_a_stored_learning_rate_is_compared_with_that_of_the_other_config() -> None:
    assert compared(trained(1, "2.15.0", 0.001), trained(2, "3.15.1", 0.001)) == ()
    (change,) = compared(trained(1, "2.15.0", 0.002), trained(2, "3.15.1", 0.002))
    assert change.place == "optimizer: learning rate"


def test_an_array_that_is_lost_is_told() -> None:
    old, repaired = trained(1, "2.15.0"), trained(2, "2.15.0")
    left = {path: weight for path, weight in repaired.weights.items() if path != "optimizer/vars/9"}
    assert compared(old, repaired.replacing({**repaired.parts, "weights": left}))


def test_an_array_of_another_number_is_told_by_what_it_is() -> None:
    old, repaired = trained(1, "2.15.0", 0.001), trained(2, "2.15.0", 0.001)
    (change,) = compared(
        old,
        repaired.replacing(
            {**repaired.parts, "numbers": {**repaired.numbers, "optimizer/vars/4": Numbers(1, 0, 0, 0, 0, 0, 1.0, 1.0, 1.0, 9)}}
        ),
    )
    assert change.place == "optimizer: m of one.bias: numbers"
