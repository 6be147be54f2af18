"""What is said to Keras 2: its words, its connections, and a refusal where it has none."""

from __future__ import annotations

from typing import Any

import pytest
from keras_3_words import INPUT, KERAS_2, POLICY, called, graph, only, said, tensor
from weight_documents import NATIVE, archive

from kdoctor.container import Container
from kdoctor.convert.conversion import convert
from kdoctor.convert.keras_2_words import Words
from kdoctor.convert.refusal import NotConvertible
from kdoctor.document import Format
from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.target import Target
from kdoctor.testing import document, layer, sequential


def test_the_shape_of_an_input_goes_by_its_older_name() -> None:
    first = said(sequential(INPUT, layer("Flatten", name="flat")))["config"]["layers"][0]
    assert first["config"] == {"batch_input_shape": [None, 4], "dtype": "float32", "sparse": False, "ragged": False, "name": "in"}


def test_a_policy_is_a_name_and_what_means_nothing_is_left_out() -> None:
    made = only(layer("LeakyReLU", name="out", dtype=POLICY, negative_slope=0.3))
    assert made == {
        "class_name": "LeakyReLU",
        "config": {"name": "out", "dtype": "float32", "alpha": 0.3},
        "name": "out",
        "inbound_nodes": [[["in", 0, 0, {}]]],
    }


def test_the_ends_of_a_model_stand_in_lists() -> None:
    config = said(graph(called(layer("Flatten", name="out"), tensor("in"))))["config"]
    assert (config["input_layers"], config["output_layers"]) == ([["in", 0, 0]], [["out", 0, 0]])


def test_tensors_behind_the_first_get_the_names_of_their_places() -> None:
    heads = layer("MultiHeadAttention", name="out", num_heads=2, key_dim=3)
    (node,) = said_node(called(heads, tensor("in"), tensor("in"), attention_mask=None, training=None))
    assert node == ["in", 0, 0, {"value": ["in", 0, 0]}]


def said_node(row: dict[str, Any]) -> Any:
    from kdoctor.convert.keras_2_calls import keras_2_node

    return keras_2_node(row["inbound_nodes"][0], row["class_name"])


def test_the_states_of_a_recurrent_layer_stand_behind_its_input() -> None:
    states = [tensor("h"), tensor("c")]
    wanted = [["in", 0, 0, {}], ["h", 0, 0, {}], ["c", 0, 0, {}]]
    assert said_node(called(layer("LSTM", name="out"), tensor("in"), initial_state=states)) == wanted
    assert said_node(called(layer("LSTM", name="out"), tensor("in"), states)) == wanted


def test_the_calls_of_a_nested_sequential_are_counted_from_one() -> None:
    inner = sequential(INPUT, layer("Flatten", name="flat"), name="inner")
    config = said(graph(called(inner, tensor("in")), called(layer("Flatten", name="out"), tensor("inner"))))["config"]
    assert config["layers"][2]["inbound_nodes"] == [[["inner", 1, 0, {}]]]


def test_the_calls_of_a_nested_functional_are_counted_from_one() -> None:
    """Keras 3.2 and later count them from 0, and 2.15 waits for ever for such a call."""
    inner = graph(called(layer("Flatten", name="out"), tensor("in")))
    inner["config"]["name"] = "inner"
    config = said(graph(called(inner, tensor("in")), called(layer("Flatten", name="out"), tensor("inner"))))["config"]
    assert config["layers"][2]["inbound_nodes"] == [[["inner", 1, 0, {}]]]


def test_a_sequential_that_was_built_states_its_input() -> None:
    made = said(sequential(layer("Flatten", name="flat"), build_input_shape=[None, 4]))
    assert [row["class_name"] for row in made["config"]["layers"]] == ["InputLayer", "Flatten"]


