"""K208: wrong numbers of inputs, and inputs that belong elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy
import pytest
from graphs import after, cured, functional, start, wrapped
from typer.testing import CliRunner

from kdoctor.check import Severity
from kdoctor.cli.app import app
from kdoctor.doctor import examine_file
from kdoctor.document import Document
from kdoctor.packs import load_checks
from kdoctor.target import Target
from kdoctor.testing import KERAS_3, document, examine, layer, sequential

LSTM = layer("LSTM", name="out", units=2)


def tensor(name: str) -> dict[str, Any]:
    return {"class_name": "__keras_tensor__", "config": {"shape": [None, 4], "dtype": "float32", "keras_history": [name, 0, 0]}}


def graph(made: dict[str, Any], *inputs: str) -> Document:
    starts = [start(name) for name in inputs]
    return document(functional(*starts, made, inputs=tuple((name, 0, 0) for name in inputs)))


def called(made: dict[str, Any], *args: Any, **keywords: Any) -> dict[str, Any]:
    return {**made, "name": "out", "inbound_nodes": [{"args": list(args), "kwargs": keywords}]}


def test_a_list_for_a_layer_of_one_input_is_named_with_what_keras_says() -> None:
    (finding,) = examine("K208", graph(after(layer("Dense", name="out", units=2), "in", "other"), "in", "other"))
    assert finding.message == "Dense 'out' takes one tensor, and is given a list of 2"
    assert finding.keras_says == 'ValueError: Layer "out" expects 1 input(s), but it received 2 input tensors.'
    assert finding.repair is None


def test_one_tensor_for_a_layer_that_merges_is_named() -> None:
    (finding,) = examine("K208", graph(after(layer("Add", name="out"), "in"), "in"))
    assert finding.message == "Add 'out' takes a list of tensors, and is given one tensor"


@pytest.mark.parametrize(
    "healthy",
    [
        after(layer("Add", name="out"), "in", "other"),
        after(layer("Dense", name="out", units=2), "in"),
        after(layer("Dropout", name="out", rate=0.1), "in", "other"),
        called(layer("Add", name="out", module="keras.src.ops.numpy"), tensor("in"), tensor("other")),
        called(layer("Dense", name="out", module="mine"), [tensor("in"), tensor("other")]),
        called(layer("MultiHeadAttention", name="out"), tensor("in"), tensor("other")),
        called(layer("MultiHeadAttention", name="out"), tensor("in"), value=tensor("other")),
        called(layer("LSTM", name="out", units=2), tensor("in"), initial_state=[tensor("other"), tensor("other")]),
    ],
)
def test_what_a_layer_takes_is_not_named(healthy: dict[str, Any]) -> None:
    assert examine("K208", graph(healthy, "in", "other")) == []


@pytest.mark.parametrize("target", [KERAS_3, Target("3.0.5"), Target("2.15.0")])
def test_a_layer_that_merges_has_one_tensor_alone_in_a_sequential(target: Target) -> None:
    stacked = sequential(layer("Dense", name="score", units=1), layer("Dot", name="dot", axes=1, normalize=False))
    (finding,) = examine("K208", document(stacked), target)
    assert finding.message == "Dot 'dot' takes a list of 2, and is given the one that 'score' makes"
    assert finding.keras_says == "ValueError: A `Dot` layer should be called on a list of 2 inputs. Received:"
    assert finding.layer == "dot"


@pytest.mark.parametrize("first", [layer("Lambda", name="split"), layer("LSTM", name="split", units=2, return_state=True)])
def test_what_may_make_several_tensors_in_a_sequential_is_not_named(first: dict[str, Any]) -> None:
    assert examine("K208", document(sequential(first, layer("Concatenate", name="all", axis=-1)))) == []


def test_a_nested_model_is_told_its_inputs_by_name() -> None:
    inner = functional(start("a"), start("b"), after(layer("Add", name="out"), "a", "b"), inputs=(("a", 0, 0), ("b", 0, 0)), name="inner")
    (finding,) = examine("K208", document(functional(start(), after(inner, "in"), outputs=(("inner", 0, 0),))))
    assert finding.message == "Functional 'inner' takes 2 ('a', 'b'), and is given 1"


def test_states_beside_an_input_become_an_argument() -> None:
    sick = graph(after(LSTM, "in", "h", "c"), "in", "h", "c")
    (finding,) = examine("K208", sick)
    well = cured(sick, finding)
    assert examine("K208", well) == []
    (node,) = well.config["config"]["layers"][3]["inbound_nodes"]
    assert [one["config"]["keras_history"][0] for one in node["kwargs"]["initial_state"]] == ["h", "c"]


@pytest.mark.parametrize("sick", [after(LSTM, "in", "h"), after(layer("LSTM", name="out", units=2, num_constants=1), "in", "h", "c")])
def test_another_number_of_states_and_constants_are_not_cured(sick: dict[str, Any]) -> None:
    (finding,) = examine("K208", graph(sick, "in", "h", "c"))
    assert finding.repair is None


def test_keras_2_takes_states_in_a_list() -> None:
    assert examine("K208", graph(after(LSTM, "in", "h", "c"), "in", "h", "c"), Target("2.15.0")) == []


def test_the_states_are_those_that_keras_3_computes_with(tmp_path: Path) -> None:
    """The node of Keras 2 written into a model that Keras 3 made, and cured."""
    steps, states = keras.Input((3, 2), name="steps"), [keras.Input((2,), name=name) for name in ("h", "c")]
    model = keras.Model([steps, *states], keras.layers.LSTM(2, name="decoder")(steps, initial_state=states))
    config = keras.saving.serialize_keras_object(model)
    config["config"]["layers"][3]["inbound_nodes"] = [[[name, 0, 0, {}] for name in ("steps", "h", "c")]]
    sick = document(config)
    (finding,) = examine("K208", sick)
    well = keras.saving.deserialize_keras_object(cured(sick, finding).config)
    well.set_weights(model.get_weights())
    given = [numpy.random.RandomState(3).rand(2, *shape).astype("float32") for shape in ((3, 2), (2,), (2,))]
    assert numpy.array_equal(well.predict(given, verbose=0), model.predict(given, verbose=0))


KERAS_2 = Target("2.15.0")


def test_keras_2_refuses_what_it_was_seen_to_refuse() -> None:
    several = graph(after(layer("Dense", name="out", units=2), "in", "other"), "in", "other")
    (finding,) = examine("K208", several, KERAS_2)
    assert finding.keras_says == 'ValueError: Layer "out" expects 1 input(s), but it received 2 input tensors.'
    assert len(examine("K208", several, Target("2.9.3", family="tf.keras"))) == 1
    (finding,) = examine("K208", graph(after(layer("Add", name="out"), "in"), "in"), KERAS_2)
    assert finding.message == "Add 'out' takes a list of tensors, and is given one tensor"


def test_keras_2_leaves_out_what_a_nested_model_gets_too_many_of() -> None:
    two = functional(start("a"), start("b"), after(layer("Add", name="out"), "a", "b"), inputs=(("a", 0, 0), ("b", 0, 0)), name="inner")
    one = functional(start("a"), after(layer("ReLU", name="out"), "a"), inputs=(("a", 0, 0),), name="inner")
    ends = {"inputs": (("in", 0, 0), ("other", 0, 0)), "outputs": (("inner", 0, 0),)}
    too_few = document(functional(start(), start("other"), after(two, "in"), **ends))
    too_many = document(functional(start(), start("other"), after(one, "in", "other"), **ends))
    (finding,) = examine("K208", too_few, KERAS_2)
    assert str(finding.keras_says).startswith("AssertionError: Could not compute output")
    assert examine("K208", too_many, KERAS_2) == []
    assert len(examine("K208", too_many)) == 1


@pytest.mark.parametrize("name", ["Discretization", "LSTM"])
def test_keras_2_takes_lists_where_keras_3_does_not(name: str) -> None:
    called_with_two = graph(after(layer(name, name="out", units=2), "in", "other"), "in", "other")
    assert examine("K208", called_with_two, KERAS_2) == []
    assert len(examine("K208", called_with_two)) == 1


def test_a_layer_of_a_wrapped_model_is_named_too() -> None:
    (finding,) = examine("K208", wrapped(functional(start(), after(layer("Add", name="out"), "in"), name="inner")))
    assert finding.message == "Add 'out' takes a list of tensors, and is given one tensor"


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file", "ignore:__array__ implementation")
@pytest.mark.parametrize("name", ["Add", "Subtract", "Multiply", "Maximum", "Minimum"])
def test_an_operation_with_the_name_of_a_layer_that_merges_takes_two_tensors(tmp_path: Path, name: str) -> None:
    """An .h5 of Keras 3 says of ``x + y`` no more than ``Add``: K306 tells that it is the operation."""
    path, out = tmp_path / "model.h5", tmp_path / "cured.h5"
    given = keras.Input((4,))
    saved = keras.Model(given, getattr(keras.ops, name.lower())(keras.layers.Dense(4)(given), keras.layers.Dense(4)(given)))
    saved.save(path)
    report = examine_file(path, Target(keras.__version__), load_checks())
    assert [found.check.code for found in report.findings if found.severity is Severity.ERROR] == ["K306"]
    assert CliRunner().invoke(app, ["fix", str(path), "-o", str(out)]).exit_code == 0
    numbers = numpy.random.RandomState(3).rand(2, 4).astype("float32")
    assert numpy.allclose(keras.saving.load_model(out)(numbers), saved(numbers), atol=1e-6)
