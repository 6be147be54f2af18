"""Arrays whose places change with the order of layers: those of the optimizer, with real Keras."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy
import pytest
from graphs import after, functional, start

from kdoctor.check import Finding, Repair, Severity, check
from kdoctor.doctor import plan_file
from kdoctor.document import ABSENT, Document
from kdoctor.edit import Edit
from kdoctor.engine import plan
from kdoctor.packs import load_checks
from kdoctor.pointer import Pointer
from kdoctor.repair import Wish, carry_out
from kdoctor.replacements.moved_arrays import moved_arrays, with_arrays
from kdoctor.target import Given, StateWish, Target
from kdoctor.testing import document, layer
from kdoctor.weights import places

MANY = 300
X = numpy.linspace(-2, 2, 12, dtype="float32").reshape(3, 4)


def two_branches() -> keras.Model:
    """Apart from its activation, "wide" comes before "deep"; with it, behind. Both have a kernel of one shape."""
    x = keras.Input((4,))
    deep = keras.layers.Activation("relu")(keras.layers.Dense(4, use_bias=False, name="deep")(x))
    wide = keras.layers.Dense(4, use_bias=False, name="wide", activation=lambda t: keras.ops.exp(keras.ops.sin(t)))(x)
    return keras.Model(x, keras.layers.Subtract()([wide, deep]))


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras with TensorFlow's variables
@pytest.mark.filterwarnings("ignore:The object being serialized includes a `lambda`")
@pytest.mark.parametrize(
    ("optimizer", "gathered"),
    [
        ("Adam", {}),
        ("Nadam", {}),
        ("Nadam", {"use_ema": True, "gradient_accumulation_steps": 2}),
        ("Adam", {"gradient_accumulation_steps": 2}),
    ],
)
def test_training_goes_on_with_each_layers_own_state(tmp_path: Path, optimizer: str, gathered: dict[str, Any]) -> None:
    model = two_branches()
    model.compile(getattr(keras.optimizers, optimizer)(0.01, **gathered), "mean_squared_error")
    model.fit(X, X, epochs=3, verbose=0)
    numbers = numpy.random.default_rng(0)
    for variable in model.optimizer.variables[2:]:
        variable.assign(numbers.uniform(0.1, 1, variable.shape))
    model.save(tmp_path / "sick.keras")
    cure = plan_file(tmp_path / "sick.keras", Target("3.15.1"), load_checks())
    assert carry_out(cure, tmp_path / "sick.keras", Wish(tmp_path / "cured.keras")).out is not None
    cured = keras.saving.load_model(tmp_path / "cured.keras")
    assert [each.name for each in cured.layers].index("wide") < [each.name for each in cured.layers].index("deep")
    for each in (model, cured):
        each.fit(X, X, epochs=2, batch_size=3, shuffle=False, verbose=0)
    numpy.testing.assert_allclose(model(X), cured(X), atol=1e-6)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:The object being serialized includes a `lambda`")
@pytest.mark.filterwarnings("ignore:Skipping variable loading for optimizer")  # which starts afresh
def test_a_state_that_cannot_go_along_is_told_and_kept_where_that_is_asked_for(tmp_path: Path) -> None:
    model, sick = two_branches(), tmp_path / "sick.keras"
    model.compile(keras.optimizers.Muon(0.01), "mean_squared_error")
    model.fit(X, X, verbose=0)
    model.save(sick)
    cure = plan_file(sick, Target("3.15.1"), load_checks())
    outcome = carry_out(cure, sick, Wish(tmp_path / "cured.keras"))
    assert outcome.out is not None
    assert "The optimizer's state is left out: it is that of the layers as they were" in outcome.sentence
    numpy.testing.assert_allclose(keras.saving.load_model(outcome.out)(X), model(X), atol=1e-6)
    kept = plan_file(sick, Target("3.15.1", given=Given(state=StateWish.KEEP)), load_checks())
    refused = carry_out(kept, sick, Wish(tmp_path / "kept.keras"))
    assert refused.out is None
    assert refused.sentence.startswith("Nothing was written: the optimizer's state is left out")


def pair(optimizer: str, state: int, *, first: str, wrapped: bool = False) -> Document:
    """Two layers, of which one is farther from the end than the other, and an optimizer with so many arrays behind its counters."""
    dense = [after(layer("Dense", name=name, units=4, use_bias=False), "in") for name in ("a", "b")]
    far = after(layer("Activation", name="far", activation="relu"), first)
    near = after(layer("Activation", name="near", activation="relu"), "far")
    end = after(layer("Subtract", name="end"), "near", "b" if first == "a" else "a")
    config = functional(start(), *dense, far, near, end, outputs=(("end", 0, 0),), name="pair")
    shapes: dict[str, Any] = {f"optimizer/vars/{index}": () if index < 2 else (4, 4) for index in range(2 + state)}
    around = "layers/time_distributed/layer/" if wrapped else ""
    weights = {f"{around}layers/dense/vars/0": (4, 4), f"{around}layers/dense_1/vars/0": (4, 4), **shapes}
    config = functional(start(), after(layer("TimeDistributed", name="out", layer=config), "in")) if wrapped else config
    training = {"optimizer": {"module": "keras.optimizers", "class_name": optimizer, "config": {"learning_rate": 0.5}}}
    return document(config, training=training, weights=weights, attributes={"/": {}})


@pytest.mark.parametrize("wrapped", [False, True])
def test_slots_of_adam_follow_their_variables(wrapped: bool) -> None:
    """The model in a wrapper, too: with Keras 3.15.1 its layers had each other's arrays."""
    edits = moved_arrays(pair("Adam", 4, first="a", wrapped=wrapped), pair("Adam", 4, first="b", wrapped=wrapped))
    found = {edit.at.keys[0]: edit.new.source for edit in edits}
    around = "layers/time_distributed/layer/" if wrapped else ""
    assert found[f"{around}layers/dense/vars/0"] == f"{around}layers/dense_1/vars/0"
    slots = {key: source for key, source in found.items() if str(key).startswith("optimizer")}
    assert slots == {f"optimizer/vars/{new}": f"optimizer/vars/{old}" for new, old in ((2, 4), (3, 5), (4, 2), (5, 3))}


