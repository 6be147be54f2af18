"""K614: a piece of the config that no loader reads."""

from __future__ import annotations

from typing import Any

import pytest
from graphs import after, functional, start

from kdoctor.document import ABSENT, Format
from kdoctor.edit import apply
from kdoctor.pointer import Pointer
from kdoctor.target import Target
from kdoctor.testing import document, examine, layer, sequential

DENSE = after(layer("Dense", name="out", units=2), "in")


def chain(**changed: Any) -> Any:
    return document(functional(start(), {**DENSE, **changed}))


def without(value: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: inner for key, inner in value.items() if key not in keys}


def native(*args: Any, **kwargs: Any) -> dict[str, Any]:
    return {"args": list(args), "kwargs": kwargs}


def tensor(**changed: Any) -> dict[str, Any]:
    config = {"shape": [None, 4], "dtype": "float32", "keras_history": ["in", 0, 0], **changed}
    return {"class_name": "__keras_tensor__", "config": {key: value for key, value in config.items() if value is not ABSENT}}


def test_what_keras_writes_is_healthy() -> None:
    for sound in (chain(), chain(inbound_nodes=[native(tensor())]), document(sequential(layer("Dense", units=2)))):
        assert examine("K614", sound) == []


@pytest.mark.parametrize(
    ("changed", "at", "why"),
    [
        ({"inbound_nodes": None}, "inbound_nodes", "the connections of 'out' are None, no list"),
        ({"inbound_nodes": [[]]}, "inbound_nodes/0", "a call of 'out' is []: it takes no tensor"),
        ({"inbound_nodes": [[["in", 0, 0, None]]]}, "inbound_nodes/0/0/3", "the keywords of a call of 'out' are None, no dict"),
        ({"inbound_nodes": [[5]]}, "inbound_nodes/0/0", "a call of 'out' takes 5, which names no tensor"),
        ({"inbound_nodes": [{"args": []}]}, "inbound_nodes/0", "a call of 'out' has no 'kwargs'"),
        ({"inbound_nodes": [native(tensor(dtype=ABSENT))]}, "inbound_nodes/0/args/0", "a tensor that 'out' takes has no 'dtype'"),
        (
            {"inbound_nodes": [native(tensor(keras_history=["in"]))]},
            "inbound_nodes/0/args/0/config/keras_history",
            "a tensor that 'out' takes comes from ['in'], which is no layer, call and output",
        ),
        (
            {"inbound_nodes": [native(tensor(shape=[None, -4]))]},
            "inbound_nodes/0/args/0/config/shape",
            "a tensor that 'out' takes has the shape [None, -4]",
        ),
        (
            {"inbound_nodes": [native({**tensor(), "class_name": "Model"})]},
            "inbound_nodes/0/args/0",
            "a tensor that 'out' takes is said to be of the class 'Model'",
        ),
    ],
)
def test_a_call_that_no_loader_reads_is_named(changed: dict[str, Any], at: str, why: str) -> None:
    (finding,) = examine("K614", chain(**changed))
    assert (finding.at.json, finding.message) == (f"/config/layers/1/{at}", why)
    assert (finding.repair, [need.flag for need in finding.needs]) == (None, ["FILE"])


@pytest.mark.parametrize("call", [["_CONSTANT_VALUE", -1, 0.1, {"y": ["in", 0, 0]}], [["_CONSTANT_VALUE", -1, True, {"x": ["in", 0, 0]}]]])
def test_a_constant_that_keras_2_gives_an_operation_stands_where_a_tensor_would(call: list[Any]) -> None:
    assert examine("K614", chain(class_name="TFOpLambda", inbound_nodes=[call])) == []


def test_no_name_is_written_into_a_config_that_is_a_text() -> None:
    found = examine("K614", document({"module": "keras", "class_name": "Sequential", "config": '{"name": "a", "layers": []}'}))
    assert [finding.repair for finding in found] == [None, None]


def test_an_entry_that_is_no_layer_is_named() -> None:
    (finding,) = examine("K614", document(sequential(layer("Dense", units=2), {"config": {}})))
    assert finding.message == "an entry of the list of layers has no 'class_name'"


