"""K604: connections in a form that the target reads otherwise."""

from __future__ import annotations

import json
from typing import Any

import keras
import numpy
import pytest
from graphs import after, cured, functional, start, wrapped

from kdoctor.document import Document
from kdoctor.engine import plan
from kdoctor.packs import load_checks
from kdoctor.target import Target
from kdoctor.testing import KERAS_3, document, examine, layer, sequential

OUT = after(layer("Dense", name="out"), "in")


def stacked(**endpoints: Any) -> Document:
    """A Functional in a Sequential."""
    return document(sequential(functional(start(), OUT, name="inner", **endpoints), layer("Dense")))


def nested(*calls: list[Any], used: int, outputs: object = (("out", 0, 0),)) -> Document:
    """A Sequential that is called in a Functional, whose next layer takes the output of call ``used``."""
    inner = {**sequential(layer("Dense"), name="inner"), "name": "inner", "inbound_nodes": list(calls)}
    return document(functional(start(), inner, after(layer("Dense", name="out"), "inner", node=used), outputs=outputs))


CALL = [["in", 0, 0, {}]]


def test_a_nested_model_in_a_stack_is_written_flat() -> None:
    sick = stacked()
    (finding,) = examine("K604", sick)
    assert finding.layer == "inner"
    healed = cured(sick, finding)
    inner = healed.config["config"]["layers"][0]["config"]
    assert (inner["input_layers"], inner["output_layers"]) == (["in", 0, 0], ["out", 0, 0])
    assert examine("K604", healed) == []


def test_a_sequential_behind_it_takes_the_list_as_well() -> None:
    """Run in Keras 3.12 and 3.15: a Sequential with an InputLayer flattens what it is given."""
    inner, behind = functional(start(), OUT, name="inner"), sequential(layer("InputLayer", batch_shape=[None, 4]), layer("Dense"))
    assert examine("K604", document(sequential(inner, behind))) == []
    assert len(examine("K604", document(sequential(inner, sequential(layer("Dense")))))) == 1
    last = functional(start(), OUT, name="last")
    assert len(examine("K604", document(sequential(inner, behind, last, layer("Dense"))))) == 1


def test_one_that_ends_the_outermost_stack_may_keep_its_lists() -> None:
    """Run in Keras 3.12 and 3.15, as an archive and an ``.h5``: predictions and training are the same."""
    ends = sequential(layer("InputLayer", batch_shape=[None, 4]), functional(start(), OUT, name="inner"))
    assert examine("K604", document(ends)) == []
    assert examine("K604", document(ends), Target("3.12.0")) == []
    assert len(examine("K604", document(sequential(ends, layer("Dense"))))) == 1
    assert len(examine("K604", document(ends), Target("3.4.1"))) == 1


@pytest.mark.parametrize(("key", "sick"), [("input_layers", False), ("output_layers", True)])
def test_what_keras_makes_of_one_end_in_a_list_is_what_is_told(key: str, sick: bool) -> None:
    """As Keras 3.15 writes ``Model(base.inputs, …)``, which transfer learning puts into a Sequential: it was called sick."""
    inside = keras.Input((4,), name="x")
    inner = keras.Model(inside, keras.layers.Dense(3)(inside), name="inner")
    model = keras.Sequential([keras.Input((4,)), inner, keras.layers.Flatten(), keras.layers.Dense(2)])
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(model)))
    own = config["config"]["layers"][1]["config"]
    own[key] = [own[key]]
    assert bool(examine("K604", document(config))) is sick
    given = numpy.random.RandomState(3).rand(2, 4).astype("float32")
    if sick:
        with pytest.raises((ValueError, AttributeError)):
            keras.saving.deserialize_keras_object(config).predict(given, verbose=0)
    else:
        well = keras.saving.deserialize_keras_object(config)
        well.set_weights(model.get_weights())
        assert numpy.array_equal(well.predict(given, verbose=0), model.predict(given, verbose=0))


def test_releases_before_3_11_read_a_list_of_one_as_one() -> None:
    assert examine("K604", stacked(), Target("3.10.0")) == []
    assert len(examine("K604", stacked(), Target("3.11.0"))) == 1


def test_keras_3_4_wants_them_flat_too() -> None:
    sick, target = stacked(), Target("3.4.1")
    (finding,) = examine("K604", sick, target)
    assert examine("K604", cured(sick, finding), target) == []


