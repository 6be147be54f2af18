from __future__ import annotations

from collections.abc import Mapping

from kdoctor.document import ABSENT, Document, Format
from kdoctor.edit import apply
from kdoctor.pointer import Pointer
from kdoctor.recipe import sources
from kdoctor.recipe_json import Step
from kdoctor.structure.objects import Node, as_node
from kdoctor.testing import document
from kdoctor.weights.keras_1 import relaid


def file(name: str, arrays: Mapping[str, tuple[int, ...]]) -> Document:
    attributes = {"/": {}, "/model_weights": {"layer_names": [name]}, f"/model_weights/{name}": {"weight_names": list(arrays)}}
    stored = {f"model_weights/{name}/{array}": shape for array, shape in arrays.items()}
    return document({}, format=Format.H5_MODEL, weights=stored, attributes=attributes)


def node(class_name: str, name: str) -> Node:
    found = as_node({"class_name": class_name, "config": {"name": name}}, Pointer("config"))
    assert found is not None
    return found


def made(found: Document, path: str) -> Step:
    recipe = found.weights[path].recipe
    assert recipe is not None
    return recipe


def test_the_twelve_arrays_of_an_lstm_become_three_in_todays_order_of_gates() -> None:
    arrays = {f"r_{kind}_{gate}": shape for gate in "icfo" for kind, shape in (("W", (3, 2)), ("U", (2, 2)), ("b", (2,)))}
    before = file("r", arrays)
    edits = relaid(before, node("LSTM", "r"))
    assert edits
    after = apply(before, edits)
    names = after.attributes["/model_weights/r"]["weight_names"]
    assert [after.weights[f"model_weights/r/{name}"].shape for name in names] == [(3, 8), (2, 8), (8,)]
    kernel = made(after, f"model_weights/r/{names[0]}")
    assert [taken.path[-1] for taken in sources(kernel)] == list("ifco")


def test_the_two_directions_of_a_bidirectional_stand_in_its_own_group() -> None:
    arrays = {
        f"{way}_r_{kind}_{gate}": shape
        for way in ("f", "b")
        for gate in "icfo"
        for kind, shape in (("W", (3, 2)), ("U", (2, 2)), ("b", (2,)))
    }
    held = {"class_name": "LSTM", "config": {"name": "r"}}
    both = {"class_name": "Bidirectional", "config": {"name": "both", "layer": held}}
    plain = file("both", arrays)
    before = plain.replacing({**plain.parts, "config": both})
    inner = as_node(held, Pointer("config") / "config" / "layer")
    assert inner is not None
    edits = relaid(before, inner)
    assert edits
    after = apply(before, edits)
    names = after.attributes["/model_weights/both"]["weight_names"]
    assert [after.weights[f"model_weights/both/{name}"].shape for name in names] == [(3, 8), (2, 8), (8,)] * 2
    assert [taken.path[-3:] for taken in sources(made(after, f"model_weights/both/{names[3]}"))] == ["W_i", "W_f", "W_c", "W_o"]


def test_a_theano_kernel_is_turned_and_one_of_tensorflow_is_not() -> None:
    theano = file("c", {"c_W": (2, 1, 2, 3), "c_b": (3,)})
    (edit,) = relaid(theano, node("Convolution1D", "c")) or ()
    assert edit.new.shape == (2, 2, 3)
    assert type(edit.new.recipe).__name__ == "Flip"
    tensorflow = file("c", {"c_W:0": (3, 3, 2, 3), "c_b:0": (3,)})
    assert relaid(tensorflow, node("Convolution2D", "c")) == ()


def test_layers_whose_arrays_stand_as_they_should_are_left_alone() -> None:
    assert relaid(file("d", {"d_W:0": (4, 3), "d_b:0": (3,)}), node("Dense", "d")) == ()


def test_arrays_that_are_not_as_expected_are_not_touched() -> None:
    assert relaid(file("r", {"r_W": (3, 8)}), node("LSTM", "r")) is None
    assert relaid(document({}, format=Format.H5_MODEL), node("LSTM", "r")) is None


def test_no_array_is_lost() -> None:
    arrays = {f"g_{kind}_{gate}": shape for gate in "zrh" for kind, shape in (("W", (3, 2)), ("U", (2, 2)), ("b", (2,)))}
    before = file("g", arrays)
    edits = relaid(before, node("GRU", "g")) or ()
    used = {taken.path for edit in edits if edit.new is not ABSENT and edit.at.part == "weights" for taken in sources(edit.new.numbers)}
    assert used == set(before.weights)


