"""Where an archive of Keras 3 has what an optimizer keeps of each variable: with averages and gathered gradients, and a Nadam's product."""

from __future__ import annotations

from typing import Any

import pytest

from kdoctor.document import Document, Weight
from kdoctor.testing import document, layer, sequential
from kdoctor.weights.state_places import places_of_state

MODEL = sequential(layer("InputLayer", batch_shape=[None, 3]), layer("Dense", units=2, build=[None, 3]))
BOTH = {"use_ema": True, "gradient_accumulation_steps": 2}
KERNEL, BIAS = (3, 2), (2,)
IN_TURN, BY_KIND = (KERNEL, KERNEL, BIAS, BIAS), (KERNEL, BIAS, KERNEL, BIAS)


def trained(name: str, *shapes: tuple[int, ...], saved: str = "3.9.2", **config: Any) -> Document:
    training = {"optimizer": {"module": "keras.optimizers", "class_name": name, "config": {"learning_rate": 0.1, **config}}}
    state = {f"optimizer/vars/{index}": shape for index, shape in enumerate([(), (), *shapes])}
    return document(MODEL, training=training, weights=state, attributes={"/": {}}, metadata={"keras_version": saved})


def places(model: Document, *variables: tuple[int, ...]) -> list[tuple[int, int]] | None:
    found = places_of_state(model, [Weight(shape, "float32") for shape in variables or (KERNEL, BIAS)])
    return None if found is None else [tuple(one) for one in found]


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (trained("Adam", *IN_TURN, *IN_TURN, **BOTH), [(2, 2), (6, 2)]),
        (trained("Adam", *BY_KIND, *IN_TURN, **BOTH), [(2, 1), (4, 1), (6, 2)]),
        (trained("Nadam", *IN_TURN, ()), [(2, 2)]),
        (trained("Nadam", (), *IN_TURN), [(3, 2)]),
        (trained("Nadam", *IN_TURN, (), *IN_TURN, **BOTH), [(2, 2), (7, 2)]),
        (trained("Nadam", *BY_KIND, *IN_TURN, (), **BOTH), [(2, 1), (4, 1), (6, 2)]),
        (trained("Nadam", *IN_TURN), None),
        (trained("Mine", *IN_TURN), None),
    ],
)
def test_shapes_tell_where(model: Document, expected: list[tuple[int, int]] | None) -> None:
    assert places(model) == expected


def test_of_variables_of_one_shape_the_release_tells() -> None:
    same = ((2, 2),) * 2
    for saved, expected in (("3.9.2", [(2, 2), (6, 2)]), ("3.10.0", [(2, 1), (4, 1), (6, 2)])):
        assert places(trained("Adam", *same * 4, saved=saved, **BOTH), *same) == expected


def test_one_that_is_held_keeps_no_product() -> None:
    inner = {"module": "keras.optimizers", "class_name": "Nadam", "config": {"learning_rate": 0.1}}
    assert places(trained("LossScaleOptimizer", (), (), (), (), *IN_TURN, inner_optimizer=inner)) == [(6, 2)]
