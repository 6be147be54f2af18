"""Averages and gathered gradients stand in turn for each variable before Keras 3.10, one kind after the other since then."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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
WEIGHTS = {"layers/dense/vars/0": (3, 2), "layers/dense/vars/1": (2,)}
KERNEL, BIAS = (3, 2), (2,)
X = numpy.linspace(-1, 1, 24, dtype="float32").reshape(8, 3)
NEW = Target("3.15.1")
GATHERING = {"use_ema": True, "gradient_accumulation_steps": 2}


def trained(name: str, *shapes: tuple[int, ...], **config: Any) -> Document:
    training = {"optimizer": {"module": "keras.optimizers", "class_name": name, "config": config}}
    state = {f"optimizer/vars/{index}": shape for index, shape in enumerate([(), (), *shapes])}
    return document(MODEL, training=training, weights={**WEIGHTS, **state}, attributes={"/": {}})


def shapes_after(release: str, name: str, *shapes: tuple[int, ...], **config: Any) -> list[tuple[int, ...]]:
    """Of the arrays behind the counters, once they are in the order of the release."""
    sick = trained(name, *shapes, **config)
    (finding,) = examine("K503", sick, Target(release))
    assert finding.repair is not None
    healed = apply(sick, finding.repair.edits)
    assert examine("K503", healed, Target(release)) == []
    return [weight.shape for path, weight in healed.weights.items() if path.startswith("optimizer")][2:]


IN_TURN, BY_KIND = (KERNEL, KERNEL, BIAS, BIAS), (KERNEL, BIAS, KERNEL, BIAS)


def test_both_are_put_in_the_order_of_the_target() -> None:
    assert shapes_after("3.15.1", "Adam", *IN_TURN, *IN_TURN, **GATHERING) == [*BY_KIND, *IN_TURN]
    assert shapes_after("3.9.2", "Adam", *BY_KIND, *IN_TURN, **GATHERING) == [*IN_TURN, *IN_TURN]


def test_the_product_of_nadam_goes_with_them() -> None:
    assert shapes_after("3.15.1", "Nadam", *IN_TURN, (), *IN_TURN, **GATHERING) == [*BY_KIND, *IN_TURN, ()]
    assert shapes_after("3.15.1", "Nadam", KERNEL, BIAS, (), *IN_TURN, gradient_accumulation_steps=2) == [KERNEL, BIAS, *IN_TURN, ()]
    assert shapes_after("3.3.3", "Nadam", KERNEL, BIAS, *IN_TURN, (), gradient_accumulation_steps=2) == [KERNEL, BIAS, (), *IN_TURN]


def of_one_shape(saved: str) -> Document:
    dense = {"units": 2, "use_bias": False, "build": [None, 2]}
    model = sequential(layer("InputLayer", batch_shape=[None, 2]), layer("Dense", name="a", **dense), layer("Dense", name="b", **dense))
    weights = {f"layers/{name}/vars/0": (2, 2) for name in ("dense", "dense_1")}
    state = {f"optimizer/vars/{index}": shape for index, shape in enumerate([(), (), *[(2, 2)] * 8])}
    training = {"optimizer": {"module": "keras.optimizers", "class_name": "Adam", "config": GATHERING}}
    made = document(model, training=training, weights={**weights, **state}, attributes={"/": {}})
    return made.replacing({**made.parts, "metadata": {"keras_version": saved}})


def test_where_shapes_do_not_tell_the_order_the_release_does() -> None:
    (finding,) = examine("K503", of_one_shape("3.9.2"), NEW)
    assert finding.mild
    assert "the order of Keras 3.9.2" in finding.message
    for saved, target in (("3.10.0", NEW), ("3.9.2", Target("3.5.0", purpose="training"))):
        assert examine("K503", of_one_shape(saved), target) == []


def test_and_the_file_tells_from_then_on_for_which_release_they_are_in_order() -> None:
    sick = of_one_shape("3.9.2")
    (finding,) = examine("K503", sick, NEW)
    assert finding.repair is not None
    healed = apply(sick, finding.repair.edits)
    assert examine("K503", healed, NEW) == []
    assert healed.saved_by().keras == "3.9.2"
    (back,) = examine("K503", healed, Target("3.9.2"))
    assert back.repair is not None
    assert apply(healed, back.repair.edits).weights == sick.weights


def test_an_archive_that_was_made_of_an_h5_goes_by_the_release_of_that() -> None:
    made = of_one_shape("3.15.1")
    made = made.replacing({**made.parts, "metadata": {"keras_version": "3.15.1", "converted_from": "3.9.2"}})
    (finding,) = examine("K503", made, NEW)
    assert "the order of Keras 3.9.2" in finding.message


def test_within_a_loss_scale_optimizer_they_are_moved_in_both_places() -> None:
    inner = {"module": "keras.optimizers", "class_name": "Adam", "config": {"learning_rate": 0.1, **GATHERING}}
    sick = trained("LossScaleOptimizer", (), (), (), (), *IN_TURN, *IN_TURN, inner_optimizer=inner)
    within = {f"optimizer/inner_optimizer/vars/{index}": shape for index, shape in enumerate([(), (), *IN_TURN, *IN_TURN])}
    stored = {path: weight.shape for path, weight in sick.weights.items()}
    sick = document(MODEL, training=sick.training, weights={**stored, **within}, attributes={"/": {}})
    (finding,) = examine("K503", sick, NEW)
    assert "A total of 2 objects" in finding.keras_says
    assert finding.repair is not None
    healed = apply(sick, finding.repair.edits)
    assert examine("K503", healed, NEW) == []
    shapes = [weight.shape for path, weight in healed.weights.items() if path.startswith("optimizer")]
    assert shapes == [*[()] * 6, *BY_KIND, *IN_TURN, (), (), *BY_KIND, *IN_TURN]


def test_arrays_that_fit_neither_order_are_left_out_as_before() -> None:
    (finding,) = examine("K503", trained("Adam", *IN_TURN, KERNEL, KERNEL, KERNEL, BIAS, **GATHERING), Target("3.15.1"))
    assert finding.repair is not None
    assert finding.repair.title == "leave the optimizer's state out"


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras with TensorFlow's variables
@pytest.mark.parametrize("scaled", [False, True], ids=["bare", "within a LossScaleOptimizer"])
def test_training_goes_on_with_them(tmp_path: Path, scaled: bool) -> None:
    """As 3.0.5, 3.3.3, 3.4.1, 3.5.0 and 3.9.2 stored fourteen optimizers, which was cured and trained; those of 3.5.0 and 3.9.2 made the same steps."""
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    inner = keras.optimizers.Adam(0.1, **GATHERING)
    model.compile(keras.optimizers.LossScaleOptimizer(inner) if scaled else inner, "mean_squared_error")
    for _ in range(3):
        step(model)
    model.save(tmp_path / "new.keras")
    in_turn(tmp_path / "new.keras", tmp_path / "old.keras", scaled)
    with pytest.raises(ValueError, match="could not be loaded"):
        keras.saving.load_model(tmp_path / "old.keras")
    plan = plan_file(tmp_path / "old.keras", NEW, load_checks())
    assert carry_out(plan, tmp_path / "old.keras", Wish(tmp_path / "cured.keras")).out is not None
    again = keras.saving.load_model(tmp_path / "cured.keras")
    for one in (model, again):
        step(one)
    for left, right in zip(model.optimizer.variables, again.optimizer.variables, strict=True):
        numpy.testing.assert_allclose(left.numpy(), right.numpy(), rtol=1e-5)


def step(model: Any) -> None:
    model.train_on_batch(X, X[:, :2])


def in_turn(source: Path, out: Path, scaled: bool) -> None:
    """The two arrays in the middle change places: average and gradients of the kernel, then those of the bias."""
    folders = {"optimizer/vars": 4, "optimizer/inner_optimizer/vars": 0} if scaled else {"optimizer/vars": 0}

    def exchange(file: Any) -> None:
        for folder, own in folders.items():
            arrays, (one, other) = file[folder], (str(own + 3), str(own + 4))
            values = {key: arrays[key][()] for key in (one, other)}
            for key, source_key in ((one, other), (other, one)):
                del arrays[key]
                arrays[key] = values[source_key]

    rewritten(source, out, {"model.weights.h5": in_hdf5(exchange)})
