"""Every row of the table against TensorFlow, Keras's own backend or numpy, on random input of several dtypes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from translate.row_calls import UNTESTED

from kdoctor.translate.table import ROWS

SCRIPT = Path(__file__).with_name("compare_rows.py")


@cache
def answers() -> dict[str, dict[str, str]]:
    """By row, then by call and dtype: ``ok``, ``refused: why``, or ``no such call`` where TensorFlow itself takes none of that dtype."""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "tensorflow"}
    done = subprocess.run([sys.executable, str(SCRIPT)], capture_output=True, text=True, check=True, env=environment)
    found: dict[str, dict[str, str]] = json.loads(done.stdout)
    return found


def wrong(said: dict[str, str]) -> dict[str, str]:
    return {call: answer for call, answer in said.items() if answer != "ok" and not answer.startswith(("refused: ", "no such call: "))}


@pytest.mark.parametrize("row", sorted(ROWS.keys() - UNTESTED.keys()))
def test_a_row_computes_what_the_function_does_or_refuses(row: str) -> None:
    assert wrong(answers()[row]) == {}
    assert "ok" in answers()[row].values()


def test_so_does_every_function_of_keras_ops() -> None:
    """Called with what it cannot do without; one that needs more than tensors and common settings says ``no such call``."""
    of_ops = {row: said for row, said in answers().items() if row.startswith("ops.")}
    assert {row: found for row, said in of_ops.items() if (found := wrong(said))} == {}
    assert sum("ok" in said.values() for said in of_ops.values()) > 350


def test_in_single_precision_few_calls_are_refused() -> None:
    """Of the others TensorFlow refuses some as well."""
    single = [answer for row in ROWS.keys() - UNTESTED.keys() for call, answer in answers()[row].items() if call.endswith("float32")]
    assert sum(answer == "ok" for answer in single) >= 0.97 * sum(not answer.startswith("no such call") for answer in single)


def test_what_is_not_compared_stands_in_the_table() -> None:
    assert UNTESTED.keys() <= ROWS.keys()
    assert ROWS.keys() == {row for row in answers() if not row.startswith("ops.")} | UNTESTED.keys()
