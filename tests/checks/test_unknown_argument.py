"""K601: an argument that the target's constructor does not take."""

from __future__ import annotations

import pytest
from graphs import after, cured, functional, start, wrapped

from kdoctor.document import Document, Format
from kdoctor.edit import apply
from kdoctor.target import Target
from kdoctor.testing import document, examine, layer, model, sequential


def saved_by_keras_2(*layers: dict[str, object]) -> Document:
    return document(sequential(*layers), metadata={"keras_version": "2.15.0"})


def h5(*layers: dict[str, object]) -> Document:
    return document(sequential(*layers), format=Format.H5_MODEL)


def test_an_argument_that_means_nothing_is_dropped() -> None:
    sick = saved_by_keras_2(layer("DepthwiseConv2D", kernel_size=3, groups=1))
    (finding,) = examine("K601", sick)
    assert finding.message == "DepthwiseConv2D of Keras 3.15.1 takes no argument 'groups' (here 1)"
    assert "Unrecognized keyword arguments passed to DepthwiseConv2D: {'groups': 1}" in str(finding.keras_says)
    assert finding.repair is not None
    assert examine("K601", apply(sick, finding.repair.edits)) == []


def test_an_argument_with_a_meaning_is_reported_but_kept() -> None:
    (finding,) = examine("K601", saved_by_keras_2(layer("LSTM", units=3, time_major=True)))
    assert finding.repair is None


def test_every_argument_in_the_way_is_named_not_only_the_first() -> None:
    assert [finding.at.keys[-1] for finding in examine("K601", model(layer("Dense", units=3, wide=1, high=2)))] == ["wide", "high"]


def test_an_older_release_takes_fewer_arguments() -> None:
    recent = model(layer("Dense", units=3, quantization_config=None))
    assert examine("K601", recent) == []
    assert len(examine("K601", recent, Target("3.6.0"))) == 1


def test_what_the_constructor_takes_is_healthy() -> None:
    assert examine("K601", model(layer("Dense", units=3, activation="relu", trainable=True, dtype="float32"))) == []


def test_how_a_stored_variable_would_be_made_afresh_says_nothing() -> None:
    initializer = {"class_name": "GlorotUniform", "config": {"seed": None, "dtype": "float32"}}
    sick = h5({"class_name": "Dense", "config": {"name": "dense", "units": 3, "kernel_initializer": initializer}})
    (finding,) = examine("K601", sick)
    assert "GlorotUniform.__init__() got an unexpected keyword argument 'dtype'" in str(finding.keras_says)
    assert examine("K601", cured(sick, finding)) == []


def test_the_shape_of_a_native_first_layer_becomes_an_input_layer() -> None:
    sick = saved_by_keras_2(layer("Dense", units=3, batch_input_shape=[None, 4]), layer("ReLU", name="dense_input"))
    (finding,) = examine("K601", sick)
    healed = cured(sick, finding)
    first, second, _ = healed.config["config"]["layers"]
    assert first == layer("InputLayer", name="dense_input_1", batch_shape=[None, 4])
    assert second == layer("Dense", units=3)
    assert examine("K601", healed) == []


@pytest.mark.parametrize(
    "sick",
    [
        saved_by_keras_2(layer("InputLayer", batch_shape=[None, 4]), layer("Dense", units=3, batch_input_shape=[None, 4])),
        document(functional(start(), after(layer("Dense", name="out", units=3, batch_input_shape=[None, 4]), "in"))),
    ],
)
def test_a_shape_that_is_known_already_is_dropped(sick: Document) -> None:
    (finding,) = examine("K601", sick)
    healed = cured(sick, finding)
    assert len(healed.config["config"]["layers"]) == 2
    assert examine("K601", healed) == []


def test_an_h5_is_forgiven_what_a_keras_is_not() -> None:
    bare = [
        {"class_name": "Dense", "config": {"units": 3, "batch_input_shape": [None, 4]}},
        {"class_name": "BatchNormalization", "config": {"axis": [3]}},
    ]
    assert examine("K601", h5(*bare)) == []


def test_the_axis_of_a_batch_normalization_is_no_list() -> None:
    sick = saved_by_keras_2(layer("BatchNormalization", axis=[3]))
    (finding,) = examine("K601", sick)
    healed = cured(sick, finding)
    assert healed.config["config"]["layers"][0]["config"]["axis"] == 3
    assert examine("K601", healed) == []
    assert examine("K601", saved_by_keras_2(layer("LayerNormalization", axis=[3]))) == []


def test_the_axes_of_a_batch_normalization_are_not_made_one() -> None:
    """Keras 2 alone takes several; one that is named twice is one."""
    (finding,) = examine("K601", saved_by_keras_2(layer("BatchNormalization", axis=[1, 3])))
    assert finding.repair is None
    (finding,) = examine("K601", saved_by_keras_2(layer("BatchNormalization", axis=[3, 3])))
    assert finding.repair is not None


def test_attention_is_not_built_with_one_shape() -> None:
    sick = saved_by_keras_2(layer("MultiHeadAttention", num_heads=1, key_dim=2, build=[None, 3, 4]))
    (finding,) = examine("K601", sick)
    assert "missing 1 required positional argument: 'value_shape'" in str(finding.keras_says)
    assert examine("K601", cured(sick, finding)) == []
    today = {**layer("MultiHeadAttention", num_heads=1, key_dim=2), "build_config": {"shapes_dict": {"query_shape": [None, 3, 4]}}}
    assert examine("K601", saved_by_keras_2(today)) == []


