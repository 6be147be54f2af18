"""Arguments of Keras's own layers that a file has lost, given with ``--set``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy
import pytest
from rewriting import with_config

from kdoctor.cli.answers import parse_settings
from kdoctor.custom.custom_objects import check_settings
from kdoctor.doctor import plan_file
from kdoctor.errors import UsageError
from kdoctor.packs import load_checks
from kdoctor.repair import Wish, carry_out
from kdoctor.target import Given, Target
from kdoctor.testing import document, layer, sequential

LOST = document(sequential(layer("Dropout", name="drop"), layer("Discretization", name="bins", num_bins=3)))


@pytest.mark.parametrize("asked", [("drop", "rate"), ("Dropout", "rate"), ("bins", "bin_boundaries")])
def test_what_a_layer_of_keras_lacks_may_be_set(asked: tuple[str, str]) -> None:
    check_settings(LOST, Target("3.15.1", given=Given(settings={asked: 0.5})))


@pytest.mark.parametrize("asked", [("drop", "seed"), ("other", "rate"), ("bins", "num_bins")])
def test_what_it_does_not_lack_is_refused(asked: tuple[str, str]) -> None:
    with pytest.raises(UsageError, match="none of Keras's own that lacks it"):
        check_settings(LOST, Target("3.15.1", given=Given(settings={asked: 0.5})))


def test_what_is_said_in_answer_repairs_the_file(tmp_path: Path) -> None:
    model = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dropout(0.25, name="drop"),
            keras.layers.Discretization(bin_boundaries=[0.5, 1.5], name="bins"),
        ]
    )
    model.save(tmp_path / "whole.keras")
    without(tmp_path / "whole.keras", tmp_path / "lost.keras")
    given = Given(settings=parse_settings(["drop.rate=0.25", "bins.bin_boundaries=[0.5, 1.5]"]))
    asked = plan_file(tmp_path / "lost.keras", Target("3.15.1"), load_checks())
    told = plan_file(tmp_path / "lost.keras", Target("3.15.1", given=given), load_checks())
    assert {found.check.code for found in asked.after.findings} >= {"K304", "K610"}
    assert carry_out(told, tmp_path / "lost.keras", Wish(tmp_path / "cured.keras")).out is not None
    x = numpy.array([[0.0, 1.0, 2.0]])
    assert keras.saving.load_model(tmp_path / "cured.keras")(x).numpy().tolist() == model(x).numpy().tolist() == [[0, 1, 2]]


def without(whole: Path, lost: Path) -> None:
    """The same archive, but for the rate and the boundaries."""

    def less(config: Any) -> None:
        _, drop, bins = (entry["config"] for entry in config["config"]["layers"])
        del drop["rate"]
        bins |= {"bin_boundaries": None, "num_bins": 3}

    with_config(whole, lost, less)
