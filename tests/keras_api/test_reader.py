"""What the loaders make of a config: which class each object resolves to, and what they pass to it."""

from __future__ import annotations

from typing import Any

import pytest

from kdoctor.document import Document, Format
from kdoctor.keras_api.reader import Call, Resolution, calls, home_of, kind_of, read_natively, unfound
from kdoctor.pointer import Pointer
from kdoctor.structure.objects import Node, as_node
from kdoctor.target import Target
from kdoctor.testing import KERAS_3, document, layer, model, sequential


def bare(class_name: str, **config: Any) -> dict[str, Any]:
    return {"class_name": class_name, "config": config}


def h5(*layers: dict[str, Any]) -> Document:
    return document(sequential(*layers), format=Format.H5_MODEL)


def only(sick: Document, target: Target = KERAS_3) -> Call:
    """The call of the only layer."""
    found = calls(sick, target)
    assert len(found) == 2
    return found[1]


def node(value: dict[str, Any], *keys: str | int) -> Node:
    found = as_node(value, Pointer("config", keys))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("made", "resolution"),
    [
        (layer("Dense"), Resolution.FOUND),
        (layer("Dense", module="keras.src.layers.core.dense"), Resolution.FOUND),
        (layer("Dense", module="tensorflow.keras.layers"), Resolution.MOVED),
        (layer("Functional", module="keras.src.engine.functional"), Resolution.MOVED),
        (layer("CuDNNLSTM"), Resolution.RETIRED),
        (layer("ThresholdedReLU"), Resolution.RETIRED),
        (layer("TFOpLambda"), Resolution.OPERATION),
        (layer("KerasLayer", module="tensorflow_hub.keras_layer"), Resolution.HUB),
        (layer("KerasLayer", module="mine", handle="h"), Resolution.HUB),
        (layer("KerasLayer", module="mine"), Resolution.UNKNOWN),
        (layer("Dense", module="mine"), Resolution.UNKNOWN),
        (layer("TFOpLambda", module="mine"), Resolution.UNKNOWN),
    ],
)
def test_what_becomes_of_a_class_in_an_archive(made: dict[str, Any], resolution: Resolution) -> None:
    assert only(model(made)).resolution is resolution


@pytest.mark.parametrize(
    ("made", "resolution"),
    [
        (bare("Dense"), Resolution.FOUND),
        (bare("Scale"), Resolution.UNKNOWN),
        (bare("Merge"), Resolution.RETIRED),
        (bare("dense"), Resolution.UNKNOWN),
    ],
)
def test_an_h5_goes_by_class_names_alone(made: dict[str, Any], resolution: Resolution) -> None:
    assert only(h5(made)).resolution is resolution


@pytest.mark.parametrize("name", ["Scale", "pack>Scale"])
def test_what_the_user_gives_is_not_looked_up(name: str) -> None:
    mine = {**layer("Scale", module="mine"), "registered_name": "pack>Scale"}
    assert only(model(mine), Target("3.15.1", custom=frozenset({name}))).resolution is Resolution.GIVEN


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("kernel_initializer", "initializer"),
        ("activity_regularizer", "regularizer"),
        ("bias_constraint", "constraint"),
        ("recurrent_activation", "activation"),
        ("dtype", "dtype_policy"),
        ("layer", "layer"),
        (0, "layer"),
    ],
)
def test_the_key_tells_what_is_expected_there(key: str | int, kind: str) -> None:
    assert kind_of(node(bare("X"), key)) == kind


def test_only_what_has_a_module_or_is_wrapped_is_read_natively() -> None:
    assert read_natively(node(layer("Dense"), "config", "layers", 0), False, KERAS_3)
    assert not read_natively(node(bare("Dense"), "config", "layers", 0), False, KERAS_3)
    assert read_natively(node(bare("LSTM"), "config", "layer"), False, KERAS_3)
    assert not read_natively(node(sequential()), False, KERAS_3)  # the root of an .h5, whatever it states
    assert read_natively(node(sequential()), True, KERAS_3)