def test_an_operation_whose_constructor_takes_no_name_goes_by_the_one_beside_it() -> None:
    operation = {**layer("ExtractPatches", module="keras.src.ops.image", name="cut", size=2), "name": "cut", "inbound_nodes": []}
    sick = document(sequential(operation))
    (finding,) = examine("K601", sick, Target("3.0.5"))
    healed = cured(sick, finding)
    assert examine("K601", healed, Target("3.0.5")) == []


@pytest.mark.parametrize("bins", [[0.2, 0.5], [0.2, 0.5, float("inf")]])
def test_the_bins_of_a_discretization_are_its_boundaries(bins: list[float]) -> None:
    sick = model(layer("Discretization", bins=bins))
    (finding,) = examine("K601", sick)
    healed = cured(sick, finding)
    assert healed.config["config"]["layers"][0]["config"] == {"name": "discretization", "bin_boundaries": [0.2, 0.5]}
    assert examine("K601", healed) == []
    assert examine("K601", sick, Target("2.15.0")) == []


def test_time_first_is_exchanged_in_a_model_and_left_in_one_that_a_wrapper_holds() -> None:
    """Keras 2 made samples of all times of a TimeDistributed: exchanging time and batch within is another computation in Keras 3."""
    held = functional(start(), after(layer("LSTM", name="out", units=3, time_major=True), "in"), name="inner")
    (listed,) = examine("K601", document(held))
    (inside,) = examine("K601", wrapped(held))
    assert listed.repair is not None
    assert inside.repair is None


@pytest.mark.parametrize("class_name", ["Attention", "AdditiveAttention"])
def test_an_attention_that_looks_back_only_is_told_so_where_it_is_called(class_name: str) -> None:
    """Keras 2.2 to 2.9 wrote it with the layer; an .h5 of 2.9 so written computed the same in 3.15.1."""
    looks_back = layer(class_name, name="out", causal=True)
    sick = document(functional(start("q"), start("v"), after(looks_back, "q", "v")), format=Format.H5_MODEL)
    (finding,) = examine("K601", sick)
    healthy = cured(sick, finding)
    made = healthy.config["config"]["layers"][-1]
    assert "causal" not in made["config"]
    assert made["inbound_nodes"] == [[["q", 0, 0, {"use_causal_mask": True}], ["v", 0, 0, {"use_causal_mask": True}]]]
    assert examine("K601", healthy) == []


def test_an_attention_that_looks_back_only_in_a_list_of_layers_is_kept() -> None:
    (finding,) = examine("K601", saved_by_keras_2(layer("Attention", causal=True)))
    assert finding.repair is None


def test_a_class_of_the_users_under_a_name_of_keras_is_asked_for() -> None:
    """The MultiHeadAttention of the package keras-multi-head, which Keras 2.2.4 knew nothing of."""
    theirs = layer("MultiHeadAttention", name="out", head_num=5, history_only=False)
    sick = document(functional(start(), after(theirs, "in")), format=Format.H5_MODEL)
    for finding in examine("K601", sick):
        assert [(need.flag, need.name) for need in finding.needs] == [("--custom", "MultiHeadAttention")]
    assert examine("K208", sick) == []
    assert examine("K601", sick, Target("3.15.1", custom=frozenset({"MultiHeadAttention"}))) == []


def test_the_shape_that_a_later_layer_of_an_h5_was_adapted_with_says_nothing() -> None:
    """Discretization of Keras 2, whose batch_input_shape the reader of an .h5 hands on as input_shape."""
    first = layer("InputLayer", batch_shape=[None, 1])
    bins = {"class_name": "Discretization", "config": {"name": "bins", "bin_boundaries": [0.5], "batch_input_shape": [None, None]}}
    (finding,) = examine("K601", document(sequential(first, bins), format=Format.H5_MODEL))
    assert finding.repair is not None
    assert [edit.at.keys[-1] for edit in finding.repair.edits] == ["batch_input_shape"]
    (finding,) = examine("K601", document(sequential(bins), format=Format.H5_MODEL))
    assert finding.repair is None


@pytest.mark.parametrize("axis", [None, "x", [], [1, 2]])
def test_an_axis_that_the_reader_of_an_h5_takes_out_is_refused_by_nobody(axis: object) -> None:
    dense = {"class_name": "Dense", "config": {"name": "dense", "units": 3, "axis": axis}}
    assert examine("K601", h5(dense), Target("3.15.1")) == []


@pytest.mark.parametrize("axis", [1, [1]])
def test_an_axis_that_it_hands_on_is(axis: object) -> None:
    dense = {"class_name": "Dense", "config": {"name": "dense", "units": 3, "axis": axis}}
    assert len(examine("K601", h5(dense), Target("3.15.1"))) == 1


@pytest.mark.parametrize(("stated", "said"), [([None, 12, 12, 4], True), ([None, 11, 11, 4], False)])
def test_the_output_shape_of_a_deconvolution_goes_where_the_layer_makes_it_by_itself(stated: list[int | None], said: bool) -> None:
    start = layer("InputLayer", name="in", batch_shape=[None, 6, 6, 3])
    up = layer("Conv2DTranspose", filters=4, kernel_size=[3, 3], strides=[2, 2], padding="same", output_shape=stated)
    (finding,) = examine("K601", model(start, up))
    assert (finding.repair is not None) is said
