"""What is said to Keras 2: its words, its connections, and a refusal where it has none."""

from __future__ import annotations

from typing import Any

import pytest
from weight_documents import NATIVE, archive

from kdoctor.container import Container
from kdoctor.convert import NotConvertible, convert
from kdoctor.convert.keras_2_words import Words
from kdoctor.document import Document, Format
from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.recipe import sources
from kdoctor.target import Target
from kdoctor.testing import document, layer, sequential

KERAS_2 = Target("2.15.0")
POLICY = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}, "registered_name": None}
INPUT = layer("InputLayer", name="in", batch_shape=[None, 4], dtype="float32", sparse=False, ragged=False, optional=False)


def tensor(name: str, call: int = 0) -> dict[str, Any]:
    return {"class_name": "__keras_tensor__", "config": {"shape": [None, 4], "dtype": "float32", "keras_history": [name, call, 0]}}


def called(serialized: dict[str, Any], *args: Any, **kwargs: Any) -> dict[str, Any]:
    """A layer of a Functional model, called once."""
    return {**serialized, "name": serialized["config"]["name"], "inbound_nodes": [{"args": list(args), "kwargs": kwargs}]}


def graph(*layers: dict[str, Any], output: str = "out", call: int = 0) -> dict[str, Any]:
    start = {**INPUT, "name": "in", "inbound_nodes": []}
    config = {"name": "model", "trainable": True, "layers": [start, *layers]}
    ends = {"input_layers": ["in", 0, 0], "output_layers": [output, call, 0]}
    return {
        "module": "keras.src.models.functional",
        "class_name": "Functional",
        "config": {**config, **ends},
        "registered_name": "Functional",
    }


def said(config: dict[str, Any], target: Target = KERAS_2, **parts: Any) -> Any:
    """The config of a model without weights as an ``.h5`` for Keras 2."""
    return convert(document(config, attributes={"/": {}}, **parts), target, Container.H5).document.config


def only(config: dict[str, Any]) -> Any:
    """The one layer behind the input."""
    return said(graph(called(config, tensor("in"))))["config"]["layers"][1]


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


def compiled(optimizer: dict[str, Any], loss: Any = "mean_squared_error") -> Document:
    whole = {"module": "keras.optimizers", "class_name": "Adam", "config": {"learning_rate": 0.1, **optimizer}, "registered_name": None}
    return archive(NATIVE, training={"optimizer": whole, "loss": loss, "metrics": ["accuracy"], "loss_weights": None})


def test_the_training_state_is_that_of_a_new_optimizer() -> None:
    made = convert(compiled({"gradient_accumulation_steps": None}), KERAS_2, Container.H5)
    assert made.document.training["optimizer_config"] == {
        "class_name": "Adam",
        "config": {"learning_rate": 0.1, "is_legacy_optimizer": False},
    }
    assert (made.document.training["loss"], made.notes) == ("mean_squared_error", ())


def test_a_schedule_is_said_in_the_place_of_the_rate() -> None:
    schedule = {"module": "keras.optimizers.schedules", "class_name": "CosineDecay", "registered_name": None}
    rate = {**schedule, "config": {"initial_learning_rate": 0.1, "decay_steps": 5, "name": "CosineDecay"}}
    made = convert(compiled({"learning_rate": rate}), KERAS_2, Container.H5)
    assert made.document.training["optimizer_config"]["config"]["learning_rate"] == {key: rate[key] for key in ("class_name", "config")}
    assert made.notes == ()


def test_a_warm_up_of_no_steps_is_left_out_for_a_release_without_any() -> None:
    """2.9: __init__() got an unexpected keyword argument 'warmup_target'."""
    settings = {"initial_learning_rate": 0.1, "decay_steps": 5, "alpha": 0.0, "name": "CosineDecay"}
    schedule = {"module": "keras.optimizers.schedules", "class_name": "CosineDecay", "registered_name": None}
    for warm, kept in (({"warmup_target": None, "warmup_steps": 0}, True), ({"warmup_target": 1.0, "warmup_steps": 3}, False)):
        sick = compiled({"learning_rate": {**schedule, "config": {**settings, **warm}}})
        made = convert(sick, Target("2.9.0"), Container.H5)
        assert ("training" in made.document.parts) is kept
        assert any("'warmup_" in note for note in made.notes) is not kept


def test_a_metric_that_counts_whole_numbers_is_left_its_own_kind() -> None:
    metric = {"module": "keras.metrics", "class_name": "MeanIoU", "registered_name": None, "config": {"num_classes": 2, "dtype": "int64"}}
    sick = compiled({})
    sick = sick.replacing({**sick.parts, "training": {**sick.training, "metrics": [metric]}})
    (said_metric,) = convert(sick, KERAS_2, Container.H5).document.training["metrics"]
    assert said_metric == {"class_name": "MeanIoU", "config": {"num_classes": 2}}


