"""K603: a TensorFlow operation stands in the model as a layer."""

from __future__ import annotations

import json
from typing import Any

import keras
import numpy
import pytest
from graphs import after, cured, functional, start, wrapped

from kdoctor.testing import document, examine, layer, model


@pytest.mark.parametrize(
    ("made", "operation"),
    [
        (layer("TFOpLambda", function="math.reduce_mean"), "math.reduce_mean"),
        (layer("SlicingOpLambda", function="_slice"), "_slice"),
        (layer("TensorFlowOpLayer", node_def='name: "AddV2"'), 'name: "AddV2"'),
        (layer("ClassMethod", symbol="keras.x"), "keras.x"),
        (layer("TFOpLambda"), "TFOpLambda"),
    ],
)
def test_the_operation_is_named(made: dict[str, Any], operation: str) -> None:
    (finding,) = examine("K603", model(made))
    assert finding.message == f"the TensorFlow operation {operation} stands here as a layer of the class {made['class_name']}"
    assert f"Unknown layer: '{made['class_name']}'" in str(finding.keras_says)


def test_keras_layers_and_those_of_others_are_no_operations() -> None:
    assert examine("K603", model(layer("Dense"), layer("TFOpLambda", module="mine"))) == []


def operation(function: str, **keywords: Any) -> dict[str, Any]:
    made = layer("TFOpLambda", name="out", function=function, dtype="float32")
    return {**made, "name": "out", "inbound_nodes": [["dense", 0, 0, keywords]]}


def test_an_operation_in_a_wrapped_model_computes_the_same_for_every_step() -> None:
    """A model that Keras 3 made, in which an operation stands as Keras 2 writes it."""
    inside = keras.Input((4,), name="in")
    dense = keras.layers.Dense(3, name="dense")
    steps = keras.Input((5, 4), name="steps")
    model = keras.Model(steps, keras.layers.TimeDistributed(keras.Model(inside, dense(inside), name="inner"), name="each")(steps))
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(model)))
    own = config["config"]["layers"][1]["config"]["layer"]["config"]
    own["layers"].append(operation("math.reduce_mean", axis=-1, keepdims=True))
    own["output_layers"] = ["out", 0, 0]
    sick = document(config)
    (finding,) = examine("K603", sick)
    well = keras.saving.deserialize_keras_object(cured(sick, finding).config)
    well.set_weights(model.get_weights())
    given = numpy.random.RandomState(3).rand(2, 5, 4).astype("float32")
    assert numpy.allclose(well.predict(given, verbose=0), model.predict(given, verbose=0).mean(-1, keepdims=True), atol=1e-6)


def test_an_operation_that_only_an_added_loss_needs_goes_with_it() -> None:
    """It has no counterpart, and is not asked for one; the others are written once it is gone."""
    mystery = {**operation("math.mystery"), "name": "mystery", "config": {"name": "mystery", "function": "math.mystery"}}
    stays = [start(), after(layer("Dense", name="dense", units=2), "in"), operation("math.square")]
    sick = document(functional(*stays, mystery, after(layer("AddLoss", name="loss", unconditional=False), "mystery")))
    square, gone = examine("K603", sick)
    assert square.repair is not None
    assert square.repair == gone.repair
    assert (square.needs, gone.needs) == ((), ())
    (rest,) = examine("K603", cured(sick, gone))
    assert rest.repair is not None
    assert rest.repair.title == "write it with Keras's own operations"


def test_an_added_loss_takes_no_operation_along_that_an_output_needs() -> None:
    lossy = after(layer("AddLoss", name="loss", unconditional=False), "dense")
    (finding,) = examine(
        "K603", document(functional(start(), after(layer("Dense", name="dense", units=2), "in"), operation("math.mystery"), lossy))
    )
    assert finding.repair is None
    assert finding.needs


def test_what_waits_for_another_operation_says_so() -> None:
    """All operations of a model are written together, or none."""
    squared = {**layer("TFOpLambda", name="squared", function="math.square"), "name": "squared", "inbound_nodes": [["in", 0, 0, {}]]}
    unknown = {**layer("TFOpLambda", name="odd", function="math.nobody_knows"), "name": "odd", "inbound_nodes": [["squared", 0, 0, {}]]}
    waiting, refused = examine("K603", document(functional(start("in"), squared, unknown, outputs=[["odd", 0, 0]])))
    assert waiting.message.endswith("; it waits for 'odd', which has no counterpart")
    assert [need.name for need in refused.needs] == ["a layer in place of 'odd'"]


@pytest.mark.parametrize("axis", [0, None])
def test_an_operation_that_puts_samples_together_is_refused_in_a_wrapped_model_alone(axis: int | None) -> None:
    dense = after(layer("Dense", name="dense", units=3), "in")
    held = functional(start(), dense, operation("math.reduce_mean", axis=axis, keepdims=True), name="inner")
    (finding,) = examine("K603", wrapped(held))
    assert finding.repair is None
    assert "it puts samples together" in finding.message
    assert examine("K603", document(held))[0].repair is not None
