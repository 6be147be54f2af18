"""K610: a model that loads, and fails when it is used."""

from __future__ import annotations

from typing import Any

import pytest
from graphs import cured

from kdoctor.document import Format
from kdoctor.testing import document, examine, layer, sequential

MODEL = sequential(layer("Dense"))


def test_null_steps_per_execution_become_one() -> None:
    sick = document(MODEL, training={"optimizer": "adam", "steps_per_execution": None})
    (finding,) = examine("K610", sick)
    assert "'>' not supported between instances of 'NoneType' and 'int'" in str(finding.keras_says)
    healed = cured(sick, finding)
    assert healed.training == {"optimizer": "adam", "steps_per_execution": 1}
    assert examine("K610", healed) == []


@pytest.mark.parametrize("training", [{"steps_per_execution": 1}, {"optimizer": "adam"}, None, "adam"])
def test_a_number_and_no_word_of_it_are_healthy(training: Any) -> None:
    assert examine("K610", document(MODEL, training=training)) == []


def test_an_h5_does_not_hand_it_on() -> None:
    assert examine("K610", document(MODEL, format=Format.H5_MODEL, training={"steps_per_execution": None})) == []