def test_keras_2_reads_what_a_wrapper_holds_like_everything_else() -> None:
    held = node(bare("LSTM"), "config", "layer")
    assert not read_natively(held, False, Target("2.15.0"))
    assert read_natively(node(layer("LSTM"), "config", "layer"), False, Target("2.15.0"))
    assert not read_natively(node(layer("LSTM"), "config", "layer"), False, Target("2.11.0"))  # which knows no modules yet


def test_an_h5_is_forgiven_what_a_keras_is_not() -> None:
    shaped = {"units": 3, "batch_input_shape": [None, 4]}
    assert only(h5(bare("Dense", **shaped))).not_taken() == ()
    assert only(model(layer("Dense", **shaped))).not_taken() == ("batch_input_shape",)
    assert dict(only(h5(bare("InputLayer", batch_input_shape=[None, 4]))).arguments) == {"batch_shape": [None, 4]}
    assert dict(only(h5(bare("Lambda", function="relu", module="m", function_type="x"))).arguments) == {"function": "relu"}


def test_each_of_many_layers_of_one_class_has_its_own_arguments() -> None:
    made = calls(
        h5(*(bare("Dense", name=f"d{number}", trainable=True, units=number, batch_input_shape=[None, 3]) for number in (1, 2))), KERAS_3
    )
    assert [dict(call.arguments) for call in made[1:]] == [
        {"name": f"d{number}", "trainable": True, "units": number, "input_shape": [None, 3]} for number in (1, 2)
    ]
    native = calls(document(sequential(layer("Dense", units=1), layer("Dense", units=2))), KERAS_3)
    assert [call.arguments["units"] for call in native[1:]] == [1, 2]


def test_an_operation_is_not_taken_for_the_layer_of_its_name_that_stands_before_it() -> None:
    taken = {"args": [], "kwargs": {}}
    found = h5(bare("Add", name="add", trainable=True), {**bare("Add", name="sum"), "inbound_nodes": [taken]})
    assert [call.resolution for call in calls(found, KERAS_3)[1:]] == [Resolution.FOUND, Resolution.MOVED]
    assert [call.node.name for call in unfound(found, KERAS_3)] == ["sum"]


def test_a_model_is_put_together_and_not_called_with_its_config() -> None:
    assert calls(model(build_input_shape=[None, 4], whatever=1), KERAS_3)[0].not_taken() == ()


def test_functions_are_found_by_module_and_name() -> None:
    def activation(name: object, module: str) -> Resolution:
        stored = {"module": module, "class_name": "function", "config": name, "registered_name": name}
        return calls(model(layer("Dense", activation=stored)), KERAS_3)[2].resolution

    assert activation("relu", "keras.activations") is Resolution.FOUND
    assert activation("relu", "builtins") is Resolution.FOUND
    assert activation("mine", "builtins") is Resolution.FUNCTION
    assert activation(None, "builtins") is Resolution.FUNCTION


def test_a_class_at_its_old_place_has_a_home_today() -> None:
    assert home_of(only(model(layer("Dense", module="keras.src.engine.old"))), KERAS_3) == ("keras.layers", None)
    assert home_of(only(model(layer("Functional", module="keras.src.engine.functional"))), KERAS_3) == (
        "keras.src.models.functional",
        "Functional",
    )
    assert home_of(only(model(layer("Scale", module="mine"))), KERAS_3) is None


def test_a_file_without_a_config_is_no_call() -> None:
    assert calls(document(format=Format.H5_WEIGHTS), KERAS_3) == ()
    assert calls(document(format=Format.H5_WEIGHTS, training={"optimizer": layer("Adam")}), KERAS_3) == ()


def test_the_dtype_of_a_sequential_itself_is_read_by_no_keras_3() -> None:
    policy = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32", "zzq": 1}, "registered_name": None}
    stack = sequential(layer("Dense", units=2, dtype=policy))
    stack["config"]["dtype"] = policy
    assert [call.node.at.json for call in calls(document(stack), Target("3.15.1")) if call.kind == "dtype_policy"] == [
        "/config/layers/0/config/dtype"
    ]
    assert len([call for call in calls(document(stack), Target("2.15.0")) if call.kind == "dtype_policy"]) == 2
