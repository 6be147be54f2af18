"""K705: a layer is handed more weights than it has, or those of another one, or its own in another order."""

from __future__ import annotations

from pathlib import Path

import h5py
import keras
import numpy
import pytest
from typer.testing import CliRunner
from weight_documents import NATIVE, ONE, TWO, archive, h5

from kdoctor.cli.app import app
from kdoctor.doctor import plan_file
from kdoctor.document import Document, Format
from kdoctor.edit import apply
from kdoctor.packs import load_checks
from kdoctor.target import Target
from kdoctor.testing import KERAS_3, document, examine, layer, sequential


def shapes(made: Document) -> dict[str, tuple[int, ...]]:
    return {path: weight.shape for path, weight in sorted(made.weights.items())}


def test_complete_files_are_healthy() -> None:
    assert examine("K705", archive(NATIVE)) == []
    assert examine("K705", h5({"one": ONE, "two": TWO}, ["one", "two"])) == []


def test_variables_in_each_others_place_are_put_back() -> None:
    sick = archive({**NATIVE, "layers/dense_1/vars/0": (3,), "layers/dense_1/vars/1": (5, 3)})
    (finding,) = examine("K705", sick)
    assert finding.repair is not None
    assert shapes(apply(sick, finding.repair.edits)) == NATIVE


@pytest.mark.parametrize("key", ["vars/0", "vars/1"])
def test_single_arrays_of_two_layers_in_each_others_place_are_put_back(key: str) -> None:
    one, two = f"layers/dense/{key}", f"layers/dense_1/{key}"
    sick = archive({**NATIVE, one: NATIVE[two], two: NATIVE[one]})
    (finding,) = examine("K705", sick)
    assert finding.message == "the weights of 'one' and 'two' stand in each other's place"
    assert finding.repair is not None
    assert shapes(apply(sick, finding.repair.edits)) == NATIVE
    assert examine("K702", sick) == examine("K201", sick) == []


def test_layers_in_each_others_place_are_put_back() -> None:
    exchanged = {path.replace("dense_1", "x").replace("dense/", "dense_1/").replace("x", "dense"): shape for path, shape in NATIVE.items()}
    sick = archive(exchanged)
    (finding,) = examine("K705", sick)
    assert finding.message == "the weights of 'one' and 'two' stand in each other's place"
    assert finding.repair is not None
    assert shapes(apply(sick, finding.repair.edits)) == NATIVE


def test_arrays_that_fit_both_layers_may_have_been_exchanged_with_the_others_and_nothing_is_put_anywhere() -> None:
    """Kernels alone, or both layers whole: the biases are of one shape, and were taken for exchanged in either case."""
    convolutions = [layer("Conv1D", name=name, filters=8, kernel_size=3) for name in ("one", "two")]
    model = sequential(layer("InputLayer", name="input", batch_shape=[None, 20, 4]), *convolutions)
    kernels = {"layers/conv1d/vars/0": (3, 8, 8), "layers/conv1d_1/vars/0": (3, 4, 8)}
    sick = document(model, weights={**kernels, "layers/conv1d/vars/1": (8,), "layers/conv1d_1/vars/1": (8,)}, attributes={"/": {}})
    found = [*examine("K705", sick), *examine("K702", sick)]
    assert found
    assert {finding.repair for finding in found} == {None}


def test_shapes_that_leave_two_ways_are_not_put_anywhere() -> None:
    """Either square could be the first one's: that of the layer in the middle too, which seems to be in its place."""
    rows = (layer("Dense", name="a", units=3), layer("Dense", name="b", units=3), layer("Dense", name="c", units=4))
    square, wide = ((3, 3), (3,)), ((3, 4), (4,))
    stored = {"dense": wide, "dense_1": square, "dense_2": square}
    weights = {f"layers/{name}/vars/{key}": shape for name, pair in stored.items() for key, shape in enumerate(pair)}
    sick = document(sequential(layer("InputLayer", batch_shape=[None, 3]), *rows), weights=weights, attributes={"/": {}})
    assert examine("K705", sick) == []
    assert [finding.repair for finding in examine("K702", sick)] == [None, None]


def test_arrays_are_never_taken_from_a_layer_that_needs_them() -> None:
    rows = (layer("Dense", name="a", units=3), layer("Dense", name="b", units=3))
    weights = {"layers/dense/vars/0": (9, 9), "layers/dense/vars/1": (9,), "layers/dense_1/vars/0": (3, 3), "layers/dense_1/vars/1": (3,)}
    sick = document(sequential(layer("InputLayer", batch_shape=[None, 3]), *rows), weights=weights, attributes={"/": {}})
    assert examine("K705", sick) == []


def test_more_arrays_than_variables_are_told() -> None:
    (finding,) = examine("K705", archive({**NATIVE, "layers/dense/vars/2": (5,)}))
    assert "has 2 variables, but layers/dense/vars holds 3 arrays" in finding.message
    assert finding.repair is None


