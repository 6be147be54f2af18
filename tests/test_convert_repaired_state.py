"""The state of an optimizer in an archive of Keras 2 that K503 has put in today's order before it is converted: it was taken for lost."""

from __future__ import annotations

import pytest

from kdoctor.container import Container
from kdoctor.convert.conversion import convert
from kdoctor.document import Document, Json
from kdoctor.edit import apply
from kdoctor.target import Target
from kdoctor.testing import document, examine, layer, sequential

MODEL = sequential(layer("InputLayer", batch_shape=[None, 4]), layer("Dense", units=3, build=[None, 4]))
WEIGHTS = {"layers/dense/vars/0": (4, 3), "layers/dense/vars/1": (3,)}
SLOTS = ((4, 3), (4, 3), (3,), (3,))
HALVES = ((4,), (3,), (4, 3), (3,))
NEW = Target("3.15.1")


def archive(name: str, state: tuple[tuple[int, ...], ...], settings: dict[str, Json], folders: tuple[str, ...] = ("",)) -> Document:
    """As 2.15 stores it: the steps, and the slots; twice within a LossScaleOptimizer."""
    training: dict[str, Json] = {
        "optimizer": {"module": "keras.optimizers", "class_name": name, "config": settings, "registered_name": None}
    }
    arrays = {f"optimizer/{folder}vars/{index}": shape for folder in folders for index, shape in enumerate(((), *state))}
    return document(MODEL, training=training, weights={**WEIGHTS, **arrays}, attributes={"/": {}}, metadata={"keras_version": "2.15.0"})


ADAM: dict[str, Json] = {"learning_rate": 0.5, "is_legacy_optimizer": False}
HELD: dict[str, Json] = {"module": "keras.optimizers", "class_name": "Adam", "config": ADAM, "registered_name": None}
OUTER: dict[str, Json] = {"inner_optimizer": HELD, "dynamic": True, "initial_scale": 4.0, "dynamic_growth_steps": 2000}


@pytest.mark.parametrize(
    ("made", "kept"),
    [
        (archive("Adam", SLOTS, ADAM), [(), (), *SLOTS]),
        (archive("Adafactor", HALVES, ADAM), [(), (), *HALVES[:3], (), (), HALVES[3]]),
        (archive("LossScaleOptimizer", SLOTS, OUTER, ("", "inner_optimizer/")), [()] * 6 + [*SLOTS]),
    ],
    ids=["Adam", "Adafactor", "within a LossScaleOptimizer"],
)
def test_it_goes_along(made: Document, kept: list[tuple[int, ...]]) -> None:
    """3.15.1 went on with the state of 69 files of 2.15 that were converted so, as it does with those that are repaired alone."""
    (finding,) = examine("K503", made)
    assert finding.repair is not None
    for before in (made, apply(made, finding.repair.edits)):
        after = convert(before, NEW, Container.KERAS)
        stored = sorted((int(path[15:]), path) for path in after.document.weights if path.startswith("optimizer/vars/"))
        assert [after.document.weights[path].shape for _, path in stored] == kept
        assert after.notes == ()
        assert examine("K503", after.document) == []


def test_what_does_not_map_is_said_to_be_left_out() -> None:
    (note,) = convert(archive("Nadam", SLOTS, ADAM), NEW, Container.KERAS).notes
    assert "left out" in note