@pytest.mark.parametrize("release", ["3.0.5", "3.2.1"])
def test_before_3_3_no_form_of_a_nested_model_in_a_stack_works(release: str) -> None:
    (finding,) = examine("K604", stacked(), Target(release))
    assert finding.repair is None
    (finding,) = examine("K604", stacked(inputs=("in", 0, 0), outputs=("out", 0, 0)), Target(release))
    assert finding.repair is None


def test_before_3_4_the_flat_form_is_written_as_a_list() -> None:
    sick, target = document(functional(start(), OUT, outputs=("out", 0, 0))), Target("3.3.3")
    (finding,) = examine("K604", sick, target)
    healed = cured(sick, finding)
    assert healed.config["config"]["output_layers"] == [["out", 0, 0]]
    assert (examine("K604", healed, target), examine("K604", sick, Target("3.4.0"))) == ([], [])


@pytest.mark.parametrize("outputs", [("out", 0, 0), {"named": ["out", 0, 0]}, (("out", 0, 0), ("in", 0, 0))])
def test_flat_named_and_several_outputs_are_meant_as_they_are(outputs: object) -> None:
    assert examine("K604", stacked(inputs=("in", 0, 0), outputs=outputs)) == []


def test_a_functional_alone_or_in_another_one_may_keep_its_lists() -> None:
    assert examine("K604", document(functional(start(), OUT))) == []
    inner = {**functional(start(), OUT, name="inner"), "name": "inner", "inbound_nodes": [CALL]}
    assert examine("K604", document(functional(start(), inner, outputs=(("inner", 0, 0),)))) == []


def test_calls_that_are_counted_from_one_are_counted_from_zero() -> None:
    sick = nested(CALL, used=1)
    (finding,) = examine("K604", sick)
    assert finding.message == "the calls of the nested Sequential 'inner' are counted from 1"
    healed = cured(sick, finding)
    assert healed.config["config"]["layers"][2]["inbound_nodes"] == [[["inner", 0, 0, {}]]]
    assert examine("K604", healed) == []


def test_calls_of_a_nested_functional_are_recounted_but_where_the_outputs_refer_to_them() -> None:
    """Keras 3 itself subtracts one there (functional.py, get_tensor)."""
    inner = {**functional(start(), OUT, name="inner"), "name": "inner", "inbound_nodes": [CALL, CALL]}
    sick = document(
        functional(start(), inner, after(layer("Dense", name="out"), "inner", node=1), outputs=(("out", 0, 0), ("inner", 2, 0)))
    )
    (finding,) = examine("K604", sick)
    healed = cured(sick, finding).config["config"]
    assert healed["layers"][2]["inbound_nodes"] == [[["inner", 0, 0, {}]]]
    assert healed["output_layers"] == [["out", 0, 0], ["inner", 2, 0]]


def test_calls_whose_first_makes_an_output_alone_are_not_recounted_twice() -> None:
    """``Model([a, b], [inner(a), dense(inner(b))])``: of files of Keras 2.2, 2.4 and 2.15 every second one was cured to another model."""
    inner = {**functional(start(), OUT, name="inner"), "name": "inner", "inbound_nodes": [CALL, CALL, CALL]}
    ends = (("inner", 1, 0), ("out", 0, 0), ("inner", 3, 0))
    sick = document(functional(start(), inner, after(layer("Dense", name="out"), "inner", node=2), outputs=ends))
    (finding,) = examine("K604", sick)
    healed = cured(sick, finding)
    ((node,),) = [healed.config["config"]["layers"][2]["inbound_nodes"]]
    assert node["args"][0]["config"]["keras_history"] == ["inner", 1, 0]
    assert healed.config["config"]["output_layers"] == [list(end) for end in ends]
    assert examine("K604", healed) == []


def test_a_call_that_has_no_words_in_keras_3_is_not_recounted() -> None:
    inner = {**functional(start(), OUT, name="inner"), "name": "inner", "inbound_nodes": [CALL, CALL]}
    distance = {**after(layer("Dense", name="out"), "inner"), "inbound_nodes": [["inner", 2, 0, {}]]}
    (finding,) = (one for one in examine("K604", document(functional(start(), inner, distance))) if "counted from 1" in one.message)
    assert finding.repair is None


