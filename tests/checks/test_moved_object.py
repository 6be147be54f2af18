"""K306: a class that the target has, under a module that it has not."""

from __future__ import annotations

from typing import Any

import pytest
from graphs import cured, functional, start

from kdoctor.document import Document, Format
from kdoctor.edit import apply
from kdoctor.target import Target
from kdoctor.testing import document, examine, layer, model, sequential


def test_a_module_of_keras_2_is_replaced_by_the_one_of_today() -> None:
    sick = model({**layer("Dense", module="keras.src.layers.core.old_dense", units=3), "registered_name": None})
    (finding,) = examine("K306", sick)
    assert finding.at.json == "/config/layers/0/module"
    assert "its parent module keras.src.layers.core.old_dense cannot be imported" in str(finding.keras_says)
    assert finding.repair is not None
    assert examine("K306", apply(sick, finding.repair.edits)) == []


def test_a_class_at_home_is_healthy() -> None:
    assert examine("K306", model(layer("Dense", units=3))) == []


def test_a_class_of_the_users_own_has_not_moved() -> None:
    assert examine("K306", model(layer("Scale", module="train"))) == []


def test_the_engine_of_keras_2_has_a_private_home_today() -> None:
    sick = document({**sequential(), "module": "keras.src.engine.functional", "class_name": "Functional"})
    (finding,) = examine("K306", sick)
    healed = cured(sick, finding)
    assert (healed.config["module"], healed.config["registered_name"]) == ("keras.src.models.functional", "Functional")
    assert examine("K306", healed) == []


def test_since_3_15_a_class_of_keras_carries_no_other_registered_name() -> None:
    sick = model({**layer("Dense"), "registered_name": "Custom>Dense"})
    (finding,) = examine("K306", sick)
    assert "resolved to a Keras built-in and does not use registered names" in str(finding.keras_says)
    assert examine("K306", cured(sick, finding)) == []
    assert examine("K306", sick, Target("3.14.0")) == []
    assert examine("K306", model({**layer("Dense"), "registered_name": "Dense"})) == []


def test_an_h5_goes_by_class_names_alone() -> None:
    bare = {"class_name": "Dense", "config": {"name": "dense"}, "registered_name": "Custom>Dense"}
    assert examine("K306", document(sequential(bare), format=Format.H5_MODEL)) == []


def test_an_operation_in_an_h5_is_told_its_module_and_a_layer_of_the_same_name_is_not() -> None:
    tensor = {"class_name": "__keras_tensor__", "config": {"shape": [None, 4], "dtype": "float32", "keras_history": ["in", 0, 0]}}
    operation = {"class_name": "Add", "config": {"name": "add"}, "name": "add", "inbound_nodes": [{"args": [tensor, 2.0], "kwargs": {}}]}
    listed = {
        **operation,
        "config": {"name": "sum", "trainable": True},
        "name": "sum",
        "inbound_nodes": [{"args": [[tensor, tensor]], "kwargs": {}}],
    }
    sick = document(functional(start(), operation, listed, outputs=(("add", 0, 0),)), format=Format.H5_MODEL)
    (finding,) = [found for found in examine("K306", sick) if "layers" in found.at.keys]
    assert str(finding.keras_says) == "TypeError: Unknown layer: 'Add'."
    assert finding.repair is not None
    healed = apply(sick, finding.repair.edits).config["config"]["layers"]
    assert (healed[1]["module"], healed[1]["registered_name"]) == ("keras.src.ops.numpy", "Add")
    assert "module" not in healed[2]


def test_a_layer_of_an_application_is_found_by_its_name_and_all_its_arguments() -> None:
    def held(class_name: str, **config: Any) -> Document:
        return document(sequential({"class_name": class_name, "config": {"name": "scale", **config}}), format=Format.H5_MODEL)

    for class_name, config, module in (
        ("LayerScale", {"init_values": 1e-6, "projection_dim": 96}, "keras.src.applications.convnext"),
        ("Custom>CustomScaleLayer", {"scale": 0.17}, "keras.src.applications.inception_resnet_v2"),
    ):
        sick = held(class_name, **config)
        (finding,) = examine("K306", sick)
        assert finding.repair is not None
        healed = apply(sick, finding.repair.edits).config["config"]["layers"][0]
        assert (healed["module"], healed["class_name"]) == (module, class_name.rpartition(">")[2])
    assert examine("K306", held("LayerScale", dim=96)) == []  # somebody's own