def test_a_list_in_another_order_is_put_right() -> None:
    sick = h5({"one": ONE, "two": dict(reversed(TWO.items()))}, ["one", "two"])
    (finding,) = examine("K705", sick)
    assert finding.repair is not None
    cured = apply(sick, finding.repair.edits)
    assert cured.attributes["/model_weights/two"]["weight_names"] == list(TWO)
    assert examine("K705", cured) == examine("K702", cured) == []


def test_the_names_of_keras_1_tell_the_roles_of_a_normalization() -> None:
    """Its four arrays have one shape: by their order alone nobody could see that each goes to another variable."""
    stack = sequential(layer("InputLayer", name="in", batch_shape=[None, 4]), layer("BatchNormalization", name="b1"))
    listed = [f"b1_{role}:0" for role in ("beta", "gamma", "running_mean", "running_std")]
    sick = h5({"b1": dict.fromkeys(listed, (4,))}, ["b1"], stack)
    (finding,) = examine("K705", sick)
    assert finding.repair is not None
    cured = apply(sick, finding.repair.edits)
    assert cured.attributes["/model_weights/b1"]["weight_names"] == [
        f"b1_{role}:0" for role in ("gamma", "beta", "running_mean", "running_std")
    ]
    assert examine("K705", cured) == []


def test_a_group_that_belongs_to_no_layer_is_told() -> None:
    (finding,) = examine("K705", h5({"one": ONE, "two": TWO, "three": TWO}, ["one", "two", "three"]))
    assert "the model has 2 layers with weights, the file 3 ('three' belong to no layer with weights)" in finding.message


def test_a_group_with_more_arrays_than_its_layer_has_weights_is_told() -> None:
    (finding,) = examine("K705", h5({"one": {**ONE, "one/more:0": (5,)}, "two": TWO}, ["one", "two"]))
    assert "has 2 weights, but its group 'one' lists 3" in finding.message


def test_a_layer_of_the_users_own_may_have_weights_or_not() -> None:
    model = sequential(
        layer("InputLayer", batch_shape=[None, 4]), layer("Dense", name="one", units=5), layer("Scale", module="mine", name="own")
    )
    assert examine("K705", h5({"one": ONE}, ["one"], model)) == []
    assert examine("K705", h5({"one": ONE, "own": {"own/scale:0": (5,)}}, ["one", "own"], model)) == []
    assert len(examine("K705", h5({"one": ONE, "own": ONE, "more": ONE}, ["one", "own", "more"], model))) == 1


def test_a_file_of_weights_alone_is_not_judged() -> None:
    assert examine("K705", document(format=Format.H5_WEIGHTS, attributes={"/": {"layer_names": ["one"]}})) == []


def test_weights_in_each_others_place_are_not_told_a_second_time_as_a_conflict_of_shapes() -> None:
    path = Path(__file__).parents[2] / "sample_models" / "sick" / "wrong_variable_count.keras"
    plan = plan_file(path, KERAS_3, load_checks())
    assert [found.check.code for found in plan.before.errors] == ["K705"]
    assert plan.after.errors == ()


def test_keras_2_has_what_it_counts_words_by_among_the_weights() -> None:
    """Seen in 2.9, 2.12, 2.13 and 2.15, which load such a file; 3.15.1 says "Model expected 0 layers, found 1 saved layers"."""
    first = layer("InputLayer", batch_shape=[None, 1])
    model = sequential(first, layer("TextVectorization", name="words", output_mode="tf_idf", vocabulary=["a"], idf_weights=[0.5]))
    sick = h5({"words": {"Variable:0": (2,)}}, ["words"], model)
    assert examine("K705", sick, Target("2.15.0")) == []
    assert len(examine("K705", sick)) == 1


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file", "ignore:__array__ implementation")
@pytest.mark.parametrize("exchanged", [True, False])
def test_a_list_is_not_put_in_order_where_whole_groups_bear_each_others_names(tmp_path: Path, exchanged: bool) -> None:
    """Two layers of one shape: a list in another order hides that the numbers are the other layer's."""
    path, out = tmp_path / "model.h5", tmp_path / "cured.h5"
    given = keras.Input((5, 4))
    rows = [keras.layers.Bidirectional(keras.layers.GRU(3), name=name)(given) for name in ("first", "second")]
    saved = keras.Model(given, keras.layers.Subtract()(rows))
    saved.save(path)
    with h5py.File(path, "r+") as file:
        groups = file["model_weights"]
        if exchanged:
            groups.move("first", "third")
            groups.move("second", "first")
            groups.move("third", "second")
        names = list(groups["second"].attrs["weight_names"])
        groups["second"].attrs["weight_names"] = [*names[1:3], names[0], *names[3:]]
    done = CliRunner().invoke(app, ["fix", str(path), "-o", str(out)])
    assert (done.exit_code == 0, out.exists()) == (not exchanged, not exchanged)
    if not exchanged:
        numbers = numpy.random.RandomState(3).rand(2, 5, 4).astype("float32")
        assert numpy.allclose(keras.saving.load_model(out)(numbers), saved(numbers), atol=1e-6)
