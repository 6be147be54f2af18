"""The Python that rebuilds a document's model, read and not run."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from stored_lambdas import crop

from kdoctor.document import Document
from kdoctor.rebuild.script import Beside, Script, rebuilt
from kdoctor.testing import KERAS_3, document, layer, sequential

INPUT = layer("InputLayer", batch_shape=[None, 4], dtype="float32", name="x")
HOSTILE = ['"); import os; os.system("id") #', "\n\nimport os\n", '"""', "x=__import__('os')", "\u2028import os", "a" * 300, "def", ""]


def tensor(name: str, call: int = 0, output: int = 0) -> dict[str, Any]:
    return {"class_name": "__keras_tensor__", "config": {"shape": [None, 4], "dtype": "float32", "keras_history": [name, call, output]}}


def called(node: dict[str, Any], *calls: Any, **named: Any) -> dict[str, Any]:
    nodes = [{"args": list(each) if isinstance(each, tuple) else [each], "kwargs": named} for each in calls]
    return {**node, "name": node["config"]["name"], "inbound_nodes": nodes}


def functional(*layers: dict[str, Any], outputs: Any, inputs: Any = None, name: str = "net") -> dict[str, Any]:
    first = {**INPUT, "name": "x", "inbound_nodes": []}
    config = {"name": name, "trainable": True, "layers": [first, *layers], "input_layers": inputs or ["x", 0, 0], "output_layers": outputs}
    return {"module": "keras.src.models.functional", "class_name": "Functional", "config": config, "registered_name": "Functional"}


def written(config: Any, *, custom: dict[str, str] | None = None, **more: Any) -> Script:
    found = rebuilt(document(config, **more), KERAS_3, Beside(custom or {}, {}, {}, "A model.", "# model.load_weights('x.keras')"))
    ast.parse(found.text)
    return found


def names_used(source: str) -> set[str]:
    """Every name that the code reads, and every attribute chain's root."""
    return {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}


def test_a_sequential_reads_as_a_person_would_write_it() -> None:
    found = written(sequential(INPUT, layer("Dense", units=3, activation="relu", use_bias=True, kernel_regularizer=None, name="head")))
    assert found.problems == ()
    assert found.text == (
        '"""A model."""\n\nimport keras\n\n\ndef build_model():\n    model = keras.Sequential(\n        [\n'
        '            keras.Input(shape=(4,), name="x"),\n'
        '            keras.layers.Dense(3, activation="relu", name="head"),\n        ],\n        name="sequential",\n    )\n    return model\n'
        "\n\nmodel = build_model()\n# model.load_weights('x.keras')\n"
    )


def test_a_layer_that_is_called_twice_is_made_once() -> None:
    text = written(functional(called(layer("Dense", units=4, name="d"), tensor("x"), tensor("d")), outputs=["d", 1, 0])).text
    assert text.count("keras.layers.Dense(") == 1
    assert "d = d_layer(x)" in text
    assert "d_1 = d_layer(d)" in text
    assert "outputs=d_1" in text


def test_an_operation_is_a_call_of_keras_ops_and_an_index_an_index() -> None:
    add = layer("Add", module="keras.src.ops.numpy", name="plus")
    cut = layer("GetItem", module="keras.src.ops.numpy", name="cut")
    key = [{"class_name": "__slice__", "config": {"start": None, "stop": None, "step": None}}, -1]
    text = written(functional(called(add, (tensor("x"), 2.0)), called(cut, (tensor("plus"), key)), outputs=["cut", 0, 0])).text
    assert "plus = keras.ops.add(x, 2.0)" in text
    assert "cut = plus[:, -1]" in text


def test_an_operation_keeps_its_name_where_a_layer_has_the_one_that_keras_would_choose() -> None:
    plain = called(layer("Add", name="add"), [tensor("x"), tensor("x")])
    operation = called(layer("Add", module="keras.src.ops.numpy", name="add_1"), (tensor("add"), tensor("x")))
    text = written(functional(plain, operation, outputs=["add_1", 0, 0])).text
    assert 'numpy_operations.Add(name="add_1")(add, x)' in text


def test_a_nested_model_has_a_function_of_its_own() -> None:
    inner = functional(called(layer("Dense", units=4, name="inside"), tensor("x")), outputs=["inside", 0, 0], name="En coder")
    text = written(functional(called(inner, tensor("x")), outputs=["En coder", 1, 0])).text
    assert "def build_en_coder():" in text
    assert "en_coder = build_en_coder()(x)" in text
    assert "outputs=en_coder" in text


def test_an_output_that_counts_a_model_from_zero_is_its_last_call_as_keras_reads_it() -> None:
    inner = functional(called(layer("Dense", units=4, name="inside"), tensor("x")), outputs=["inside", 0, 0], name="shared")
    found = written(functional(called(inner, tensor("x"), tensor("shared")), outputs=["shared", 0, 0]))
    assert found.problems == ()
    assert "outputs=shared_1" in found.text