def test_a_graph_without_its_ends_is_named() -> None:
    whole = functional(start(), DENSE)
    (finding,) = examine("K614", document({**whole, "config": without(whole["config"], "input_layers")}))
    assert finding.message == "the config of the Functional has no 'input_layers'"


def test_what_can_have_been_nothing_else_is_written() -> None:
    begin = start()
    whole = functional(without(begin, "inbound_nodes"), without({**DENSE, "config": {**DENSE["config"], "name": "out"}}, "name"))
    first, second = examine("K614", document(whole))
    assert [(edit.at, edit.new) for edit in first.repair.edits] == [(Pointer("config", ("config", "layers", 0, "inbound_nodes")), [])]
    assert [(edit.at, edit.new) for edit in second.repair.edits] == [(Pointer("config", ("config", "layers", 1, "name")), "out")]
    stack = sequential(layer("Dense", units=2))
    (bare,) = examine("K614", document({**stack, "config": without(stack["config"], "layers")}))
    assert bare.message == "the config of the Sequential has no 'layers'"
    (nameless,) = examine("K614", document({**stack, "config": without(stack["config"], "name")}))
    assert [edit.new for edit in nameless.repair.edits] == ["sequential"]


@pytest.mark.parametrize("beside", [None, "inner"])
def test_a_functional_without_a_name_gets_the_one_that_it_is_called_by(beside: str | None) -> None:
    """`Model.from_config` takes a config without one for that of a class of the user's own (3.15.1 run)."""
    whole = functional(start(), DENSE)
    del whole["config"]["name"]
    sick = (
        document(whole)
        if beside is None
        else document(functional(start(), {**after({**whole, "config": {"name": beside}}, "in"), **whole}))
    )
    (finding,) = examine("K614", sick)
    assert finding.repair is not None
    assert [edit.new for edit in finding.repair.edits] == [beside or "functional"]
    assert "missing 2 required positional arguments" in str(finding.keras_says)
    assert examine("K614", apply(sick, finding.repair.edits)) == []


def test_a_layer_that_would_be_given_the_name_of_another_gets_one_of_its_own() -> None:
    nameless = layer("Dense", units=2)
    del nameless["config"]["name"]
    (finding,) = examine("K614", document(sequential(layer("Dense", name="dense", units=2), nameless)))
    assert [edit.new for edit in finding.repair.edits] == ["dense_1"]
    assert examine("K614", document(sequential(layer("Dense", name="first", units=2), nameless))) == []


def test_a_name_is_a_text() -> None:
    (finding,) = examine("K614", document(sequential(layer("Dense", name=["dense"], units=2))))
    assert finding.message == "the name of a Dense is ['dense'], no text"


@pytest.mark.parametrize("ends", [None, 1, [["out", 0, "0"]], [[["out", 0, 0]], "out"]])
def test_ends_that_are_no_tensors_are_named(ends: Any) -> None:
    whole = functional(start(), DENSE)
    (finding,) = examine("K614", document({**whole, "config": {**whole["config"], "output_layers": ends}}))
    assert finding.at.json == "/config/output_layers"


@pytest.mark.parametrize(
    ("argument", "value", "says"),
    [
        ("kernel_initializer", {"module": "keras.initializers", "config": {}}, "Unknown `config` as a `dict`"),
        ("kernel_initializer", {"module": None, "class_name": "Zeros", "config": {}}, "Cannot deserialize object of type `Zeros`"),
        ("kernel_regularizer", 1, "Could not interpret regularizer identifier: 1"),
        ("bias_constraint", {}, "Unknown `config` as a `dict`"),
        ("activation", 5, "Could not interpret activation function identifier: 5"),
        ("dtype", [], "Could not interpret dtype policy identifier: []"),
    ],
)
def test_an_argument_of_a_kind_that_keras_3_does_not_take_is_named(argument: str, value: Any, says: str) -> None:
    sick = document(sequential(layer("Dense", units=2, **{argument: value})))
    (finding,) = examine("K614", sick)
    assert says in str(finding.keras_says)
    assert finding.at.json == f"/config/layers/0/config/{argument}"


