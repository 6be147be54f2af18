"""Optimizers that Keras 2 does not find within a LossScaleOptimizer, though it saved them there (K504)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kdoctor.document import ABSENT, Document, Format
from kdoctor.edit import Edit, apply
from kdoctor.pointer import Pointer
from kdoctor.target import Target
from kdoctor.testing import document, examine, layer, sequential

OLD = Target("2.15.0")


def scaled(inner: str, form: Format, **around: str | None) -> Document:
    """As 2.15.0 stores ``LossScaleOptimizer(AdamW())``."""
    settings = {"learning_rate": 0.5, "is_legacy_optimizer": False}
    held = {"module": "keras.optimizers", "class_name": inner, "config": settings, "registered_name": None, **around}
    config = {"inner_optimizer": held, "dynamic": True, "initial_scale": 1024.0, "dynamic_growth_steps": 2000}
    home = {"module": "keras.src.mixed_precision.loss_scale_optimizer", "registered_name": "LossScaleOptimizerV3"} if form.native else {}
    stated = {"class_name": "LossScaleOptimizerV3", "config": config, **home}
    return document(sequential(layer("Dense")), format=form, training={"optimizer" if form.native else "optimizer_config": stated})


@pytest.mark.parametrize("inner", ["AdamW", "Lion", "Adafactor"])
@pytest.mark.parametrize(("form", "key"), [(Format.KERAS_ZIP, "registered_name"), (Format.H5_MODEL, "class_name")])
def test_it_gets_the_name_under_which_it_is_registered(inner: str, form: Format, key: str) -> None:
    """2.15.0 loads both forms so, and goes on with the state of the archive."""
    sick = scaled(inner, form)
    (finding,) = examine("K504", sick, OLD)
    assert finding.repair is not None
    healthy = apply(sick, finding.repair.edits)
    held = healthy.training["optimizer" if form.native else "optimizer_config"]["config"]["inner_optimizer"]
    assert held[key] == f"Custom>{inner}"
    for check in ("K504", "K506", "K801"):
        assert examine(check, healthy, OLD) == []


@pytest.mark.parametrize("form", [Format.KERAS_ZIP, Format.H5_MODEL])
def test_one_of_the_table_is_found(form: Format) -> None:
    assert examine("K504", scaled("Adam", form), OLD) == []


def test_an_archive_of_2_12_is_read_without_what_is_registered() -> None:
    sick = scaled("AdamW", Format.KERAS_ZIP)
    home = Pointer("training", ("optimizer", "module"))
    sick = apply(sick, (Edit(home, old=sick.at(home), new="keras.mixed_precision.loss_scale_optimizer"),))
    target = Target("2.12.0")
    assert examine("K504", sick, target) == []
    (finding,) = examine("K506", sick, target)
    assert finding.at.keys[-1] == "inner_optimizer"
    assert "does not look for there" in finding.message


@pytest.mark.parametrize(
    ("release", "form", "keras_says"),
    [
        ("2.15.0", Format.KERAS_ZIP, "TypeError: Cannot deserialize object of type `Mine`."),
        ("2.15.0", Format.H5_MODEL, "ValueError: Unknown optimizer: 'Mine'"),
    ],
)
def test_the_authors_own_is_left_out_with_the_training_state(release: str, form: Format, keras_says: str) -> None:
    """Seen in 2.15.0, which loads the cured file."""
    sick, target = scaled("Mine", form), Target(release)
    assert examine("K504", sick, target) == []
    (finding,) = examine("K506", sick, target)
    assert str(finding.keras_says).startswith(keras_says)
    assert finding.repair is not None
    assert apply(sick, finding.repair.edits).training is ABSENT
    assert examine("K506", sick, replace(target, custom=frozenset({"Mine"}))) == []
    (asked,) = examine("K506", sick, replace(target, purpose="training"))
    assert (asked.repair, asked.needs[0].flag, asked.needs[0].name) == (None, "--custom", "Mine")


def test_a_class_of_keras_under_a_strangers_name_is_told_all_the_same() -> None:
    (finding,) = examine("K801", scaled("AdamW", Format.KERAS_ZIP, registered_name="evil>AdamW"), OLD)
    assert finding.mild


@pytest.mark.parametrize(
    "home", [{"module": None, "registered_name": "mine>Adam"}, {"module": "mine.optimizers", "registered_name": "Adam"}]
)
@pytest.mark.parametrize("target", [OLD, Target("3.15.1")])
def test_a_namesake_of_the_author_is_not_taken_for_that_of_keras(home: dict[str, str | None], target: Target) -> None:
    sick = scaled("Adam", Format.KERAS_ZIP, **home)
    if target.keras_3:
        around = {**sick.training["optimizer"], "module": "keras.optimizers", "class_name": "LossScaleOptimizer", "registered_name": None}
        sick = sick.replacing({**sick.parts, "training": {"optimizer": around}})
    (finding,) = examine("K506", sick, target)
    assert finding.at.keys[-1] == "inner_optimizer"
    assert all(found.at.keys[-1] != "inner_optimizer" for found in examine("K504", sick, target))