def test_inputs_and_outputs_keep_their_structure() -> None:
    head = called(layer("Dense", units=2, name="head"), tensor("x"))
    text = written(functional(head, inputs={"x": ["x", 0, 0]}, outputs={"a": ["head", 0, 0], "b": [["x", 0, 0]]})).text
    assert 'inputs={"x": x}' in text
    assert 'outputs={"a": head, "b": [x]}' in text


def test_the_outputs_of_a_layer_that_may_nest_them_are_counted_as_keras_flattens_them() -> None:
    cells = [layer("LSTMCell", units=4, name="one"), layer("LSTMCell", units=3, name="two")]
    stacked = layer("RNN", cell=layer("StackedRNNCells", cells=cells, name="cells"), return_state=True, name="rnn")
    text = written(functional(called(stacked, tensor("x")), outputs=[["rnn", 0, 0], [["rnn", 0, 1], ["rnn", 0, 4]]])).text
    assert "rnn = keras.tree.flatten(" in text
    assert "outputs=[rnn[0], [rnn[1], rnn[4]]]" in text
    own = {**layer("Two", module="train", name="two"), "registered_name": "mine>Two"}
    stub = {"Two": "class Two(keras.layers.Layer): ..."}
    assert "two = keras.tree.flatten(Two(name=" in written(functional(called(own, tensor("x")), outputs=["two", 0, 1]), custom=stub).text
    assert "keras.tree" not in written(functional(called(own, tensor("x")), outputs=["two", 0, 0]), custom=stub).text


@pytest.mark.parametrize(
    "plain",
    [
        layer("LSTM", units=4, return_state=True, name="rnn"),
        layer("Bidirectional", layer=layer("GRU", units=4, return_state=True, name="one"), name="rnn"),
        layer("RNN", cell=layer("LSTMCell", units=4, name="one"), return_state=True, name="rnn"),
    ],
    ids=["LSTM", "Bidirectional", "RNN"],
)
def test_outputs_that_are_one_list_stay_as_they_are(plain: dict[str, Any]) -> None:
    assert "keras.tree" not in written(functional(called(plain, tensor("x")), outputs=[["rnn", 0, 0], ["rnn", 0, 1]])).text


@pytest.mark.parametrize(("boundaries", "kept"), [([1.0, 2.5], "bin_boundaries=[1.0, 2.5]"), ([], "num_bins=3"), (None, "num_bins=3")])
def test_of_bins_that_were_learned_the_boundaries_alone_are_given(boundaries: Any, kept: str) -> None:
    text = written(sequential(INPUT, layer("Discretization", bin_boundaries=boundaries, num_bins=3, name="bins"))).text
    assert f"Discretization({kept}" in text
    assert text.count("num_bins") + text.count("bin_boundaries") == 1


def test_a_model_that_was_compiled_is_compiled() -> None:
    adam = {"module": "keras.optimizers", "class_name": "Adam", "config": {"name": "adam", "learning_rate": 0.0010000000474974513}}
    training = {"optimizer": adam, "loss": "mse", "metrics": ["mae"], "run_eagerly": False, "steps_per_execution": 1, "jit_compile": False}
    text = written(sequential(INPUT, layer("ReLU")), training=training).text
    assert 'keras.optimizers.Adam(learning_rate=0.001, name="adam")' in text
    assert 'loss="mse",\n    metrics=["mae"],\n    jit_compile=False,' in text
    assert "run_eagerly" not in text


def test_a_subclassed_model_is_refused_plainly() -> None:
    found = written({"module": "mine", "class_name": "Net", "config": {"width": 3}, "registered_name": "mine>Net"})
    ((sentence, _),) = found.problems
    assert "nothing of the code that makes its layers" in sentence


def test_a_file_without_an_architecture_is_refused() -> None:
    found = rebuilt(document(), KERAS_3, Beside({}, {}, {}, "", ""))
    assert "no architecture" in found.problems[0][0]


def test_a_circle_of_connections_is_refused() -> None:
    one, two = called(layer("ReLU", name="a"), tensor("b")), called(layer("ReLU", name="b"), tensor("a"))
    assert "in a circle" in written(functional(one, two, outputs=["b", 0, 0])).problems[0][0]


@pytest.mark.parametrize("name", ["keras", "build_model", "print"])
def test_a_class_that_would_take_a_name_of_the_code_is_refused(name: str) -> None:
    found = written(sequential(INPUT, layer(name, module="mine", name="c")), custom={name: f"class {name}:\n    pass"})
    assert f"{name!r}" in found.problems[0][0]
    assert f"class {name}" not in found.text