@pytest.mark.parametrize("kind", ["Sequential", "Functional"])
def test_calls_are_recounted_before_another_cure_writes_them(kind: str) -> None:
    """States of an LSTM, operations of TensorFlow and tensors among keywords: 54 files of 2.4 and 2.15, all right to 1e-5 in 3.15.1."""
    inner = {**functional(start(), OUT, name="inner"), "class_name": kind, "name": "inner", "inbound_nodes": [CALL, CALL, CALL]}
    states = {
        **after(layer("LSTM", name="lstm", units=4), "inner"),
        "inbound_nodes": [[["inner", 2, 0, {}], ["inner", 3, 0, {}], ["inner", 3, 0, {}]]],
    }
    sick = document(functional(start(), inner, states, outputs=(("inner", 1, 0), ("lstm", 0, 0))))
    planned = plan(sick, KERAS_3, load_checks())
    (call,) = planned.after.document.config["config"]["layers"][2]["inbound_nodes"]
    assert call["args"][0]["config"]["keras_history"] == ["inner", 1, 0]
    assert [state["config"]["keras_history"] for state in call["kwargs"]["initial_state"]] == [["inner", 2, 0], ["inner", 2, 0]]


@pytest.mark.parametrize("kind", ["Sequential", "Functional"])
def test_a_call_among_the_keywords_of_what_takes_another_call_is_recounted_too(kind: str) -> None:
    """``base(a) - base(b)``, the distance in a siamese network."""
    inner = {**functional(start(), OUT, name="inner"), "class_name": kind, "name": "inner", "inbound_nodes": [CALL, CALL]}
    distance = {**after(layer("TFOpLambda", name="out"), "inner"), "inbound_nodes": [["inner", 1, 0, {"y": ["inner", 2, 0], "name": None}]]}
    sick = document(functional(start(), inner, distance))
    (finding,) = (finding for finding in examine("K604", sick) if "counted from 1" in finding.message)
    healed = cured(sick, finding).config["config"]["layers"][2]
    assert healed["inbound_nodes"] == [["inner", 0, 0, {"y": ["inner", 1, 0], "name": None}]]


def test_outputs_are_recounted_too() -> None:
    sick = nested(CALL, CALL, used=1, outputs=(("out", 0, 0), ("inner", 2, 0)))
    (finding,) = examine("K604", sick)
    assert cured(sick, finding).config["config"]["output_layers"] == [["out", 0, 0], ["inner", 1, 0]]


@pytest.mark.parametrize("sick", [nested(CALL, used=0), nested(CALL, CALL, used=0, outputs=(("inner", 1, 0),)), nested(CALL, used=2)])
def test_calls_from_zero_and_calls_that_never_happen_are_not_recounted(sick: Document) -> None:
    assert examine("K604", sick) == []


def test_a_tensor_among_the_keywords_becomes_an_argument_of_a_call() -> None:
    attention = {
        **after(layer("Attention", name="out"), "in"),
        "inbound_nodes": [[["in", 0, 0, {"value": ["memory", 0, 0], "training": False}]]],
    }
    sick = document(functional(start(), start("memory"), attention))
    (finding,) = examine("K604", sick)
    assert finding.message == "'out' is called with a tensor as a keyword argument, which Keras 3.15.1 reads as a plain list"
    healed = cured(sick, finding)
    (node,) = healed.config["config"]["layers"][2]["inbound_nodes"]
    assert node["args"][0]["config"]["keras_history"] == ["in", 0, 0]
    assert node["kwargs"]["value"]["config"]["keras_history"] == ["memory", 0, 0]
    assert node["kwargs"]["training"] is False
    assert examine("K604", healed) == []


@pytest.mark.parametrize("keywords", [{}, {"axis": [0, 1, 2]}, {"training": None}, {"shape": []}, {"pair": [["a", "b"], 1]}])
def test_keywords_without_tensors_are_healthy(keywords: dict[str, Any]) -> None:
    made = {**OUT, "inbound_nodes": [[["in", 0, 0, keywords]]]}
    assert examine("K604", document(functional(start(), made))) == []


def test_a_model_in_a_wrapper_is_written_flat() -> None:
    sick = wrapped(functional(start(), OUT, name="inner"))
    (finding,) = examine("K604", sick)
    assert finding.layer == "inner"
    assert examine("K604", cured(sick, finding)) == []
    assert examine("K604", sick, Target("3.10.0")) == []


