"""K609: an IntegerLookup, StringLookup or TextVectorization that encodes, whose whole numbers a layer behind it truncates to or refuses.

A file of Keras 2 is one of the installed Keras with an older release in its metadata; what it computed there is what this one computes of the
same numbers as floats, with a Rescaling by 1 behind the lookup.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy
import pytest
import tensorflow
from graphs import after, functional, start
from keras import Input, Model, Sequential, layers
from rewriting import rewritten, saved_by
from typer.testing import CliRunner

from kdoctor.cli.app import app
from kdoctor.document import Document
from kdoctor.graph.whole_numbers import BY_RELEASE, HANDING_ON, MERGING, MINDING, Way, way_of
from kdoctor.keras_api.habits import ENCODES_IN_WHOLE_NUMBERS
from kdoctor.pointer import Pointer
from kdoctor.structure.objects import as_node
from kdoctor.target import Target
from kdoctor.testing import document, examine, layer, sequential

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")  # NumPy 2 says it of what Keras makes

NUMBERS = numpy.array([[1, 2, 2, 7], [3, 3, 5, 1]], "int64")
Behind = Callable[[Any], Any]


def lookup(mode: str = "multi_hot") -> Any:
    return layers.IntegerLookup(vocabulary=[1, 2, 3, 5, 7], output_mode=mode)


def graph(behind: Behind, floats: bool, mode: str = "multi_hot") -> Any:
    numbers = Input((4,), dtype="int64")
    looked_up = lookup(mode)(numbers)
    return Model(numbers, behind(layers.Rescaling(1.0)(looked_up) if floats else looked_up))


def row(last: Callable[[], Any], floats: bool) -> Any:
    return Sequential([Input((4,), dtype="int64"), lookup(), *([layers.Rescaling(1.0)] if floats else []), last()])


def encoder(floats: bool) -> Any:
    return graph(lambda x: x, floats)


def outside(floats: bool) -> Any:
    numbers = Input((4,), dtype="int64")
    return Model(numbers, normalized()(encoder(floats)(numbers)))


def normalized() -> Any:
    return layers.LayerNormalization(gamma_initializer=keras.initializers.RandomUniform(0.2, 0.8, seed=1))


def repeated(x: Any) -> Any:
    return layers.TimeDistributed(normalized())(layers.RepeatVector(3)(layers.Dropout(0.1)(x)))


MODELS: dict[str, Callable[[bool], Any]] = {
    "truncated": lambda floats: graph(lambda x: normalized()(x), floats),
    "counted": lambda floats: graph(lambda x: normalized()(x), floats, "count"),
    "step by step": lambda floats: graph(repeated, floats),
    "refused": lambda floats: graph(lambda x: layers.Softmax()(x), floats),
    "joined": lambda floats: graph(lambda x: normalized()(layers.Concatenate()([x, x])), floats),
    "model within": outside,
    "in a row": lambda floats: row(normalized, floats),
}


@pytest.mark.parametrize("name", MODELS)
def test_whole_numbers_are_made_floats_where_a_layer_minds(name: str, tmp_path: Path) -> None:
    sick, out = tmp_path / "sick.keras", tmp_path / "fixed.keras"
    expected = numpy.asarray(MODELS[name](True)(NUMBERS))
    MODELS[name](False).save(sick)
    rewritten(sick, sick, saved_by("2.15.0"))
    done = CliRunner().invoke(app, ["fix", str(sick), "-o", str(out)])
    assert done.exit_code == 0, done.output
    assert "K609 put a Rescaling by 1 behind it" in done.output
    assert numpy.allclose(numpy.asarray(keras.models.load_model(out)(NUMBERS)), expected, atol=1e-6)


def test_words_are_counted_in_floats_too(tmp_path: Path) -> None:
    sick, out = tmp_path / "sick.keras", tmp_path / "fixed.keras"
    words = Input((1,), dtype="string")
    made = layers.TextVectorization(vocabulary=["a", "b"], output_mode="count")(words)
    Model(words, layers.Activation("sigmoid")(made)).save(sick)
    rewritten(sick, sick, saved_by("2.15.0"))
    assert CliRunner().invoke(app, ["fix", str(sick), "-o", str(out)]).exit_code == 0
    found = numpy.asarray(keras.models.load_model(out)(tensorflow.constant([["a b b c"]])))
    assert numpy.allclose(found, 1 / (1 + numpy.exp(-numpy.array([[1.0, 1.0, 2.0]]))), atol=1e-6)


INTEGER = layer("IntegerLookup", name="codes", vocabulary=[1, 2], output_mode="multi_hot")
NORM, DENSE = layer("LayerNormalization", name="out"), layer("Dense", name="out", units=2)


def looked_up(last: dict[str, Any], release: str = "2.15.0", **told: Any) -> Document:
    codes = {**INTEGER, "config": {**INTEGER["config"], **told}}
    return document(functional(start(), after(codes, "in"), after(last, "codes")), metadata={"keras_version": release})


def told(model: Document, target: Target | None = None) -> list[str | None]:
    found = examine("K609", model, target) if target else examine("K609", model)
    return [one.layer for one in found if "whole numbers" in one.message]


def test_a_layer_that_casts_them_computes_the_same() -> None:
    assert told(looked_up(NORM)) == ["codes"]
    assert told(looked_up(DENSE)) == []


@pytest.mark.parametrize("mode", ["int", "tf_idf"])
def test_positions_and_weights_are_what_they_were(mode: str) -> None:
    assert told(looked_up(NORM, output_mode=mode)) == []


def test_a_file_of_keras_3_or_for_keras_2_has_what_it_had() -> None:
    assert told(looked_up(NORM, "3.0.5")) == []
    assert told(looked_up(NORM), Target("2.15.0")) == []


def test_floats_beside_them_make_floats_of_all() -> None:
    dense = layer("Dense", name="dense", units=3)
    joined = functional(
        start(), after(INTEGER, "in"), after(dense, "in"), after(layer("Concatenate", name="both"), "codes", "dense"), after(NORM, "both")
    )
    assert told(document(joined, metadata={"keras_version": "2.15.0"})) == []


def test_a_lookup_in_a_wrapped_model_is_told_without_a_cure() -> None:
    inner = sequential(INTEGER, NORM)
    made = functional(start(), after(layer("TimeDistributed", name="out", layer=inner), "in"))
    (finding,) = (one for one in examine("K609", document(made, metadata={"keras_version": "2.15.0"})) if "whole numbers" in one.message)
    assert finding.repair is None
    assert finding.needs


def way(class_name: str, release: str = "3.15.1", **config: Any) -> Way:
    node = as_node(layer(class_name, **config), Pointer("config"))
    assert node is not None
    return way_of(node, 1, 1, Target(release))


def test_arguments_decide_what_some_layers_do() -> None:
    assert way("ReLU", max_value=0.5) is Way.MINDS
    assert way("ReLU", max_value=6.0) is Way.HANDS_ON
    assert way("ReLU", negative_slope=0.3) is Way.CASTS
    assert way("UpSampling2D", interpolation="bilinear") is Way.MINDS
    assert way("Activation", activation="tanh") is Way.CASTS
    assert way("Activation", activation={"class_name": "Softmax"}) is Way.CASTS
    assert way("Dot", normalize=True) is Way.MINDS


@pytest.mark.parametrize(
    ("class_name", "minding", "casting"),
    [("BatchNormalization", "3.5.0", "3.6.0"), ("UnitNormalization", "3.6.0", "3.5.0"), ("LayerNormalization", "3.11.3", "3.10.0")],
)
def test_some_layers_mind_in_some_releases_alone(class_name: str, minding: str, casting: str) -> None:
    assert way(class_name, minding) is Way.MINDS
    assert way(class_name, casting) is Way.CASTS


def test_no_layer_does_two_things() -> None:
    assert not (HANDING_ON | MERGING) & MINDING
    assert not MINDING & BY_RELEASE.keys()
    assert ENCODES_IN_WHOLE_NUMBERS.of(Target("3.0.5"))