@pytest.mark.parametrize(
    ("stored", "written"),
    [
        (
            {"class_name": "LeakyReLU", "config": {"name": "leaky", "alpha": 0.1}},
            {"class_name": "LeakyReLU", "config": {"name": "leaky", "alpha": 0.1}},
        ),
        (
            {"class_name": "Activation", "config": {"name": "act", "activation": "tanh"}},
            {"class_name": "Activation", "config": {"name": "act", "activation": "tanh"}},
        ),
        ({"class_name": "ThresholdedReLU", "config": {"theta": 0.3}}, {"class_name": "ReLU", "config": {"threshold": 0.3}}),
    ],
)
def test_a_layer_as_an_activation_is_told_its_module(stored: dict[str, Any], written: dict[str, Any]) -> None:
    """``Dense(2, activation=LeakyReLU(0.1))`` as tf.keras 2.9 wrote it."""
    dense = {"class_name": "Dense", "config": {"name": "dense", "units": 2, "activation": stored}}
    sick = document(sequential(dense), format=Format.H5_MODEL)
    (finding,) = examine("K306", sick)
    assert finding.keras_says == f"TypeError: Could not locate class '{stored['class_name']}'."
    assert [examine(code, sick) for code in ("K301", "K602")] == [[], []]
    healed = cured(sick, finding)
    assert healed.config["config"]["layers"][0]["config"]["activation"] == {**written, "module": "keras.layers", "registered_name": None}
    assert [examine(code, healed) for code in ("K301", "K306", "K602")] == [[], [], []]
    assert examine("K306", sick, Target("3.9.2")) == []  # which reads no layer as an activation


def test_a_prelu_as_an_activation_is_told_its_shape_for_its_weights_to_be_read() -> None:
    """Without it a cured .h5 of 2.12 was refused: "Layer expects 2 weight(s). Received 3 saved weight(s)" (3.15.1)."""
    steep = {"class_name": "PReLU", "config": {"name": "steep", "shared_axes": None}}
    dense = {"class_name": "Dense", "config": {"name": "dense", "units": 2, "activation": steep}}
    begin = layer("InputLayer", name="in", batch_shape=[None, 4])
    sick = document(sequential(begin, dense), format=Format.H5_MODEL)
    (finding,) = examine("K306", sick)
    healed = cured(sick, finding)
    assert healed.config["config"]["layers"][1]["config"]["activation"]["build_config"] == {"input_shape": [None, 2]}
    (unknown,) = examine("K306", document(sequential(dense), format=Format.H5_MODEL))
    assert unknown.repair is None, "its weights have a shape that the file does not tell"


def test_a_registered_name_that_is_a_number_is_refused_as_well() -> None:
    sick = model({**layer("Dense"), "registered_name": 1.5})
    (finding,) = examine("K306", sick)
    assert "`registered_name=1.5`" in str(finding.keras_says)
    assert finding.repair is not None
    assert examine("K306", apply(sick, finding.repair.edits)) == []


@pytest.mark.parametrize("class_name", ["Softmax", "Concatenate"])
def test_an_operation_that_its_layer_computes_as_well_is_left_alone_where_no_mask_comes(class_name: str) -> None:
    """Run in Keras 3.15.1: its reader finds the layer, which takes the axis and no list of axes; with a mask it computes something else."""
    tensor = {"class_name": "__keras_tensor__", "config": {"shape": [None, 4], "dtype": "float32", "keras_history": ["in", 0, 0]}}

    def saved(axis: Any, *before: dict[str, Any]) -> Document:
        config = {"name": "out", "axis": axis}
        made = {"class_name": class_name, "config": config, "name": "out", "inbound_nodes": [{"args": [tensor], "kwargs": {}}]}
        return document(functional(start(), *before, made), format=Format.H5_MODEL)

    masking = {**layer("Masking", name="masking", mask_value=0.0), "name": "masking", "inbound_nodes": [[["in", 0, 0, {}]]]}
    assert examine("K306", saved(-1)) == []
    assert len(examine("K306", saved([1, 2]))) == len(examine("K306", saved(-1, masking))) == 1


def test_the_model_of_an_archive_states_its_module_whatever_its_layers_do() -> None:
    """What ``to_json()`` or an edit left without one: layers are looked for by their names then, the model itself is not."""
    bare = {key: value for key, value in sequential(layer("Dense", units=3, build=[None, 4])).items() if key != "module"}
    sick = document(bare)
    (finding,) = examine("K306", sick)
    assert finding.repair is not None
    assert str(finding.at) == "config#/module"
    healed = apply(sick, finding.repair.edits)
    assert healed.config["module"] == "keras"
    assert examine("K306", healed) == []
    inner = sequential(bare)
    assert examine("K306", document(inner)) == []
    assert examine("K306", document(bare, format=Format.H5_MODEL)) == []
