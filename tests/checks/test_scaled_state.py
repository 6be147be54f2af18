"""The state of an optimizer within a LossScaleOptimizer, in mixed_float16 or not: it goes on in Keras, or is said not to (K503)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy
import pytest

from kdoctor.archive import open_document
from kdoctor.doctor import examine_file
from kdoctor.document import Document, Format, Json
from kdoctor.edit import apply
from kdoctor.engine import plan
from kdoctor.packs import load_checks
from kdoctor.target import Given, StateWish, Target
from kdoctor.testing import document, examine, layer, sequential

MODEL = sequential(layer("InputLayer", batch_shape=[None, 4]), layer("Dense", units=3, build=[None, 4]))
WEIGHTS = {"layers/dense/vars/0": (4, 3), "layers/dense/vars/1": (3,)}
NEW = Target("3.15.1")
SLOTS = {"Adam": ((4, 3), (4, 3), (3,), (3,)), "Adafactor": ((4,), (3,), (4, 3), (3,)), "Nadam": ((4, 3), (4, 3), (3,), (3,))}
X, Y = numpy.random.RandomState(0).randn(8, 4).astype("float32"), numpy.random.RandomState(1).randn(8, 3).astype("float32")


def of_keras_2(inner: str, home: str = "keras.optimizers", **outer: Json) -> Document:
    """As 2.15 stores a LossScaleOptimizerV3: the arrays of the one within, twice, without scale or rate."""
    settings = {"learning_rate": 0.5, "is_legacy_optimizer": False}
    held = {"module": home, "class_name": inner, "config": settings, "registered_name": None}
    config = {"inner_optimizer": held, "dynamic": True, "initial_scale": 1024.0, "dynamic_growth_steps": 2000, **outer}
    training = {"optimizer": {"module": "keras.src.mixed_precision", "class_name": "LossScaleOptimizerV3", "config": config}}
    state = {
        f"optimizer/{folder}vars/{index}": shape for folder in ("", "inner_optimizer/") for index, shape in enumerate(((), *SLOTS[inner]))
    }
    return document(MODEL, training=training, weights={**WEIGHTS, **state}, attributes={"/": {}}, metadata={"keras_version": "2.15.0"})


def shapes(model: Document, folder: str = "") -> list[tuple[int, ...]]:
    start = f"optimizer/{folder}vars/"
    keys = sorted((int(path.removeprefix(start)), path) for path in model.weights if path.startswith(start))
    return [model.weights[path].shape for _, path in keys]


@pytest.mark.parametrize(
    ("inner", "kept"), [("Adam", SLOTS["Adam"]), ("Adafactor", SLOTS["Adafactor"])], ids=["two slots of each", "halves of matrices"]
)
def test_the_state_of_keras_2_gets_the_scale_and_the_rate_that_keras_3_keeps(inner: str, kept: tuple[tuple[int, ...], ...]) -> None:
    """The layouts that 3.15.1 writes: four counters, then steps, rate and slots, and those a second time."""
    sick = of_keras_2(inner)
    (finding,) = examine("K503", sick)
    assert finding.mild
    assert finding.repair is not None
    healthy = apply(sick, finding.repair.edits)
    assert shapes(healthy) == [(), (), (), (), (), (), *kept]
    assert shapes(healthy, "inner_optimizer/") == [(), (), *kept]
    assert examine("K503", healthy) == []


def test_one_number_for_ever_is_no_scale_to_keep() -> None:
    """K504 writes the optimizer that it holds: its state is what has to be there."""
    (finding,) = examine("K503", of_keras_2("Adam", dynamic=False))
    assert finding.repair is not None
    healthy = apply(of_keras_2("Adam", dynamic=False), finding.repair.edits)
    assert shapes(healthy) == [(), (), *SLOTS["Adam"]]
    assert shapes(healthy, "inner_optimizer/") == []


def test_what_keras_2_stored_nowhere_is_told_of_the_one_within() -> None:
    (finding,) = examine("K503", of_keras_2("Nadam"))
    assert "product of its momentum" in finding.message
    assert finding.repair is None


@pytest.mark.parametrize("inner", ["Adam", "Adafactor", "Nadam"])
def test_the_release_that_saved_it_has_nothing_to_mend(inner: str) -> None:
    assert examine("K503", of_keras_2(inner), Target("2.15.0")) == []


def net(optimizer: Any) -> Any:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, dtype="float32")])
    model.compile(optimizer, "mean_squared_error")
    model.train_on_batch(X, Y)
    return model


@pytest.fixture
def in_half() -> Any:
    """mixed_float16, as the one who trains the model sets it, and not the one who loads it."""
    yield lambda: keras.config.set_dtype_policy("mixed_float16")
    keras.config.set_dtype_policy("float32")


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:Skipping variable loading:UserWarning")
@pytest.mark.parametrize("optimizer", ["adam", keras.optimizers.SGD(0.1, momentum=0.9)], ids=["by name", "object"])
def test_the_optimizer_that_compile_wraps_by_itself_goes_on(tmp_path: Path, in_half: Any, optimizer: Any) -> None:
    in_half()
    model = net(optimizer)
    model.save(tmp_path / "sick.keras")
    model.train_on_batch(X, Y)
    keras.config.set_dtype_policy("float32")
    assert int(keras.models.load_model(tmp_path / "sick.keras").optimizer.iterations) == 0
    before = open_document(tmp_path / "sick.keras")
    (finding,) = [found for found in examine_file(tmp_path / "sick.keras", NEW, load_checks()).findings if found.check.code == "K503"]
    assert "LossScaleOptimizer" in finding.finding.message
    cured = plan(before, NEW, load_checks()).after.document
    keep = Target("3.15.1", given=Given(state=StateWish.KEEP))
    assert examine("K503", cured, keep) == []
    again = loaded(cured, before, tmp_path)
    assert int(again.optimizer.iterations) == 1
    again.train_on_batch(X, Y)
    assert all(numpy.allclose(one, other, atol=1e-6) for one, other in zip(again.get_weights(), model.get_weights(), strict=True))


def loaded(cured: Document, before: Document, folder: Path) -> Any:
    from kdoctor.archive.writing.write import write_document

    return keras.models.load_model(write_document(before, cured, folder / "cured.keras").path)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_nadam_within_one_loses_its_product_in_keras_itself(tmp_path: Path) -> None:
    model = net(keras.optimizers.LossScaleOptimizer(keras.optimizers.Nadam(0.1)))
    model.save(tmp_path / "whole.keras")
    (finding,) = examine("K503", open_document(tmp_path / "whole.keras"))
    assert "in no file" in finding.message
    assert finding.mild
    again = keras.models.load_model(tmp_path / "whole.keras")
    assert int(again.optimizer.iterations) == 1
    assert float(again.optimizer.inner_optimizer._u_product) == 1.0
    assert float(model.optimizer.inner_optimizer._u_product) < 1.0


def test_an_h5_whose_number_of_steps_is_text_is_told() -> None:
    """3.15.1: UnimplementedError: Cast string to int64 is not supported; text in the place of another array does no harm."""
    training = {
        "optimizer_config": {"class_name": "SGD", "config": {"learning_rate": 0.5}},
        "loss": "mean_squared_error",
        "loss_weights": None,
    }
    names = ["sgd/iteration", "sgd/learning_rate"]
    stored = {f"optimizer_weights/{name}": () for name in names}
    attributes = {"/": {}, "/optimizer_weights": {"weight_names": names}}
    sick = document(MODEL, training=training, weights=stored, attributes=attributes, format=Format.H5_MODEL)
    assert examine("K503", sick) == []
    for name, count in zip(names, (1, 0), strict=True):
        found = examine("K503", _as_text(sick, f"optimizer_weights/{name}"))
        assert len(found) == count
        assert all(not one.mild and one.repair is not None for one in found)


def _as_text(model: Document, path: str) -> Document:
    from kdoctor.document import Weight

    return model.replacing({**model.parts, "weights": {**model.weights, path: Weight((), "bytes64")}})


def in_h5(class_name: str, inner: str, **settings: Json) -> Document:
    """As 2.15.0 stores it: the steps, and two arrays for each of the two variables."""
    held = {"module": "keras.optimizers", "class_name": inner, "config": {"learning_rate": 0.5, "is_legacy_optimizer": False, **settings}}
    stated = {"class_name": class_name, "config": {"inner_optimizer": held, "dynamic": True, "initial_scale": 1024.0}}
    names = ["iteration:0", *(f"m/{index}:0" for index in range(len(SLOTS["Adam"])))]
    weights = {f"optimizer_weights/{name}": shape for name, shape in zip(names, ((), *SLOTS["Adam"]), strict=True)}
    groups: dict[str, dict[str, Json]] = {"/optimizer_weights": {"weight_names": names}, "/": {}}
    training, saved = {"optimizer_config": stated}, {"keras_version": "2.15.0"}
    return document(MODEL, format=Format.H5_MODEL, training=training, weights=weights, attributes=groups, metadata=saved)


def test_keras_2_itself_reads_none_of_it_from_an_h5() -> None:
    """2.15.0: 'Error in loading the saved optimizer state', for set_weights asks whether the one around was built."""
    sick, old = in_h5("LossScaleOptimizerV3", "Adam"), Target("2.15.0")
    (finding,) = examine("K503", sick, old)
    assert (finding.mild, finding.repair) == (True, None)
    assert "LossScaleOptimizerV3" in finding.message
    assert not examine("K503", sick, Target("2.15.0", given=Given(state=StateWish.KEEP)))[0].mild
    assert all("not even its own" not in finding.message for finding in examine("K503", sick, NEW))


@pytest.mark.parametrize(("outer", "inner"), [("LossScaleOptimizer", "Adam"), ("LossScaleOptimizerV3", "SGD")])
def test_that_of_older_optimizers_is_read_and_sgd_without_momentum_needs_none(outer: str, inner: str) -> None:
    found = examine("K503", in_h5(outer, inner), Target("2.15.0"))
    assert all("not even its own" not in finding.message for finding in found)