def test_the_group_of_a_layer_whose_slashes_were_replaced_is_found_by_its_old_name() -> None:
    theano = file("b1/c", {"b1/c_W": (3, 3, 2, 3), "b1/c_b": (3,)})
    (edit,) = relaid(theano, node("Convolution2D", "b1_c")) or ()
    assert edit.at.keys == ("model_weights/b1/c/b1/c_W",)


def test_the_gates_of_consume_less_gpu_stand_side_by_side_already() -> None:
    assert relaid(file("r", {"r_W:0": (3, 8), "r_U:0": (2, 8), "r_b:0": (8,)}), node("LSTM", "r")) == ()
    assert relaid(file("r", {"r_W:0": (3, 6), "r_U:0": (2, 6), "r_b:0": (6,)}), node("GRU", "r")) == ()
    assert relaid(file("r", {"r_W:0": (3, 6), "r_U:0": (2, 6), "r_b:0": (6,)}), node("LSTM", "r")) is None


def test_the_kernels_of_a_convlstm_are_joined_along_the_last_axis_and_turned_if_theano_made_them() -> None:
    shapes = (("W", (2, 2, 3, 1)), ("U", (2, 2, 1, 1)), ("b", (1,)))
    for ending, step in ((":0", "Join"), ("", "Flip")):
        before = file("r", {f"r_{kind}_{gate}{ending}": shape for gate in "icfo" for kind, shape in shapes})
        after = apply(before, relaid(before, node("ConvLSTM2D", "r")) or ())
        names = after.attributes["/model_weights/r"]["weight_names"]
        assert [after.weights[f"model_weights/r/{name}"].shape for name in names] == [(2, 2, 3, 4), (2, 2, 1, 4), (4,)]
        assert type(made(after, f"model_weights/r/{names[0]}")).__name__ == step


def test_a_layer_of_a_nested_model_has_its_arrays_among_those_of_the_others() -> None:
    gates = {f"r_{kind}_{gate}:0": shape for gate in "zrh" for kind, shape in (("W", (3, 2)), ("U", (2, 2)), ("b", (2,)))}
    plain = file("inner", {"d_W:0": (4, 3), **gates, "r_W_z_1:0": (9, 9), "last_W:0": (2, 1)})
    held = {"class_name": "GRU", "config": {"name": "r"}}
    inner = {"class_name": "Model", "config": {"name": "inner", "layers": [held]}}
    before = plain.replacing({**plain.parts, "config": {"class_name": "Model", "config": {"name": "all", "layers": [inner]}}})
    found = as_node(held, Pointer("config", ("config", "layers", 0, "config", "layers", 0)))
    assert found is not None
    after = apply(before, relaid(before, found) or ())
    names = ["d_W:0", "r_kernel", "r_recurrent_kernel", "r_bias", "r_W_z_1:0", "last_W:0"]
    assert after.attributes["/model_weights/inner"]["weight_names"] == names


def test_a_convolution_in_a_timedistributed_loses_the_axis_too() -> None:
    held = {"class_name": "Convolution1D", "config": {"name": "c"}}
    plain = file("each", {"c_W:0": (2, 1, 3, 4), "c_b:0": (4,)})
    each = {"class_name": "TimeDistributed", "config": {"name": "each", "layer": held}}
    before = plain.replacing({**plain.parts, "config": {"class_name": "Sequential", "config": [each]}})
    found = as_node(held, Pointer("config", ("config", 0, "config", "layer")))
    assert found is not None
    (edit,) = relaid(before, found) or ()
    assert edit.new.shape == (2, 3, 4)


def test_the_kernel_of_a_deconvolution_has_its_last_two_axes_exchanged() -> None:
    sick = file("up", {"up_W:0": (3, 3, 2, 4), "up_b:0": (4,)})
    edits = relaid(sick, node("Deconvolution2D", "up"))
    assert edits is not None
    assert made(apply(sick, edits), "model_weights/up/up_W:0").shape == (3, 3, 4, 2)
    assert relaid(file("up", {"up_W": (3, 3, 2, 4), "up_b": (4,)}), node("Deconvolution2D", "up")) is None  # Theano's