@pytest.mark.parametrize(
    ("operation", "args", "made"),
    [
        ("Add", [tensor("in"), 3.0], ("Rescaling", {"scale": 1.0, "offset": 3.0})),
        ("Subtract", [1.0, tensor("in")], ("Rescaling", {"scale": -1.0, "offset": 1.0})),
        ("Multiply", [tensor("in"), 2], ("Rescaling", {"scale": 2.0, "offset": 0.0})),
        ("Divide", [tensor("in"), 4.0], ("Rescaling", {"scale": 0.25, "offset": 0.0})),
        ("Multiply", [tensor("in"), tensor("in")], ("Multiply", {})),
        ("Relu6", [tensor("in")], ("Activation", {"activation": "relu6"})),
        ("Negative", [tensor("in")], ("Rescaling", {"scale": -1.0, "offset": 0.0})),
        ("Square", [tensor("in")], ("Multiply", {})),
        ("Maximum", [tensor("in"), 0], ("ReLU", {})),
        ("Selu", [tensor("in")], ("Activation", {"activation": "selu"})),
    ],
)
def test_arithmetic_is_said_by_a_layer(operation: str, args: list[Any], made: tuple[str, dict[str, Any]]) -> None:
    row = said(graph(called(layer(operation, name="out", module="keras.src.ops.numpy"), *args)))["config"]["layers"][1]
    assert (row["class_name"], row["config"]) == (made[0], {"name": "out", **made[1]})


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (called(layer("GetItem", name="out", module="keras.src.ops.numpy"), tensor("in"), 0), "no layer for the operation GetItem"),
        (called(layer("RMSNormalization", name="out"), tensor("in")), "has no layer RMSNormalization"),
        (called(layer("Activation", name="out", activation="sparsemax"), tensor("in")), "has no activation 'sparsemax'"),
        (called(layer("Resizing", name="out", height=2, width=2, antialias=True), tensor("in")), "takes no argument 'antialias'"),
        (called(layer("Activation", name="out", activation="hard_sigmoid"), tensor("in")), "hard_sigmoid is another function"),
        (called(layer("Lambda", name="out", function={}), tensor("in")), "Lambda"),
        (called(layer("Flatten", name="out", module="mine.layers"), tensor("in")), "has no layer Flatten"),
        (called(layer("Dense", name="out", dtype={**POLICY, "class_name": "QuantizedDTypePolicy"}), tensor("in")), "dtype policy"),
        (called(layer("Flatten", name="out"), tensor("in"), tensor("in")), "2 positional arguments"),
        (called(layer("Flatten", name="out"), tensor("in"), extra=3), "'extra'"),
        (called(layer("Flatten", name="in"), tensor("in")), "two layers are called 'in'"),
    ],
)
def test_what_keras_2_cannot_say_is_refused(row: dict[str, Any], why: str) -> None:
    with pytest.raises(NotConvertible, match=why):
        said(graph(row))


def test_a_model_without_ends_is_refused() -> None:
    cut = graph(called(layer("Flatten", name="out"), tensor("in")))
    cut["config"]["input_layers"] = []
    with pytest.raises(NotConvertible):
        said(cut)


def test_before_tensorflow_2_4_a_functional_is_a_model() -> None:
    made = said(graph(called(layer("Flatten", name="out"), tensor("in"))), Target("2.2.5"))
    assert made["class_name"] == "Model"


def test_weights_stand_in_groups_by_layer_with_their_order() -> None:
    made = convert(archive(NATIVE), KERAS_2, Container.H5).document
    assert made.format is Format.H5_MODEL
    assert made.attributes["/model_weights"]["layer_names"] == ["input", "one", "two"]
    assert made.attributes["/model_weights/one"] == {"weight_names": ["one/kernel:0", "one/bias:0"]}
    assert made.weights["model_weights/two/two/kernel:0"].source == "layers/dense_1/vars/0"
    assert made.saved_by().keras == "2.15.0"


def test_an_archive_for_keras_2_15_names_modules_and_has_a_place_for_the_models_own_variables() -> None:
    made = convert(archive(NATIVE), KERAS_2, Container.KERAS).document
    assert (made.config["module"], made.config["config"]["layers"][1]["module"]) == ("keras", "keras.layers")
    assert "/vars" in made.attributes
    assert {path: weight.shape for path, weight in made.weights.items()} == NATIVE
    graphical = convert(document(graph(called(layer("Flatten", name="out"), tensor("in"))), attributes={"/": {}}), KERAS_2, Container.KERAS)
    assert graphical.document.config["module"] == "keras.src.engine.functional"


@pytest.mark.parametrize("release", ["2.14.0", "2.9.0"])
def test_an_archive_for_an_earlier_release_is_refused(release: str) -> None:
    with pytest.raises(NotConvertible, match="archive that kdoctor can write"):
        convert(archive(NATIVE), Target(release), Container.KERAS)