def test_an_operation_takes_what_the_layer_of_its_name_does_not() -> None:
    """Keras 3.15.1 reads ``ops.softmax(x, axis=())`` back, and computes it."""
    listed = {"name": "softmax", "axis": []}
    softmax = {"module": "keras.src.ops.nn", "class_name": "Softmax", "config": listed, "registered_name": "Softmax"}
    assert examine("K614", document(functional(start(), after(softmax, "in"), outputs=(("softmax", 0, 0),)))) == []
    assert examine("K614", document(functional(start(), after(layer("Softmax", **listed), "in"), outputs=(("softmax", 0, 0),))))


def test_an_input_needs_a_shape_that_is_one() -> None:
    (finding,) = examine("K614", document(sequential(layer("InputLayer", batch_shape=[None, -1]))))
    assert finding.keras_says == "ValueError: Cannot convert '[None, -1]' to a shape."
    (finding,) = examine("K614", document(sequential(layer("InputLayer"))))
    assert finding.message == "the InputLayer states no shape"


def test_a_layer_of_the_users_own_may_hold_anything() -> None:
    sick = document(sequential(layer("Mine", kernel_initializer=5)))
    assert examine("K614", sick, Target("3.15.1", custom=frozenset({"Mine"}))) == []


def test_a_sequential_without_layers_cannot_be_called_in_keras_3() -> None:
    graph = document(functional(start(), after(sequential(name="empty"), "in"), after(layer("Dense", name="out", units=2), "empty")))
    (finding,) = examine("K614", graph)
    assert finding.message == "the Sequential 'empty' has no layers"
    assert examine("K614", graph, Target("2.15.0")) == []


@pytest.mark.parametrize(("shape", "count"), [([None, 4], 0), ([None, 5], 1)])
def test_a_sequential_that_is_an_input_alone_takes_its_own_shape_in_keras_3(shape: list[int | None], count: int) -> None:
    hollow = after(sequential(layer("InputLayer", batch_shape=shape), name="hollow"), "in")
    graph = document(functional(start(), hollow, after(layer("Dense", name="out", units=2), "hollow")))
    found = examine("K614", graph)
    assert [finding.layer for finding in found] == ["hollow"] * count
    assert all("has already been configured to use input shape (None, 5)" in str(finding.keras_says) for finding in found)


def test_a_shape_that_nobody_can_tell_is_held_against_no_sequential() -> None:
    hollow = after(sequential(layer("InputLayer", batch_shape=[None, 5]), name="hollow"), "mine")
    graph = document(functional(start(), after(layer("Mine", module="mine", name="mine"), "in"), hollow))
    assert examine("K614", graph) == []


def test_ngrams_that_are_a_list_are_named_for_keras_2_and_taken_by_keras_3() -> None:
    listed = document(sequential(layer("TextVectorization", ngrams=[1, 2])))
    (finding,) = examine("K614", listed, Target("2.15.0"))
    assert finding.keras_says == "ValueError: `ngrams` must be None, an integer, or a tuple of integers. Received: ngrams=[1, 2]"
    assert examine("K614", listed) == []
    assert examine("K614", document(sequential(layer("TextVectorization", ngrams=2))), Target("2.15.0")) == []


@pytest.mark.parametrize(
    ("made", "key"),
    [
        (layer("Dense", units=-3), "units"),
        (layer("Dense", units=3, trainable="True"), "trainable"),
        (layer("Conv2D", filters=2, kernel_size=[3, 3], strides=[0, 1]), "strides"),
        (layer("Dropout", rate=1.5), "rate"),
    ],
)
def test_a_value_that_the_constructor_refuses_is_named_and_has_no_cure(made: dict[str, Any], key: str) -> None:
    (finding,) = examine("K614", document(sequential(made)))
    assert finding.at.json == f"/config/layers/0/config/{key}"
    assert (finding.repair, [need.flag for need in finding.needs]) == (None, ["FILE"])
    assert examine("K614", document(sequential(made)), Target("2.15.0")) == []


@pytest.mark.parametrize("named", [[], {}, ["x"]])
def test_a_registered_name_that_is_no_text_is_named(named: Any) -> None:
    (finding,) = examine("K614", document(sequential({**layer("Dense", units=2), "registered_name": named})))
    assert finding.at.json == "/config/layers/0/registered_name"
    assert str(finding.keras_says).startswith("TypeError: unhashable type")


def test_that_of_an_initializer_is_not_looked_at() -> None:
    zeros = {"module": "keras.initializers", "class_name": "Zeros", "config": {}, "registered_name": {}}
    assert examine("K614", document(sequential(layer("Dense", units=2, bias_initializer=zeros)))) == []


