"""``--compile`` for several outputs. What is written here was loaded and fitted in 2.2.5, 2.4, 2.9, 2.11, 2.15, 3.0.5 and 3.15.1."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from graphs import after, functional, start

from kdoctor.document import Document, Format, Json
from kdoctor.errors import UsageError
from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.target import Target
from kdoctor.testing import document, layer, sequential
from kdoctor.training.asked_outputs import output_names, require_outputs
from kdoctor.training.said_outputs import for_outputs
from kdoctor.training.words import parse_training, training_part

MSE, MAE = "mean_squared_error", "mean_absolute_error"


def model(*names: str, format: Format = Format.KERAS_ZIP, units: int = 2) -> Document:
    rows = [start("x"), *(after(layer("Dense", name=name, units=units), "x") for name in names)]
    config = functional(*rows, inputs=(("x", 0, 0),), outputs=tuple((name, 0, 0) for name in names))
    return document(config, format=format)


def written(said: str, release: str = "3.15.1", format: Format = Format.KERAS_ZIP, units: int = 2) -> dict[str, Any]:
    made, target = model("a", "b", format=format, units=units), Target(release)
    asked = parse_training(f"optimizer=adam,{said}", Catalogue.load(release))
    require_outputs(asked, output_names(made))
    ends = made.config["config"]["output_layers"] if format.native or target.keras_3 else None
    return training_part(for_outputs(asked, made, target), format, ends)


@pytest.mark.parametrize("format", [Format.KERAS_ZIP, Format.H5_MODEL])
@pytest.mark.parametrize(
    ("said", "loss", "weights"),
    [
        ("loss=mse", MSE, None),
        ("loss=[mse,mae]", [MSE, MAE], None),
        ("loss=['mse', \"mae\"]", [MSE, MAE], None),
        ("loss={a:mse,b:mae}", {"a": MSE, "b": MAE}, None),
        ("loss={'b': mae, 'a': mse}", {"a": MSE, "b": MAE}, None),
        ("loss={a:mse}", {"a": MSE, "b": None}, None),
        ("loss=[mse,none]", [MSE, None], None),
        ("loss=mse,loss_weights=[1,0.5]", [MSE, MSE], [1.0, 0.5]),
        ("loss=[mse,mae],loss_weights={b:2}", [MSE, MAE], [1.0, 2.0]),
        ("loss={a:mse,b:mae},loss_weights=[1,2]", {"a": MSE, "b": MAE}, {"a": 1.0, "b": 2.0}),
    ],
)
def test_keras_3_gets_a_loss_and_a_weight_for_every_output_in_one_form(said: str, loss: Json, weights: Json, format: Format) -> None:
    found = written(said, format=format)
    assert (found["loss"], found["loss_weights"]) == (loss, weights)


@pytest.mark.parametrize(
    ("said", "metrics"),
    [
        ("metrics=mae+mse", [["mae", "mse"], ["mae", "mse"]]),
        ("metrics=[mae,mse]", [["mae", "mse"], ["mae", "mse"]]),
        ("metrics=[[mae],[mse,acc]]", [["mae"], ["mse", "acc"]]),
        ("metrics=[[],[mae]]", {"b": ["mae"]}),
        ("metrics={a:mae,b:[mse,mae]}", {"a": ["mae"], "b": ["mse", "mae"]}),
        ("metrics={a:mae+mse}", {"a": ["mae", "mse"]}),
    ],
)
def test_metrics_are_those_of_every_output_or_of_each(said: str, metrics: Json) -> None:
    assert written(f"loss=mse,{said}")["metrics"] == metrics


def test_keras_2_gets_what_was_said() -> None:
    found = written("loss={a:mse},loss_weights=[1,2],metrics={b:mae}", "2.2.5", Format.H5_MODEL)
    assert (found["loss"], found["loss_weights"], found["metrics"]) == ({"a": MSE}, [1.0, 2.0], {"b": ["mae"]})


def test_in_an_h5_of_keras_2_each_metric_is_named_after_its_output() -> None:
    """As Keras 2.15 writes them; texts are read as they are, and the history had one ``mean_absolute_error`` for both."""

    def named(name: str, function: str) -> Json:
        return {"class_name": "MeanMetricWrapper", "config": {"name": name, "dtype": "float32", "fn": function}}

    for release in ("2.4.0", "2.9.0", "2.15.0"):
        found = written("loss=mse,metrics=mae", release, Format.H5_MODEL)
        assert found["metrics"] == [[named("a_mae", MAE)], [named("b_mae", MAE)]]
    found = written("loss=mse,metrics={b:acc}", "2.15.0", Format.H5_MODEL, units=1)
    assert found["metrics"] == [[], [named("b_acc", "binary_accuracy")]]
    found = written("loss=sparse_categorical_crossentropy,metrics=[[acc],[AUC]]", "2.15.0", Format.H5_MODEL)
    assert found["metrics"] == [
        [named("a_acc", "sparse_categorical_accuracy")],
        [{"class_name": "AUC", "config": {"name": "b_auc", "dtype": "float32"}}],
    ]


def test_what_the_targets_alone_tell_stays_a_text() -> None:
    assert written("loss=mse,metrics=acc", "2.15.0", Format.H5_MODEL)["metrics"] == ["acc"]


def test_of_one_output_a_list_of_one_is_that_one() -> None:
    made = document(sequential(layer("InputLayer", name="x", batch_shape=[None, 4]), layer("Dense", name="a", units=1)))
    for said in ("loss=[mse],loss_weights=[0.5],metrics=[[mae]]", "loss={a:mse},loss_weights={a:0.5},metrics={a:mae}"):
        asked = parse_training(f"optimizer=adam,{said}", Catalogue.load("3.15.1"))
        require_outputs(asked, output_names(made))
        found = training_part(for_outputs(asked, made, Target("3.15.1")), Format.KERAS_ZIP)
        assert (found["loss"], found["loss_weights"], found["metrics"]) == (MSE, [0.5], ["mae"])


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("loss={c:mse}", "loss: there is no output 'c'; the model has 2 outputs: a, b"),
        ("loss=[mse]", "loss: it is a list of 1, and the model has 2 outputs: a, b"),
        ("loss=[mse,mae,mse]", "loss: it is a list of 3, and"),
        ("loss=mse,loss_weights=[1]", "loss_weights: it is a list of 1, and"),
        ("loss=mse,loss_weights=2", "loss_weights: say a weight for each; the model has 2 outputs"),
        ("loss=mse,loss_weights=[1,heavy]", "loss_weights: a weight is a number, not 'heavy'"),
        ("loss=mse,loss_weights=[1,-1]", "loss_weights: a weight is a number, not '-1'"),
        ("loss=mse,metrics={c:mae}", "metrics: there is no output 'c'"),
        ("loss=mse,metrics=[[mae],[mae],[mae]]", "metrics: it is a list of 3"),
        ("loss={mse,mae}", "write {output:mse,other:mse}, each output once"),
        ("loss={a:mse,a:mae}", "each output once"),
        ("loss=[mse,square]", "no loss 'square'"),
        ("loss={a:mse,b:square}", "no loss 'square'"),
        ("loss=mse,metrics={a:luck}", "no metric 'luck'"),
    ],
)
def test_what_fits_no_output_is_refused_with_what_is_possible(said: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        written(said)


def test_a_metric_keeps_the_name_that_it_was_asked_for_by() -> None:
    """As `compile(metrics=["mae"])` has it in `history`: run in 2.15 and 3.15.1, which make a `mean_absolute_error` of a text in an .h5."""
    made = model(layer("InputLayer", name="x", batch_shape=[None, 3]), layer("Dense", name="a", units=1))
    one = {**made.config, "config": {**made.config["config"], "output_layers": [["a", 0, 0]]}}
    found = {}
    for release, format in product(("2.15.0", "3.15.1"), (Format.KERAS_ZIP, Format.H5_MODEL)):
        asked = parse_training("optimizer=adam,loss=mse,metrics=mae+acc+AUC", Catalogue.load(release))
        training = training_part(for_outputs(asked, document(one, format=format), Target(release)), format)
        found[release, format] = training["metrics"]
    assert found["2.15.0", Format.KERAS_ZIP] == found["3.15.1", Format.KERAS_ZIP] == ["mae", "acc", "AUC"]
    wrapper = {"class_name": "MeanMetricWrapper", "config": {"name": "mae", "dtype": "float32", "fn": MAE}}
    assert found["2.15.0", Format.H5_MODEL] == [wrapper, "acc", "AUC"]
    objects = [
        {"class_name": name, "config": {"name": asked, "dtype": "float32"}}
        for name, asked in (("MeanAbsoluteError", "mae"), ("AUC", "AUC"))
    ]
    assert found["3.15.1", Format.H5_MODEL] == [objects[0], "acc", objects[1]]