def test_a_gated_activation_that_no_keras_2_has_is_spelled_out() -> None:
    made = said(graph(called(layer("Activation", name="out", activation="hard_silu"), tensor("in"))))["config"]
    shift, clip, gate, out = made["layers"][1:]
    assert [each["class_name"] for each in (shift, clip, gate, out)] == ["Rescaling", "ReLU", "Rescaling", "Multiply"]
    assert (shift["config"]["offset"], clip["config"]["max_value"], gate["config"]["scale"]) == (3.0, 6.0, 1 / 6)
    assert out["inbound_nodes"] == [[["in", 0, 0, {}], [gate["name"], 0, 0, {}]]]
    assert made["output_layers"] == [["out", 0, 0]]


def test_a_gated_activation_of_a_sequential_is_refused() -> None:
    with pytest.raises(NotConvertible, match="no activation 'hard_silu'"):
        said(sequential(INPUT, layer("Activation", name="out", activation="hard_silu")))


def two_ways(**second: Any) -> dict[str, Any]:
    """A Bidirectional as Keras 3 stores it, both directions in full."""
    inner = {"units": 2, "go_backwards": False, "kernel_initializer": {"class_name": "Zeros", "config": {}, "shared_object_id": 1}}
    forward = layer("LSTM", name="forward_lstm", **inner)
    backward = layer("LSTM", name="backward_lstm", **{**inner, "go_backwards": True, "kernel_initializer": "zeros", **second})
    return layer("Bidirectional", name="out", merge_mode="concat", layer=forward, backward_layer=backward)


def test_a_second_direction_that_mirrors_the_first_needs_no_words() -> None:
    words = Words(Catalogue.load("2.2.5"), None, older=False, archive=False)
    made = words.model(graph(called(two_ways(), tensor("in"))))["config"]["layers"][1]
    assert set(made["config"]) == {"name", "merge_mode", "layer"}


@pytest.mark.parametrize("other", [{"units": 3}, {"go_backwards": False}, {"activation": "relu"}])
def test_another_second_direction_is_refused_where_it_cannot_be_said(other: dict[str, Any]) -> None:
    with pytest.raises(NotConvertible, match="takes no argument 'backward_layer'"):
        said(graph(called(two_ways(**other), tensor("in"))), Target("2.2.5"))


def test_keras_2_computes_in_texts_what_it_vectorizes() -> None:
    words = layer("TextVectorization", name="words", vocabulary=["a"], output_mode="multi_hot", dtype=POLICY)
    sick = document(sequential(layer("InputLayer", batch_shape=[None, 1], dtype="string"), words), weights={}, attributes={"/": {}})
    said = convert(sick, KERAS_2, Container.KERAS).document
    assert "dtype" not in said.config["config"]["layers"][1]["config"]


def test_the_keywords_of_a_call_stand_beside_each_of_its_tensors() -> None:
    """Keras 2 takes those beside the last one (functional.py, process_node)."""
    attention = layer("Attention", name="out", use_scale=False, dropout=0.0)
    config = said(graph(called(attention, [tensor("in"), tensor("in")], use_causal_mask=True)))["config"]
    assert config["layers"][-1]["inbound_nodes"] == [[["in", 0, 0, {"use_causal_mask": True}], ["in", 0, 0, {"use_causal_mask": True}]]]


def test_a_call_in_training_which_keras_3_passes_over_is_said_without_that() -> None:
    assert said(graph(called(layer("Dropout", name="out", rate=0.5), tensor("in"), training=True)))["config"]["layers"][-1][
        "inbound_nodes"
    ] == [[["in", 0, 0, {}]]]
    kept = said(graph(called(layer("Dropout", name="out", rate=0.5), tensor("in"), training=False)))
    assert kept["config"]["layers"][-1]["inbound_nodes"] == [[["in", 0, 0, {"training": False}]]]


def test_attention_that_looks_back_only_is_refused_where_no_call_says_so() -> None:
    attention = called(layer("Attention", name="out", use_scale=False, dropout=0.0), [tensor("in"), tensor("in")], use_causal_mask=True)
    with pytest.raises(NotConvertible, match="use_causal_mask"):
        said(graph(attention), Target("2.9.0"))


def test_boundaries_that_a_layer_learned_stand_alone() -> None:
    """Loaded in 2.15: "Both `num_bins` and `bin_boundaries` should not be set"."""
    made = only(layer("Discretization", name="out", bin_boundaries=[0.5], num_bins=2, epsilon=0.01, output_mode="int"))
    assert (made["config"]["bin_boundaries"], made["config"]["num_bins"]) == ([0.5], None)


def test_words_that_weigh_something_have_no_place() -> None:
    with pytest.raises(NotConvertible, match="tf_idf"):
        only(layer("StringLookup", name="out", vocabulary=["a"], idf_weights=[1.0], output_mode="tf_idf"))
