"""The product that Nadam keeps beside its moments: each Keras 3 finds it where it looks."""

from __future__ import annotations

from pathlib import Path

import h5py
import keras
import numpy
import pytest
from rewriting import in_hdf5, rewritten

from kdoctor.doctor import plan_file
from kdoctor.document import Document
from kdoctor.edit import apply
from kdoctor.packs import load_checks
from kdoctor.repair import Wish, carry_out
from kdoctor.target import Target
from kdoctor.testing import document, examine, layer, sequential

MODEL = sequential(layer("InputLayer", batch_shape=[None, 3]), layer("Dense", units=2, build=[None, 3]))
SHAPES = [(3, 2), (3, 2), (2,), (2,)]
X = numpy.linspace(-1, 1, 24, dtype="float32").reshape(8, 3)


def trained(*shapes: tuple[int, ...], **config: object) -> Document:
    optimizer = {"module": "keras.optimizers", "class_name": "Nadam", "config": config}
    state = {f"optimizer/vars/{index}": shape for index, shape in enumerate(shapes)}
    weights = {"layers/dense/vars/0": (3, 2), "layers/dense/vars/1": (2,), **state}
    return document(MODEL, training={"optimizer": optimizer}, weights=weights, attributes={"/": {}})


BEFORE, BEHIND = trained((), (), (), *SHAPES), trained((), (), *SHAPES, ())


@pytest.mark.parametrize(("sick", "right", "release"), [(BEFORE, BEHIND, "3.10.0"), (BEHIND, BEFORE, "3.9.2")])
def test_the_product_is_moved_to_where_the_target_reads_it(sick: Document, right: Document, release: str) -> None:
    (finding,) = examine("K503", sick, Target(release))
    assert finding.repair is not None
    healed = apply(sick, finding.repair.edits)
    assert [weight.shape for weight in healed.weights.values()] == [weight.shape for weight in right.weights.values()]
    assert examine("K503", healed, Target(release)) == examine("K503", right, Target(release)) == []


def test_averages_stand_before_it() -> None:
    sick = trained((), (), (3, 2), (2,), *SHAPES, (), use_ema=True)
    (finding,) = examine("K503", sick, Target("3.6.0"))
    assert finding.repair is not None
    shapes = [weight.shape for weight in apply(sick, finding.repair.edits).weights.values()][2:]
    assert shapes == [(), (), (3, 2), (2,), (), *SHAPES]


def test_what_cannot_be_told_apart_is_not_moved() -> None:
    for sick in (trained((), (), (), ()), trained((), (), *SHAPES)):
        assert [(finding.mild, finding.repair) for finding in examine("K503", sick, Target("3.15.1"))] == [(True, None)]


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras with TensorFlow's variables
def test_training_goes_on_with_a_state_of_the_other_order(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    model.compile("nadam", "mean_squared_error")
    step(model)
    model.save(tmp_path / "new.keras")
    as_before_3_10(tmp_path / "new.keras", tmp_path / "old.keras")
    with pytest.raises(ValueError, match="could not be loaded"):
        keras.saving.load_model(tmp_path / "old.keras")
    plan = plan_file(tmp_path / "old.keras", Target("3.15.1"), load_checks())
    assert carry_out(plan, tmp_path / "old.keras", Wish(tmp_path / "cured.keras")).out is not None
    again = keras.saving.load_model(tmp_path / "cured.keras")
    step(model)
    step(again)
    numpy.testing.assert_array_equal(model(X), again(X))


def step(model: keras.Model) -> None:
    model.fit(X, X[:, :2], verbose=0, batch_size=8, shuffle=False)


def as_before_3_10(new: Path, old: Path) -> None:
    def reordered(file: h5py.File) -> None:
        arrays = file["optimizer/vars"]
        values = [arrays[str(index)][()] for index in range(len(arrays))]
        for index, value in enumerate([*values[:2], values[-1], *values[2:-1]]):
            del arrays[str(index)]
            arrays[str(index)] = value

    rewritten(new, old, {"model.weights.h5": in_hdf5(reordered)})