def test_the_same_order_moves_nothing() -> None:
    assert moved_arrays(pair("Adam", 4, first="a"), pair("Adam", 4, first="a")) == ()


def test_a_state_of_which_nothing_is_known_does_not_go_along() -> None:
    edits = moved_arrays(pair("Mine", 3, first="a"), pair("Mine", 3, first="b"))
    left = {edit.at.keys[0] for edit in edits if str(edit.at.keys[0]).startswith("optimizer") and edit.new is ABSENT}
    assert left == {"optimizer/vars/2", "optimizer/vars/3", "optimizer/vars/4"}


def many(count: int) -> Document:
    """So many nested models, in each of which what comes first is about to change, with the state of an optimizer."""
    chain: list[Any] = [start()]
    weights: dict[str, tuple[int, ...]] = {}
    for index in range(count):
        dense = [after(layer("Dense", name=f"{name}{index}", units=4, use_bias=False), "in") for name in "ab"]
        steps = [
            after(layer("Activation", name=name, activation="relu"), source) for name, source in (("far", f"a{index}"), ("near", "far"))
        ]
        inner = functional(start(), *dense, *steps, after(layer("Subtract", name="out"), "near", f"b{index}"), name=f"n{index}")
        last = chain[-1]
        chain.append(after(inner, last["name"], node=int(index > 0)))
        place = f"layers/functional{f'_{index}' if index else ''}/layers"
        weights |= {f"{place}/dense/vars/0": (4, 4), f"{place}/dense_1/vars/0": (4, 4)}
    state: dict[str, tuple[int, ...]] = {f"optimizer/vars/{index}": (4, 4) if index > 1 else () for index in range(2 + 4 * count)}
    training = {"optimizer": {"module": "keras.optimizers", "class_name": "Adam", "config": {"learning_rate": 0.5}}}
    config = functional(*chain, outputs=[[f"n{count - 1}", 1, 0]])
    return document(config, training=training, weights={**weights, **state}, attributes={"/": {}})


def swapped(sick: Document, index: int) -> list[Edit]:
    """The edits after which the other layer of a nested model is the farther one."""
    at = Pointer("config", ("config", "layers", 1 + index, "config", "layers"))
    old = sick.at(at)
    one, other = f"a{index}", f"b{index}"
    far = {**old[3], "inbound_nodes": [[[other, 0, 0, {}]]]}
    end = {**old[5], "inbound_nodes": [[["near", 0, 0, {}], [one, 0, 0, {}]]]}
    return [Edit(at, old=old, new=[*old[:3], far, old[4], end])]


def test_each_cure_moves_the_arrays_and_the_state_of_its_own_model_alone() -> None:
    sick = many(3)
    found = {str(edit.at.keys[0]): edit.new.source for edit in with_arrays(sick, swapped(sick, 1)) if edit.at.part == "weights"}
    place = "layers/functional_1/layers"
    slots = {f"optimizer/vars/{new}": f"optimizer/vars/{old}" for new, old in ((6, 8), (7, 9), (8, 6), (9, 7))}
    assert found == {f"{place}/dense/vars/0": f"{place}/dense_1/vars/0", f"{place}/dense_1/vars/0": f"{place}/dense/vars/0", **slots}


@check("T101", Severity.ERROR, since="0.1.0")
def farther(sick: Document, target: Target) -> Iterator[Finding]:
    """In each nested model the other layer shall be the farther one."""
    for index in range(MANY):
        if sick.at(Pointer("config", ("config", "layers", 1 + index, "config", "layers", 3, "inbound_nodes", 0, 0, 0))) == f"a{index}":
            edits = with_arrays(sick, swapped(sick, index))
            yield Finding(edits[0].at, "it is not", repair=Repair("exchange them", edits))


@pytest.mark.parametrize(("optimizer", "left"), [("Adam", 2 + 4 * MANY), ("Mine", 2)])
def test_hundreds_of_cures_that_leave_a_state_out_are_made_in_two_rounds(optimizer: str, left: int) -> None:
    """The first leaves it out, and then nothing is in the way of all others."""
    sick = many(MANY)
    stated = {"optimizer": {"module": "keras.optimizers", "class_name": optimizer, "config": {"learning_rate": 0.5}}}
    found = plan(sick.replacing({**sick.parts, "training": stated}), Target("3.15.1"), [farther])
    assert (len(found.applied), found.after.errors, found.after.failures) == (MANY, (), ())
    assert sum(path.startswith("optimizer/") for path in found.after.document.weights) == left


def test_hundreds_of_cures_account_for_the_file_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = []
    monkeypatch.setattr(places, "made", lambda model, made=places.made: looks.append(model) or made(model))
    counts = []
    for count in (10, 20):
        sick = many(count)
        looks.clear()
        for index in range(count):
            assert len(with_arrays(sick, swapped(sick, index))) == 7
        counts.append(len(looks))
    assert counts[1] < 2.2 * counts[0]