def test_the_keywords_of_the_last_tensor_alone_count() -> None:
    def joined(*keywords: Any) -> list[Any]:
        entries = [[["in", 0, 0, one] for one in keywords]]
        return examine("K614", document(functional(start("in"), {**after(layer("Add", name="out"), "in"), "inbound_nodes": entries})))

    assert joined(None, {}) == joined([1], {}) == []
    (finding,) = joined({}, None)
    assert finding.at.keys[-2:] == (1, 3)


SOURCE = layer("InputLayer", name="in", batch_shape=[None, 4])
HIDDEN = {**layer("Dense", name="d", units=2), "build_config": {"input_shape": [None, 4]}}


def source(**config: Any) -> dict[str, Any]:
    return layer("InputLayer", name="in", **config)


@pytest.mark.parametrize(
    "value",
    ["(None, 4)", "[None, 4]", [None, "4"], [None, 4.0], [[None, 4]], {"class_name": "__tuple__", "items": [None, 4]}, ["None", 4]],
)
@pytest.mark.parametrize("key", ["batch_shape", "batch_input_shape"])
def test_a_shape_in_other_words_is_written_as_the_list_that_it_means(key: str, value: Any) -> None:
    sick = document(sequential(source(**{key: value}), HIDDEN))
    (finding,) = examine("K614", sick)
    assert finding.repair is not None
    cured = apply(sick, finding.repair.edits)
    assert cured.config["config"]["layers"][0]["config"][key] == [None, 4]
    assert examine("K614", cured) == []


@pytest.mark.parametrize("value", ["4", "None,4", [None, -1], [None, "four"], [None, 4.5], 4, {"dim": 4}, [[None, 4], [None, 3]], "((4,))"])
def test_a_shape_that_may_mean_anything_is_asked_for(value: Any) -> None:
    (finding,) = examine("K614", document(sequential(source(batch_shape=value), HIDDEN)))
    assert finding.repair is None
    assert finding.needs


def test_an_h5_may_hold_the_tuples_of_tf_keras() -> None:
    shape = {"class_name": "TensorShape", "items": [None, 4]}
    assert examine("K614", document(sequential(source(batch_shape=shape), HIDDEN), format=Format.H5_MODEL)) == []


def test_an_input_without_a_shape_gets_the_one_that_the_rest_of_the_file_states() -> None:
    kernel = {"layers/dense/vars/0": (4, 2)}
    sick = document(sequential(source(batch_shape=None), HIDDEN, build_input_shape=[None, 4]), weights=kernel)
    (finding,) = examine("K614", sick)
    assert finding.repair is not None
    assert apply(sick, finding.repair.edits).config["config"]["layers"][0]["config"]["batch_shape"] == [None, 4]
    named = document(sequential(source(input_dim=4), layer("Dense", name="d", units=2)), weights=kernel)
    (finding,) = examine("K614", named)
    assert finding.repair is not None
    assert apply(named, finding.repair.edits).config["config"]["layers"][0]["config"] == {"name": "in", "batch_shape": [None, 4]}


def test_an_input_without_a_shape_that_nothing_states_or_the_kernels_refuse_is_asked_for() -> None:
    refused = document(sequential(source(), HIDDEN), weights={"layers/dense/vars/0": (7, 2)})
    for sick in (document(sequential(source(), layer("Dense", name="d", units=2))), refused):
        (finding,) = examine("K614", sick)
        assert finding.repair is None
        assert [need.flag for need in finding.needs] == ["--input-shape"]


@pytest.mark.parametrize("called", ["Functional", "Model"])
def test_a_model_of_layers_that_nothing_connects_is_a_sequential(called: str) -> None:
    stack = sequential(SOURCE, HIDDEN)
    sick = document({**stack, "class_name": called})
    (finding,) = examine("K614", sick)
    assert finding.repair is not None
    assert apply(sick, finding.repair.edits).config == stack


def test_a_functional_that_has_lost_its_ends_alone_is_no_sequential() -> None:
    whole = functional(start(), DENSE)
    config = without(whole["config"], "input_layers", "output_layers")
    findings = examine("K614", document({**whole, "config": config}))
    assert any("has no 'input_layers'" in finding.message and finding.repair is None for finding in findings)


