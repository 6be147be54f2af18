"""``kdoctor verify``: what real Keras did, in sentences; Keras is stood in for, its own tests load it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cli.command import Run

from kdoctor.verify import Outcome, Output, Verification


def answering(monkeypatch: pytest.MonkeyPatch, **answer: Any) -> dict[str, Any]:
    """Let a stand-in answer; what it was asked."""
    asked: dict[str, Any] = {}
    made = {"outcome": Outcome.OK, "loads": True, "stage": "done", "error": None, "keras": "3.15.1", "backend": "tensorflow", "outputs": ()}
    made |= {"same": None, "max_abs_diff": None, "seconds": 1.25, "peak_memory_bytes": 512_000_000, **answer}

    def verify(path: Path, **options: Any) -> Verification:
        asked.update(path=path, **options)
        return Verification(**made)

    monkeypatch.setattr("kdoctor.verify.verify", verify)
    return asked


def test_a_file_that_loads_ends_with_0(kdoctor: Run, samples: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = samples / "healthy/lambda_code.keras"
    asked = answering(monkeypatch, outputs=(Output((1, 2), "float32"),))
    ended = kdoctor("verify", path, "--timeout", 30)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == f"{path}: loads in Keras 3.15.1 (tensorflow)\n  outputs     (1, 2) float32\n  1.2 s, 512 MB\n"
    assert (asked["path"], asked["limits"].seconds, asked["against"]) == (path, 30, None)


def test_a_file_that_does_not_load_ends_with_1_and_keras_own_words(kdoctor: Run, samples: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, loads=False, outcome=Outcome.FAILED, stage="load", error="ValueError: \x1b[2Jno")
    ended = kdoctor("verify", samples / "sick/lambda_code.keras")
    assert ended.code == 1
    assert "does not load in Keras 3.15.1 (tensorflow): failed\n  Keras says  ValueError: \ufffd[2Jno\n" in ended.out


@pytest.mark.parametrize(("same", "code", "told"), [(True, 0, "computes the same as"), (False, 1, "computes something else than")])
def test_two_files_are_compared(kdoctor: Run, samples: Path, monkeypatch: pytest.MonkeyPatch, same: bool, code: int, told: str) -> None:
    answering(monkeypatch, same=same, max_abs_diff=0.5)
    other = samples / "healthy/missing_part.keras"
    ended = kdoctor("verify", samples / "healthy/lambda_code.keras", "--against", other)
    assert ended.code == code
    assert f"  {told} {other} (largest difference 0.5)\n" in ended.out


@pytest.mark.parametrize("arguments", [("missing.keras",), ("healthy/lambda_code.keras", "--against", "missing.keras")])
def test_a_missing_file_is_wrong_usage(kdoctor: Run, samples: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]) -> None:
    monkeypatch.chdir(samples)
    assert kdoctor("verify", *arguments).code == 2
