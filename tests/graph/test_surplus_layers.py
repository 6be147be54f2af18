"""Models cut out of larger ones by hand, in real Keras: what is left out changes nothing that they compute."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy
import pytest
from keras import layers
from rewriting import with_config

from kdoctor.doctor import examine_file, repair_file
from kdoctor.packs import load_checks
from kdoctor.repair import Wish, carry_out
from kdoctor.target import Given, Target

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")  # of Keras, when it saves
X = numpy.random.RandomState(5).rand(2, 4).astype("float32")


def beside() -> tuple[Any, Any]:
    """A side branch that stands behind in the list of layers."""
    start = keras.Input((4,), name="in")
    hidden = layers.Dense(3, name="hidden")(start)
    wanted = layers.Dense(3, name="wanted")(hidden)
    return [start], [wanted, layers.Dense(3, name="aux")(start)]


def deeper() -> tuple[Any, Any]:
    """A side branch that is longer, so that its layers are numbered first; it has an input of its own."""
    start, other = keras.Input((4,), name="in"), keras.Input((4,), name="other")
    aux = layers.Dense(4, name="aux_2")(layers.Dense(4, name="aux_1")(other))
    wanted = layers.Dense(4, name="hidden")(start)
    return [start, other], [wanted, layers.Dense(4, name="aux_3")(aux)]


def shared() -> tuple[Any, Any]:
    """A layer that is called for the branch first, and whose other call is renumbered."""
    start = keras.Input((4,), name="in")
    twice = layers.Dense(4, name="twice")
    aux = twice(layers.Dense(4, name="aux")(start))
    return [start], [layers.Dense(2, name="wanted")(twice(start)), aux]


def deeper_one() -> tuple[Any, Any]:
    start = keras.Input((4,), name="inner_in")
    aux = layers.Dense(4, name="aux_2")(layers.Dense(4, name="aux_1")(start))
    return start, [layers.Dense(4, name="hidden")(start), layers.Dense(4, name="aux_3")(aux)]


def first_alone(config: dict[str, Any]) -> None:
    """The first input and output declared alone."""
    own = config["config"]
    for key in ("input_layers", "output_layers"):
        own[key] = own[key][:1] if isinstance(own[key][0], list) else own[key]


def saved(path: Path, make: Callable[[], tuple[Any, Any]]) -> Any:
    """A file whose config declares the first output alone, and what it shall compute."""
    keras.utils.clear_session()
    inputs, outputs = make()
    model = keras.Model(inputs, outputs)
    model.save(path)
    with_config(path, path, first_alone)
    return keras.Model(inputs[0], outputs[0]).predict(X, verbose=0)


def pruned(path: Path, out: Path) -> Any:
    """The layers and the predictions of the file as ``fix --prune`` writes it."""
    asked = replace(Target("3.15.1"), given=Given(prune=True))
    outcome = carry_out(repair_file(path, asked, load_checks()), path, Wish(out))
    assert outcome.exit_code == 0, outcome.sentence
    model = keras.models.load_model(out)
    return [layer.name for layer in model.layers], model.predict(X, verbose=0)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize(
    ("make", "kept"), [(beside, ["in", "hidden", "wanted"]), (deeper, ["in", "hidden"]), (shared, ["in", "twice", "wanted"])]
)
def test_what_no_output_needs_goes_with_its_weights(tmp_path: Path, make: Any, kept: list[str], suffix: str) -> None:
    path, out = tmp_path / f"sick{suffix}", tmp_path / f"well{suffix}"
    wanted = saved(path, make)
    names, found = pruned(path, out)
    assert names == kept
    assert numpy.allclose(found, wanted, atol=1e-6)
    report = examine_file(out, Target("3.15.1"), load_checks())
    assert len(report.document.weights) == 2 * (len(kept) - 1)
    assert not {"K203", "K703", "K705"} & {one.check.code for one in report.findings}


def test_weights_that_go_to_another_layer_are_an_error_with_both_names(tmp_path: Path) -> None:
    path = tmp_path / "sick.keras"
    wanted = saved(path, deeper)
    report = examine_file(path, Target("3.15.1"), load_checks())
    (finding,) = (one.finding for one in report.errors if one.check.code == "K203")
    assert finding.message.endswith("Keras takes the weights of 'aux_1' for those of 'hidden'")
    assert report.loads is False
    assert not numpy.allclose(keras.models.load_model(path).predict(X, verbose=0), wanted)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_branch_within_a_nested_model_goes_and_the_weights_of_the_others_follow(tmp_path: Path, suffix: str) -> None:
    keras.utils.clear_session()
    start, (hidden, aux) = deeper_one()
    outer = keras.Input((4,), name="in")
    inner = keras.Model(start, [hidden, aux], name="inner")
    model = keras.Model(outer, layers.Dense(2, name="wanted")(inner(outer)[0]))
    path, out = tmp_path / f"sick{suffix}", tmp_path / f"well{suffix}"
    model.save(path)

    def first_of_the_inner(config: dict[str, Any]) -> None:
        first_alone(config["config"]["layers"][1])

    with_config(path, path, first_of_the_inner)
    names, found = pruned(path, out)
    assert numpy.allclose(found, model.predict(X, verbose=0), atol=1e-6)
    assert names == ["in", "inner", "wanted"]
    report = examine_file(out, Target("3.15.1"), load_checks())
    assert len(report.document.weights) == 4
    assert not any("aux" in path for path in (*report.document.weights, *report.document.attributes))


def test_an_input_that_is_not_declared_but_needed_is_named(tmp_path: Path) -> None:
    start, other = keras.Input((4,), name="in"), keras.Input((4,), name="other")
    path = tmp_path / "sick.keras"
    keras.Model([start, other], layers.Add(name="sum")([start, other])).save(path)
    with_config(path, path, first_alone)
    report = examine_file(path, Target("3.15.1"), load_checks())
    (finding,) = (one.finding for one in report.errors if one.check.code == "K203")
    assert "need the InputLayer 'other'" in finding.message
    with pytest.raises(ValueError, match="is not connected to `inputs`"):
        keras.models.load_model(path)
