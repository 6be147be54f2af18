"""Lists of an .h5 that have lost entries, or all, while the arrays stand in their group: put in again where names and shapes leave one order."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from keras import layers
from weight_documents import MODEL, ONE, TWO, h5

from kdoctor.doctor import plan_file
from kdoctor.document import ABSENT, Document
from kdoctor.edit import apply
from kdoctor.packs import load_checks
from kdoctor.repair import Wish, carry_out
from kdoctor.testing import KERAS_3, examine, layer, sequential

CHECKS = load_checks()
SMALL = layer("InputLayer", name="input", batch_shape=[None, 4])
# Two layers of one shape, and their arrays, within a model within a model.
INNER = sequential(SMALL, layer("Dense", name="first", units=4), layer("Dense", name="second", units=4))["config"] | {"name": "inner"}
NESTED = sequential(SMALL, {"class_name": "Sequential", "config": INNER})
PAIR: dict[str, tuple[int, ...]] = {"first/kernel": (4, 4), "first/bias": (4,), "second/kernel": (4, 4), "second/bias": (4,)}


def listing(made: Document, group: str, names: list[str] | None) -> Document:
    """The same file with another list in a group; None takes it out."""
    values = {} if names is None else {"weight_names": names}
    return made.replacing({**made.parts, "attributes": {**made.attributes, f"/model_weights/{group}": values}})


def cured(sick: Document, group: str) -> Any:
    """The list after the cure of the one finding that there is; ABSENT where it has none."""
    (finding,) = [*examine("K701", sick), *examine("K607", sick)]
    if finding.repair is None:
        return ABSENT
    after = apply(sick, finding.repair.edits)
    assert [*examine("K701", after), *examine("K607", after), *examine("K705", after)] == []
    return after.attributes[f"/model_weights/{group}"]["weight_names"]


def test_an_entry_is_put_in_again_where_its_layer_has_it() -> None:
    sick = listing(h5({"one": ONE, "two": TWO}, ["one", "two"]), "two", ["two/bias:0"])
    (finding,) = examine("K701", sick)
    assert "holds 1 of 2 arrays; unlisted, it holds two/kernel:0, exactly what it needs" in finding.message
    assert cured(sick, "two") == ["two/kernel:0", "two/bias:0"]


@pytest.mark.parametrize("kept", [[0, 1, 3], [1, 2], [0, 3], [2], [], None], ids=str)
def test_layers_of_a_nested_model_are_told_apart_by_their_names(kept: list[int] | None) -> None:
    sick = listing(h5({"inner": PAIR}, ["inner"], NESTED), "inner", None if kept is None else [[*PAIR][index] for index in kept])
    assert cured(sick, "inner") == [*PAIR]


def test_names_that_no_layer_bears_are_told_apart_by_the_order_of_the_list() -> None:
    """Keras 2 in one graph made another name of each (``first_1``)."""
    renamed = {name.replace("first", "x").replace("second", "y"): shape for name, shape in PAIR.items()}
    made = h5({"inner": renamed}, ["inner"], NESTED)
    assert cured(listing(made, "inner", ["x/kernel", "x/bias", "y/bias"]), "inner") == [*renamed]
    assert cured(listing(made, "inner", None), "inner") is ABSENT


@pytest.mark.parametrize(
    "more",
    [{"two/two/bias:0": (3,)}, {"two/bias": (3,)}, {"other/bias:0": (3,)}],
    ids=["in another folder", "under another number", "of another layer"],
)
def test_of_two_arrays_that_may_be_the_one_none_is_taken(more: dict[str, tuple[int, ...]]) -> None:
    sick = listing(h5({"one": ONE, "two": {**TWO, **more}}, ["one", "two"]), "two", ["two/kernel:0"])
    assert cured(sick, "two") is ABSENT
    (finding,) = examine("K701", sick)
    assert "whose names and shapes do not tell what each of them is" in finding.message


def test_an_array_of_another_name_or_shape_is_not_taken() -> None:
    for name, shape in (("two/gamma:0", (3,)), ("two/bias:0", (4,))):
        sick = listing(h5({"one": ONE, "two": {"two/kernel:0": (5, 3), name: shape}}, ["one", "two"]), "two", ["two/kernel:0"])
        assert cured(sick, "two") is ABSENT


def test_a_list_in_another_order_than_the_names_tell_is_left() -> None:
    sick = listing(h5({"inner": PAIR}, ["inner"], NESTED), "inner", ["second/kernel", "first/bias", "second/bias"])
    assert cured(sick, "inner") is ABSENT


def of_one_shape() -> keras.Model:
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(4, name="x"), layers.BatchNormalization(name="y"), layers.Dense(4, name="z")])
    given = keras.Input((4,))
    return keras.Model(given, layers.Dense(4)(inner(layers.Dense(4)(given))))


def attention() -> keras.Model:
    given = keras.Input((4, 4))
    return keras.Model(given, layers.MultiHeadAttention(2, 2)(given, given))


def both_ways() -> keras.Model:
    return keras.Sequential([keras.Input((4, 4)), layers.Bidirectional(layers.LSTM(4)), layers.Dense(4)])


def over_time() -> keras.Model:
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(4, name="x"), layers.Dense(4, name="y")])
    return keras.Sequential([keras.Input((4, 4)), layers.TimeDistributed(inner)])


@pytest.mark.filterwarnings("ignore:__array__ implementation", "ignore:You are saving your model as an HDF5 file")
@pytest.mark.parametrize("make", [of_one_shape, attention, both_ways, over_time])
@pytest.mark.parametrize("lost", [(0,), (-1,), (1, 2), None], ids=str)
def test_what_keras_saved_computes_the_same_again(tmp_path: Path, make: Callable[[], keras.Model], lost: tuple[int, ...] | None) -> None:
    path, out, model = tmp_path / "sick.h5", tmp_path / "cured.h5", make()
    random = np.random.RandomState(0)
    model.set_weights([random.rand(*array.shape) for array in model.get_weights()])
    model.save(path)
    given = random.rand(3, *model.input_shape[1:])
    with h5py.File(path, "a") as file:
        group = max(file["model_weights"].values(), key=lambda group: len(group.attrs["weight_names"]))
        names = [*group.attrs["weight_names"]]
        del group.attrs["weight_names"]
        if lost is not None:
            gone = [names[index] for index in lost]
            group.attrs["weight_names"] = [name for name in names if name not in gone]
    assert carry_out(plan_file(path, KERAS_3, CHECKS), path, Wish(out=out)).out == out
    assert np.allclose(keras.saving.load_model(out).predict(given, verbose=0), model.predict(given, verbose=0), rtol=1e-5)


def test_the_list_of_a_group_with_as_many_arrays_of_its_own_stays() -> None:
    assert [*examine("K701", h5({"one": ONE, "two": TWO}, ["one", "two"], MODEL))] == []


def test_arrays_that_are_listed_again_are_not_said_to_be_nobodys() -> None:
    sick = listing(h5({"one": ONE, "two": TWO}, ["one", "two"]), "two", ["two/bias:0"])
    assert examine("K703", sick) == []
    left = listing(h5({"one": ONE, "two": {**TWO, "two/bias": (3,)}}, ["one", "two"]), "two", ["two/kernel:0"])
    assert len(examine("K703", left)) == 1
