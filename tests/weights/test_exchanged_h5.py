"""Whole groups of an .h5 in each other's place: put back where shapes prove it, told where only names speak of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from keras import layers
from weight_documents import ONE, TWO, h5

from kdoctor.archive import open_document
from kdoctor.doctor import plan_file
from kdoctor.edit import apply
from kdoctor.packs import load_checks
from kdoctor.repair import Wish, carry_out
from kdoctor.testing import KERAS_3, examine, layer, sequential
from kdoctor.weights.exchanged_h5 import exchanged

CHECKS = load_checks()
SQUARE = sequential(
    layer("InputLayer", name="input", batch_shape=[None, 4]), layer("Dense", name="one", units=4), layer("Dense", name="two", units=4)
)
WIDE = sequential(
    layer("InputLayer", name="input", batch_shape=[None, 4]),
    layer("Dense", name="one", units=5, use_bias=False),
    layer("Dense", name="two", units=4, use_bias=False),
)


def put_round(path: Path, names: tuple[str, ...]) -> None:
    """Each group takes the place of the next, the last that of the first."""
    with h5py.File(path, "a") as file:
        groups = file["model_weights"]
        for number, name in enumerate(names):
            groups.move(name, str(number))
        for number, name in enumerate((*names[1:], names[0])):
            groups.move(str(number), name)


def chain() -> keras.Model:
    return keras.Sequential([
        keras.Input((4,)), layers.Dense(5, name="a"), layers.BatchNormalization(name="b"), layers.Dense(5, name="c"), layers.Dense(2, name="d")
    ])  # fmt: skip


def gated() -> keras.Model:
    return keras.Sequential([
        keras.Input((5,)), layers.Dense(6, name="a"), layers.PReLU(), layers.Dense(4, name="b"), layers.PReLU(), layers.Dense(3)
    ])  # fmt: skip


def nested() -> keras.Model:
    ends = [keras.Input((6,)), keras.Input((2,))]
    inner = [keras.Model(ends[0], layers.Dense(2)(layers.Dense(4)(ends[0])), name="a")]
    inner += [keras.Model(ends[1], layers.Dense(6)(layers.Dense(4)(ends[1])), name="b")]
    given = keras.Input((6,))
    return keras.Model(given, inner[1](inner[0](given)))


@pytest.mark.filterwarnings("ignore:__array__ implementation", "ignore:You are saving your model as an HDF5 file")
@pytest.mark.parametrize(
    ("make", "names"), [(chain, ("a", "d")), (chain, ("a", "b")), (chain, ("a", "b", "c", "d")), (nested, ("a", "b"))], ids=str
)
def test_groups_whose_shapes_fit_one_place_each_are_put_back(
    tmp_path: Path, make: Callable[[], keras.Model], names: tuple[str, ...]
) -> None:
    path, out, model = tmp_path / "sick.h5", tmp_path / "cured.h5", make()
    random = np.random.RandomState(0)
    model.set_weights([random.rand(*array.shape) for array in model.get_weights()])
    model.save(path)
    given = random.rand(3, *model.input_shape[1:])
    put_round(path, names)
    sick = open_document(path)
    assert [examine(code, sick) for code in ("K701", "K702")] == [[], []]
    (finding,) = examine("K705", sick)
    assert "stand in each other's place" in finding.message
    assert carry_out(plan_file(path, KERAS_3, CHECKS), path, Wish(out=out)).out == out
    assert np.allclose(keras.saving.load_model(out).predict(given, verbose=0), model.predict(given, verbose=0), rtol=1e-5)


@pytest.mark.filterwarnings("ignore:__array__ implementation", "ignore:You are saving your model as an HDF5 file")
def test_groups_of_one_shape_are_told_and_left(tmp_path: Path) -> None:
    path, model = tmp_path / "sick.h5", keras.Sequential([keras.Input((4,)), layers.Dense(4, name="a"), layers.Dense(4, name="b")])
    model.save(path)
    assert examine("K705", open_document(path)) == []
    put_round(path, ("a", "b"))
    (finding,) = examine("K705", open_document(path))
    assert "nothing in the file tells which" in finding.message
    assert finding.repair is None
    assert finding.mild


@pytest.mark.filterwarnings("ignore:__array__ implementation", "ignore:You are saving your model as an HDF5 file")
def test_the_input_that_exchanged_kernels_seem_to_take_is_not_written_instead(tmp_path: Path) -> None:
    """As in a file of Keras 2.2.5, where nothing but the first layer states the input."""
    path, out, model = tmp_path / "sick.h5", tmp_path / "cured.h5", gated()
    model.save(path)
    given = np.random.RandomState(0).rand(3, 5)
    with h5py.File(path, "a") as file:
        config = json.loads(file.attrs["model_config"])
        config["config"] = {"name": "stack", "layers": config["config"]["layers"][1:]}
        config["config"]["layers"][0]["config"]["batch_input_shape"] = [None, 5]
        file.attrs["model_config"] = json.dumps(config)
    put_round(path, ("a", "b"))
    assert examine("K201", open_document(path)) == []
    assert carry_out(plan_file(path, KERAS_3, CHECKS), path, Wish(out=out)).out == out
    assert np.allclose(keras.saving.load_model(out).predict(given, verbose=0), model.predict(given, verbose=0), rtol=1e-5)


def test_a_third_group_of_one_shape_with_them_leaves_no_cure() -> None:
    made = sequential(*SQUARE["config"]["layers"], layer("Dense", name="three", units=3))
    square = {name: {f"{name}/kernel:0": (4, 4), f"{name}/bias:0": (4,)} for name in ("one", "two")}
    sick = h5(
        {"one": {"three/kernel:0": (4, 3), "three/bias:0": (3,)}, "two": square["two"], "three": square["one"]},
        ["one", "two", "three"],
        made,
    )
    assert exchanged(sick) == ()
    assert all(finding.repair is None for code in ("K702", "K705") for finding in examine(code, sick))


def test_kernels_that_may_have_been_turned_instead_are_left() -> None:
    kernels: list[dict[str, tuple[int, ...]]] = [{"kernel": (5, 4)}, {"kernel": (4, 5)}]
    assert exchanged(h5({"one": kernels[0], "two": kernels[1]}, ["one", "two"], WIDE)) == ()


def test_arrays_that_bear_the_name_of_the_group_they_stand_in_are_not_moved_as_a_group() -> None:
    one = {name.replace("two", "one"): shape for name, shape in TWO.items()}
    two = {name.replace("one", "two"): shape for name, shape in ONE.items()}
    assert exchanged(h5({"one": one, "two": two}, ["one", "two"])) == ()


def test_arrays_without_a_layer_in_their_names_are_told_by_their_shapes() -> None:
    """As Keras 3.0 writes them."""
    bare = [{name.rpartition("/")[2]: shape for name, shape in some.items()} for some in (TWO, ONE)]
    sick = h5({"one": bare[0], "two": bare[1]}, ["one", "two"])
    (finding,) = examine("K705", sick)
    assert finding.repair is not None
    after = apply(sick, finding.repair.edits)
    assert [*examine("K701", after), *examine("K702", after), *examine("K705", after)] == []


def test_nameless_arrays_of_one_role_and_shape_may_have_stayed_where_they_were() -> None:
    bare = [{"kernel": (3, 4), "bias": (4,)}, {"kernel": (4, 4), "bias": (4,)}]
    made = sequential(
        layer("InputLayer", name="input", batch_shape=[None, 3]), layer("Dense", name="one", units=4), layer("Dense", name="two", units=4)
    )
    sick = h5({"one": bare[1], "two": bare[0]}, ["one", "two"], made)
    assert exchanged(sick) == ()
    found = examine("K702", sick)
    assert [finding.repair for finding in found] == [None, None]
    assert "nothing tells whether the bias (4), which several of them have, was exchanged, too" in found[0].message


def test_a_list_of_other_names_came_with_its_whole_group() -> None:
    """A SeparableConv2D of Keras 3.0 and a Dense behind it whose biases have one shape."""
    made = sequential(
        layer("InputLayer", name="input", batch_shape=[None, 4, 4, 2]),
        layer("SeparableConv2D", name="one", filters=3, kernel_size=[2, 2]),
        layer("Dense", name="two", units=3),
    )
    dense = {"kernel": (3, 3), "bias": (3,)}
    separable = {"depthwise_kernel": (2, 2, 2, 1), "pointwise_kernel": (1, 1, 2, 3), "bias": (3,)}
    sick = h5({"one": dense, "two": separable}, ["one", "two"], made)
    (finding,) = examine("K705", sick)
    assert finding.repair is not None
    after = apply(sick, finding.repair.edits)
    assert [*examine("K701", after), *examine("K702", after), *examine("K705", after)] == []