def hostile(word: str) -> list[Document]:
    """Documents that hold a word wherever a file has one."""
    dense = layer("Dense", units=2, activation=word, name=word)
    shared = called(dense, tensor("x"), tensor(word), **{word or "k": 1})
    custom = layer(word or "C", module=word, name="c", **{word or "k": word})
    function = {"module": word, "class_name": "function", "config": word, "registered_name": word}
    adam = {"module": "keras.optimizers", "class_name": "Adam", "config": {"name": word}}
    training = {"optimizer": adam, "loss": {word: word}, "metrics": [[word], function]}
    return [
        document(functional(shared, outputs={word: [word, 1, 0]}, name=word), training=training),
        document(sequential({**INPUT, "config": {**INPUT["config"], "name": word, "dtype": word}}, dense, name=word)),
        document(sequential(INPUT, custom)),
        document(sequential(INPUT, layer("Dense", units=word, kernel_initializer=function, name="d"))),
        document(functional(called(layer(word or "Add", module="keras.src.ops.numpy", name="o"), tensor("x")), outputs=["o", 0, 0])),
        document(
            {"module": word, "class_name": word or "Net", "config": functional(outputs=["x", 0, 0])["config"], "registered_name": word}
        ),
    ]


@pytest.mark.parametrize("word", HOSTILE)
def test_a_hostile_name_is_never_code(word: str) -> None:
    plain = [names_used(rebuilt(one, KERAS_3, Beside({}, {}, {}, "", "")).text) for one in hostile("word")]
    for harmless, sick in zip(plain, hostile(word), strict=True):
        found = rebuilt(sick, KERAS_3, Beside({}, {}, {}, "", ""))
        tree = ast.parse(found.text)
        assert not {"os", "__import__", "system"} & names_used(found.text)
        assert [
            node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom)) and "os" in ast.dump(node).split("'")
        ] == []
        assert len(names_used(found.text)) <= len(harmless) + 1


def test_the_code_is_formatted_as_ruff_formats(tmp_path: Path) -> None:
    wide = layer(
        "Conv2D", filters=8, kernel_size=[3, 3], padding="same", kernel_initializer="he_normal", kernel_regularizer="l2", name="conv"
    )
    inner = functional(called(layer("Dense", units=4, name="inside"), tensor("x")), outputs=[["inside", 0, 0]], name="encoder")
    outer = functional(called(inner, tensor("x")), called(wide, tensor("encoder"), tensor("conv")), outputs=["conv", 1, 0])
    file = tmp_path / "model.py"
    file.write_text(written(outer).text)
    done = subprocess.run([sys.executable, "-m", "ruff", "format", "--isolated", "--diff", str(file)], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout


def test_an_operation_is_called_by_the_name_under_which_keras_offers_it() -> None:
    resize = layer("Resize", module="keras.src.ops.image", size=[4, 4], data_format="channels_last", name="resize")
    text = written(functional(called({**resize, "registered_name": "Resize"}, tensor("x")), outputs=["resize", 0, 0])).text
    assert 'keras.ops.image.resize(x, size=(4, 4), data_format="channels_last")' in " ".join(text.split())


def test_a_hub_layer_that_trains_says_so() -> None:
    hub = {**layer("HubLayer", module="kdoctor.hub.layer", handle="h", trainable=True, name="hub"), "registered_name": "kdoctor>HubLayer"}
    assert "trainable=True" in written(sequential(INPUT, hub)).text


@pytest.mark.parametrize("function", ["binary_accuracy", {"module": "builtins", "class_name": "function", "config": "binary_accuracy"}])
def test_a_wrapped_metric_is_given_the_function_and_no_name_of_it(function: Any) -> None:
    wrapper = {"module": "keras.metrics", "class_name": "MeanMetricWrapper", "config": {"name": "accuracy", "fn": function}}
    training = {"optimizer": "adam", "loss": "mse", "metrics": [wrapper]}
    assert "fn=keras.metrics.binary_accuracy" in written(sequential(INPUT, layer("ReLU")), training=training).text


def test_several_outputs_of_a_function_are_told_apart_in_whatever_collection_they_come() -> None:
    mine = {"module": "builtins", "class_name": "function", "config": "mine", "registered_name": "function"}
    branch = called(layer("Lambda", function=mine, name="branch"), tensor("x"))
    text = written(functional(branch, outputs=[["branch", 0, 0], ["branch", 0, 1]]), custom={"mine": "def mine(x): ..."}).text
    assert "keras.tree.flatten(" in text


def test_a_layer_of_two_models_is_made_once_in_each_model_that_is_built() -> None:
    def inner(name: str) -> dict[str, Any]:
        shared = {**called(layer("Dense", units=4, name="d"), tensor("x")), "shared_object_id": 7}
        model = functional(shared, outputs=["d", 0, 0], name=name)
        model["config"]["layers"][0]["shared_object_id"] = 8
        return called(model, tensor("x"))

    found = written(functional(inner("one"), inner("two"), outputs=[["one", 0, 0], ["two", 0, 0]]))
    assert found.problems == ()
    assert found.text.count("keras.layers.Dense(") == 1
    assert found.text.count("shared_d()(x)") == 2
    assert "def build_model():\n    shared_d.cache_clear()\n" in found.text


def test_an_argument_that_no_file_keeps_a_default_of_is_asked_for() -> None:
    found = written(sequential(INPUT, crop("lambda x, *, s=2, **rest: x * s + len(f'{rest}')")))
    assert [sentence for sentence, _ in found.problems] == ["Lambda 'crop': s is an argument without a value in the file: --bind s=VALUE"]