def test_a_model_within_a_sequential_in_a_wrapper_is_written_flat_and_one_within_a_functional_is_left() -> None:
    inner = functional(start(), OUT, name="inner")
    assert len(examine("K604", wrapped(sequential(inner, layer("Dense"))))) == 1
    around = functional(start("x"), after(inner, "x"), inputs=("x", 0, 0), outputs=("inner", 0, 0), name="around")
    assert examine("K604", wrapped(around)) == []


def test_what_a_wrapped_model_computes_in_keras_is_what_it_computed() -> None:
    """Connections as Keras 2 writes them, in a model that Keras 3 made: refused, and after the cure the same."""
    inside = keras.Input((4,), name="x")
    half = keras.layers.Dense(4, name="half")
    twice = keras.Model(inside, keras.layers.Add(name="sum")([half(inside), half(half(inside))]), name="twice")
    steps = keras.Input((3, 4), name="in")
    model = keras.Model(steps, keras.layers.TimeDistributed(twice, name="out")(steps))
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(model)))
    own = config["config"]["layers"][1]["config"]["layer"]["config"]
    own["input_layers"], own["output_layers"] = [own["input_layers"]], [own["output_layers"]]
    with pytest.raises(ValueError, match="Cannot convert"):
        keras.saving.deserialize_keras_object(json.loads(json.dumps(config)))
    sick = document(config)
    (finding,) = examine("K604", sick)
    well = keras.saving.deserialize_keras_object(cured(sick, finding).config)
    well.set_weights(model.get_weights())
    given = numpy.random.RandomState(3).rand(2, 3, 4).astype("float32")
    assert numpy.array_equal(well.predict(given, verbose=0), model.predict(given, verbose=0))


def of_two_inputs(call: Any, inputs: Any) -> Document:
    """A Functional that is called with a dict in another: its inputs have 4 and 3 features, in what order the file names them."""
    ends = [
        {**start(name), "config": {"name": name, "batch_shape": [None, size]}} for name, size in (("b", 4), ("a", 3), ("q", 4), ("p", 3))
    ]
    made = [
        {**after(layer("Dense", name=f"d{name}", units=2), name), "build_config": {"input_shape": [None, size]}}
        for name, size in (("b", 4), ("a", 3))
    ]
    total = after(layer("Add", name="total"), "db", "da")
    inner = {
        **functional(*ends[:2], *made, total, inputs=inputs, outputs=(("total", 0, 0),), name="out"),
        "name": "out",
        "inbound_nodes": [call],
    }
    inner["module"] = "keras.src.models.functional"
    return document(functional(*ends[2:], inner, inputs=(("q", 0, 0), ("p", 0, 0))))


NAMED = {"b": ["b", 0, 0], "a": ["a", 0, 0]}


@pytest.mark.parametrize("inputs", [NAMED, (("b", 0, 0), ("a", 0, 0))])
@pytest.mark.parametrize("keys", ["ba", "ab"])
def test_a_call_with_a_dict_is_written_in_the_form_of_keras_3(inputs: Any, keys: str) -> None:
    taken = {"b": ["q", 0, 0, {}], "a": ["p", 0, 0, {}]}
    sick = of_two_inputs({key: taken[key] for key in keys}, inputs)
    assert (examine("K614", sick), examine("K206", sick), examine("K208", sick)) == ([], [], [])
    (finding,) = examine("K604", sick)
    assert finding.keras_says == "KeyError: 'args'"
    healed = cured(sick, finding)
    (node,) = healed.config["config"]["layers"][2]["inbound_nodes"]
    assert {key: value["config"]["keras_history"] for key, value in node["args"][0].items()} == {"b": ["q", 0, 0], "a": ["p", 0, 0]}
    for code in ("K604", "K614", "K206", "K208"):
        assert examine(code, healed) == []
    made = keras.Model.from_config(healed.config["config"])
    assert made([numpy.ones((2, 4)), numpy.ones((2, 3))]).shape == (2, 2)


def test_keras_2_reads_a_call_with_a_dict_as_it_is() -> None:
    assert examine("K604", of_two_inputs({"b": ["q", 0, 0, {}], "a": ["p", 0, 0, {}]}, NAMED), Target("2.15.0")) == []
