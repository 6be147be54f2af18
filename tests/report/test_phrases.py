"""The sentences that text reports share."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import keras
import pytest

from kdoctor.asked import installed_keras
from kdoctor.check import Finding, Need, Repair, Safety
from kdoctor.doctor import repair_file
from kdoctor.document import ABSENT, Document, Format
from kdoctor.edit import Edit
from kdoctor.engine import Report
from kdoctor.graph.summary import Summary
from kdoctor.packs import load_checks
from kdoctor.pointer import Pointer
from kdoctor.report.phrases import cure, headline, origin, size, tally
from kdoctor.target import Given, Target
from kdoctor.testing import KERAS_3

AT = Pointer("config")
HERE = Target(installed_keras())
EDITS = (Edit(AT, ABSENT, 1),)


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (None, "size unknown"),
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1_000, "1.0 kB"),
        (51_234, "51.2 kB"),
        (4_200_000, "4.2 MB"),
        (10**10, "10.0 GB"),
    ],
)
def test_sizes_are_read_in_thousands(count: int | None, told: str) -> None:
    assert size(count) == told


@pytest.mark.parametrize(
    ("summary", "told"),
    [
        (Summary("Sequential", "net", 4, 4_802, 19_208), 'Sequential "net" · 4 layers · 4,802 parameters'),
        (Summary("Functional", None, 1, 0, 0), "Functional · 1 layer · 0 parameters"),
        (Summary(None, None, 0, 8, 32), "8 parameters"),
        (Summary(None, None, 0, 0, 0), ""),
    ],
)
def test_the_headline_says_what_there_is(summary: Summary, told: str) -> None:
    assert headline(summary) == told


def test_the_origin_says_no_more_than_the_file_does() -> None:
    assert origin(Report("x", Document(Format.OTHER, {}), KERAS_3)) == "no Keras file"
    saved = Document(Format.H5_MODEL, {"attributes": {"/": {"keras_version": "2.15.0", "backend": "tensorflow"}}})
    assert origin(Report("x", saved, KERAS_3)) == "saved by Keras 2.15.0 (tensorflow) · HDF5 model (.h5)"


@pytest.mark.parametrize(
    ("repair", "needs", "told"),
    [
        (None, (), None),
        (Repair("drop it", EDITS), (), "kdoctor fix m.keras   (drop it)"),
        (Repair("drop it", EDITS, Safety.UNSAFE), (), "kdoctor fix m.keras --unsafe   (drop it)"),
        (Repair("get it again", (), Safety.ADVICE), (), "get it again"),
        (Repair("kdoctor convert FILE --to keras", (), Safety.ADVICE), (), "kdoctor convert m.keras --to keras"),
        (None, (Need("--drop-optimizer", "", "why"),), "kdoctor fix m.keras --drop-optimizer"),
        (None, (Need("--bind", "W", "why"),), "kdoctor fix m.keras --bind W=…"),
        (None, (Need("--input-shape", "None,…", "why"),), "kdoctor fix m.keras --input-shape 'None,…'"),
        (None, (Need("--custom", "my layer", "why"),), "kdoctor fix m.keras --custom 'my layer'"),
        (None, (Need("file", "the real weights", "they are not in it"),), "needs the real weights: they are not in it"),
        (None, (Need("--bind", "W", "why"), Need("file", "x", "y")), "kdoctor fix m.keras --bind W=… · needs x: y"),
    ],
)
def test_the_cure_is_a_command_or_what_is_lacking(repair: Repair | None, needs: tuple[Need, ...], told: str | None) -> None:
    assert cure("m.keras", Finding(AT, "bad", repair, needs), HERE) == told


def test_a_path_with_spaces_is_quoted_for_the_shell() -> None:
    assert cure("my model.keras", Finding(AT, "bad", Repair("drop it", EDITS)), HERE) == "kdoctor fix 'my model.keras'   (drop it)"


@pytest.mark.parametrize(
    ("target", "flags"),
    [
        (Target("2.15.0"), " --target 2.15.0"),
        (Target("2.18.0", family="tf-keras"), " --target tf-keras==2.18.0"),
        (Target(installed_keras(), purpose="training"), " --for training"),
        (Target("3.0.5", purpose="sklearn"), " --target 3.0.5 --for sklearn"),
    ],
)
def test_the_cure_is_one_for_the_target_that_was_asked_about(target: Target, flags: str) -> None:
    assert cure("m.keras", Finding(AT, "bad", Repair("drop it", EDITS)), target) == f"kdoctor fix m.keras{flags}   (drop it)"
    assert cure("m.keras", Finding(AT, "bad", None, (Need("--bind", "W", "why"),)), target) == f"kdoctor fix m.keras{flags} --bind W=…"


def test_nothing_found_is_said_in_words() -> None:
    assert tally(Report("x", Document(Format.OTHER, {}), KERAS_3)) == "nothing found"


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_an_error_that_goes_with_the_others_is_not_said_to_stay(tmp_path: Path) -> None:
    """A kernel made for another shape than the InputLayer states: two errors, of which the cure of one is that of both."""
    saved = tmp_path / "model.h5"
    keras.Sequential([keras.Input((4,)), keras.layers.Dense(5), keras.layers.Dense(2)]).save(saved)
    with h5py.File(saved, "a") as file:
        config = json.loads(file.attrs["model_config"])
        config["config"]["layers"][0]["config"]["batch_shape"] = [None, 7]
        file.attrs["model_config"] = json.dumps(config)
    made = repair_file(saved, KERAS_3, load_checks())
    assert "1 error to cure with your help, 1 error cured by `kdoctor fix`" in tally(made.before)
    assert "1 error cured by `kdoctor fix`, 1 error cured along with the others" in tally(made.before, made.after)


def test_a_command_repeats_what_the_user_has_given() -> None:
    typed = (("--custom", "Crop"), ("--architecture", "my model.json"), ("--prune", ""))
    target = Target("3.15.1", given=Given(typed=typed))
    edit = Edit(Pointer("config"), old=1, new=2)
    unsafe = Repair("where you left layers out", (edit,), safety=Safety.UNSAFE)
    given = f"kdoctor fix m.keras{'' if target.label == installed_keras() else ' --target 3.15.1'} --custom Crop"
    assert cure("m.keras", Finding(Pointer("config"), "m", repair=unsafe), target) == (
        f"{given} --architecture 'my model.json' --prune --unsafe   (where you left layers out)"
    )
    asked = Finding(Pointer("config"), "m", needs=(Need("--architecture", "model.json", "why"), Need("--custom", "Other", "why")))
    assert cure("m.keras", asked, target) == f"{given} --prune --architecture model.json --custom Other"
    answered = Finding(Pointer("config"), "m", repair=Repair("write it", (edit,)), needs=asked.needs[:1])
    assert cure("m.keras", answered, target) == f"{given} --architecture 'my model.json' --prune   (write it)"
