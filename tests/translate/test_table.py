"""The table against TensorFlow itself: every lambda computes the same before and after, on random input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from translate.lambda_sources import REFUSED, SOURCES

SCRIPT = Path(__file__).with_name("compare_with_tensorflow.py")


@cache
def answers() -> dict[str, str]:
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "tensorflow"}
    done = subprocess.run(
        [sys.executable, str(SCRIPT)], input=json.dumps(SOURCES), capture_output=True, text=True, check=True, env=environment
    )
    return dict(zip((source for source, _ in SOURCES), json.loads(done.stdout), strict=True))


@pytest.mark.parametrize("source", [source for source, _ in SOURCES if source not in REFUSED])
def test_a_lambda_computes_the_same_as_operations(source: str) -> None:
    assert answers()[source] == "ok"


@pytest.mark.parametrize("source", sorted(REFUSED))
def test_what_keras_has_no_operation_for_is_refused(source: str) -> None:
    assert answers()[source].startswith("refused: ")