def test_the_steps_that_a_schedule_goes_by_are_kept_or_said_to_be_lost() -> None:
    schedule = {"module": "keras.optimizers.schedules", "class_name": "ExponentialDecay", "registered_name": None}
    rate = {**schedule, "config": {"initial_learning_rate": 0.1, "decay_steps": 5, "decay_rate": 0.5}}
    sick = compiled({"learning_rate": rate})
    optimizer = {**sick.training["optimizer"], "class_name": "SGD", "config": {"learning_rate": rate, "momentum": 0.0}}
    parts = {**sick.parts, "training": {**sick.training, "optimizer": optimizer}}
    counted = document(sick.config, weights={**NATIVE, "optimizer/vars/0": ()}, attributes={"/": {}}, training=parts["training"])
    assert any("optimizer's state is left out" in note for note in convert(counted, KERAS_2, Container.H5).notes)
    assert convert(counted, Target("2.9.0"), Container.H5).document.weights["optimizer_weights/SGD/iter:0"].source == "optimizer/vars/0"


MEAN = {"module": "keras.losses", "class_name": "MeanSquaredError", "config": {"reduction": "mean"}, "registered_name": None}


@pytest.mark.parametrize("sick", [compiled({"gradient_accumulation_steps": 4}), compiled({}, loss="mine"), compiled({}, loss=MEAN)])
def test_a_training_state_that_keras_2_cannot_say_is_left_out_with_a_word(sick: Document) -> None:
    made = convert(sick, KERAS_2, Container.H5)
    assert "training" not in made.document.parts
    (note,) = made.notes
    assert "compile the model again" in note


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


def image_model(*layers: dict[str, Any]) -> dict[str, Any]:
    """A model of images with three channels."""
    made = graph(*layers)
    made["config"]["layers"][0]["config"] = {**INPUT["config"], "batch_shape": [None, 5, 5, 3]}
    return made


def layer_scale(name: str, source: str) -> dict[str, Any]:
    row = layer("LayerScale", name=name, module="keras.src.applications.convnext", init_values=1e-6, projection_dim=3)
    return called({**row, "registered_name": "LayerScale"}, tensor(source))


def test_a_layer_scale_is_a_depthwise_convolution_whose_numbers_stand_where_that_class_is_counted() -> None:
    depthwise = layer("DepthwiseConv2D", name="depth", kernel_size=[1, 1], use_bias=False)
    config = image_model(layer_scale("first", "in"), called(depthwise, tensor("first")), layer_scale("out", "depth"))
    weights = {"layers/layer_scale/vars/0": (3,), "layers/depthwise_conv2d/vars/0": (1, 1, 3, 1), "layers/layer_scale_1/vars/0": (3,)}
    made = convert(document(config, attributes={"/": {}}, weights=weights), KERAS_2, Container.H5).document
    rows = made.config["config"]["layers"][1:]
    assert [row["class_name"] for row in rows] == ["DepthwiseConv2D"] * 3
    assert (rows[0]["config"]["use_bias"], rows[0]["config"]["data_format"]) == (False, "channels_last")
    assert {path: weight.shape for path, weight in made.weights.items()} == {
        f"model_weights/{name}/{name}/kernel:0": (1, 1, 3, 1) for name in ("first", "depth", "out")
    }
    taken = [next(iter(sources(weight.numbers))).path for weight in made.weights.values()]
    assert taken == ["layers/layer_scale/vars/0", "layers/depthwise_conv2d/vars/0", "layers/layer_scale_1/vars/0"]


def test_a_layer_scale_of_something_of_unknown_rank_is_refused() -> None:
    code = called(layer("Strange", name="mine", module="mine"), tensor("in"))
    config = image_model(code, layer_scale("out", "mine"))
    with pytest.raises(NotConvertible):
        convert(document(config, attributes={"/": {}}, weights={"layers/layer_scale/vars/0": (3,)}), KERAS_2, Container.H5)


def custom_scale(*args: Any, module: str = "keras.src.applications.inception_resnet_v2") -> dict[str, Any]:
    row = layer("CustomScaleLayer", name="out", module=module, scale=0.17)
    return called({**row, "registered_name": "CustomScaleLayer"}, *args)


def test_a_custom_scale_is_an_addition_of_something_scaled() -> None:
    made = said(graph(called(layer("Flatten", name="flat"), tensor("in")), custom_scale([tensor("in"), tensor("flat")])))["config"]
    scaled, out = made["layers"][2:]
    assert (scaled["class_name"], scaled["config"]["scale"], scaled["inbound_nodes"]) == ("Rescaling", 0.17, [[["flat", 0, 0, {}]]])
    assert (out["class_name"], out["inbound_nodes"]) == ("Add", [[["in", 0, 0, {}], [scaled["name"], 0, 0, {}]]])


def test_a_custom_scale_of_somebody_else_is_refused() -> None:
    with pytest.raises(NotConvertible, match="has no layer CustomScaleLayer"):
        said(graph(custom_scale([tensor("in"), tensor("in")], module="mine.layers")))


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
