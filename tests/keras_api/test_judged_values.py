"""Values that constructors refuse, held against real Keras."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import keras
import pytest

from kdoctor.keras_api.judged_values import is_refused, judged_arguments, kind_of

PROBE = Path(__file__).parents[2] / "benchmarks" / "judged_values.py"


@pytest.fixture(scope="module")
def probe() -> Any:
    """The program that the table was measured with."""
    described = importlib.util.spec_from_file_location("probe", PROBE)
    assert described is not None
    assert described.loader is not None
    module = importlib.util.module_from_spec(described)
    described.loader.exec_module(module)
    return module


def test_every_row_holds_a_value_that_keras_refuses_and_lets_the_one_pass_that_keras_wrote(probe: Any) -> None:
    wrong, rows = [], 0
    for _, name, found in probe.classes(keras):
        config = probe.base(found)
        for argument in judged_arguments(name, keras.__version__) if config is not None else ():
            if argument not in config:
                continue
            if is_refused(name, argument, config[argument], keras.__version__):
                wrong.append(f"{name} takes {argument}={config[argument]!r}")
            for word, values in probe.VALUES.items():
                if is_refused(name, argument, values[0], keras.__version__):
                    rows += 1
                    if probe.made(found, {**config, argument: values[0]}) is not None:
                        wrong.append(f"{name} takes {argument}={values[0]!r} ({word})")
    assert wrong == []
    assert rows > 1000


@pytest.mark.parametrize("dims", [[1, 2], [2, 1], [3, 1, 2]])
def test_what_depends_on_the_order_of_numbers_is_not_judged(dims: list[int]) -> None:
    assert not is_refused("Permute", "dims", dims, keras.__version__)
    assert keras.layers.Permute.from_config({"dims": dims}).dims == tuple(dims)


def test_every_value_that_is_tried_is_of_the_kind_that_it_is_tried_for(probe: Any) -> None:
    assert {word: kind_of(value) for word, values in probe.VALUES.items() for value in values} == {word: word for word in probe.VALUES}


@pytest.mark.parametrize(
    ("name", "argument", "taken", "refused"),
    [
        ("Conv2D", "padding", "SAME", "full"),
        ("Conv2D", "strides", [2, 2], [2]),
        ("Conv2D", "data_format", "channels_first", "channel_first"),
        ("Dense", "units", 3, -3),
        ("Dense", "dtype", "float8_e4m3fn", "nope"),
        ("Dense", "trainable", False, "True"),
        ("Dropout", "rate", 0.5, 1.5),
        ("Dropout", "seed", 7, "7"),
    ],
)
def test_what_is_known_of_a_release(name: str, argument: str, taken: Any, refused: Any) -> None:
    assert [is_refused(name, argument, value, "3.15.1") for value in (taken, refused)] == [False, True]


def test_nothing_is_said_of_releases_before_the_oldest_that_was_measured_and_of_classes_that_were_not() -> None:
    assert not is_refused("Dense", "units", -3, "2.15.0")
    assert not is_refused("Mine", "units", -3, "3.15.1")


def test_a_value_of_many_kinds_is_not_judged() -> None:
    assert kind_of(json.loads('[1, "x", null]')) is None
    assert kind_of({"class_name": "Zeros", "config": {}}) is None