def test_a_number_for_a_name_is_written_as_its_text_where_nothing_is_connected_by_it() -> None:
    sick = document(sequential(SOURCE, layer("Dense", name=3, units=2)))
    (finding,) = examine("K614", sick)
    assert finding.repair is not None
    assert apply(sick, finding.repair.edits).config["config"]["layers"][1]["config"]["name"] == "3"


def test_the_function_input_is_told_from_the_layer_that_it_makes() -> None:
    sick = document(sequential({**SOURCE, "class_name": "Input"}, HIDDEN))
    findings = [finding for finding in examine("K614", sick) if finding.repair is not None]
    assert apply(sick, findings[0].repair.edits).config == sequential(SOURCE, HIDDEN)


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (layer("InputLayer", batch_shape=[None, 4], dtype="float3"), "ValueError: Invalid dtype: float3"),
        (layer("Dense", units=2, dtype="float3"), "Cannot convert 'float3' to a mixed precision DTypePolicy"),
        (layer("Dense", units=2, dtype="FLOAT32"), "Cannot convert 'FLOAT32' to a mixed precision DTypePolicy"),
        (layer("Embedding", input_dim=2, output_dim=2, dtype={"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float"}}), "'float'"),
        (layer("Dense", units=2, dtype={"module": "keras", "class_name": "DTypePolicy", "config": {"name": 1.5}}), "'1.5'"),
    ],
)  # fmt: skip
def test_what_names_no_dtype_is_told_with_what_keras_says(made: dict[str, Any], says: str) -> None:
    (finding,) = examine("K614", document(sequential(made)))
    assert finding.at.keys[-1] == "dtype"
    assert says in str(finding.keras_says)
    assert finding.repair is None


@pytest.mark.parametrize(
    "dtype",
    ["float32", "bool", "string", "mixed_bfloat16", "int8_from_mixed_bfloat16", "int4/-1_from_float32", "gptq/4/128_from_float32", "float8_e4m3fn", None,
     {"module": "keras", "class_name": "QuantizedDTypePolicy", "config": {"mode": "int8", "source_name": "float32"}, "registered_name": None},
     {"module": "keras.dtype_policies", "class_name": "DTypePolicyMap", "config": {"default_policy": "float32", "policy_map": {}}}],
)  # fmt: skip
def test_the_dtypes_of_all_releases_are_known(dtype: Any) -> None:
    assert examine("K614", document(sequential(layer("Dense", units=2, dtype=dtype)))) == []


@pytest.mark.parametrize("key", ["kernel_initializer", "kernel_regularizer", "kernel_constraint"])
@pytest.mark.parametrize("config", [[], 1, "x", False])
def test_an_object_whose_config_is_no_dict_is_named(key: str, config: Any) -> None:
    held = {"module": "keras", "class_name": {"i": "Zeros", "r": "L2", "c": "NonNeg"}[key.removeprefix("kernel_")[0]], "config": config}
    (finding,) = examine("K614", document(sequential(layer("Dense", units=2, **{key: held}))))
    assert str(finding.keras_says).startswith("TypeError: Expected 'config' to be a dict for ")
    assert examine("K614", document(sequential(layer("Dense", units=2, **{key: {**held, "config": None}})))) == []


def test_an_entry_with_more_than_keywords_behind_it_is_named() -> None:
    (finding,) = examine("K614", chain(inbound_nodes=[[["in", 0, 0, 0, {}]]]))
    assert str(finding.at).endswith("/inbound_nodes/0/0")
    assert "invalid config data" in str(finding.keras_says)


def test_a_tensor_states_a_dtype() -> None:
    (finding,) = examine("K614", chain(inbound_nodes=[native(tensor(dtype="float32x"))]))
    assert str(finding.at).endswith("/args/0/config/dtype")
    assert finding.keras_says == "ValueError: Invalid dtype: float32x"


def test_what_stands_for_the_dtype_of_a_sequential_is_no_model() -> None:
    made = sequential(layer("Dense", units=2))
    made["config"]["dtype"] = {"module": "keras", "class_name": "Sequential", "config": {"name": "float32"}, "registered_name": None}
    assert examine("K614", document(made)) == []
