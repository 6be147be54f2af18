"""A small portion of what `python -m tests.bytecode.fuzz` does by the million."""

from __future__ import annotations

import os

from . import fuzz

MUTANTS = 2000 * int(os.environ.get("KDOCTOR_MUTANTS", "1"))


def test_mutated_code_objects_end_in_a_text_or_a_refusal() -> None:
    findings = fuzz.run(MUTANTS, seed=2026)
    assert findings.wrong == []
    assert findings.ends["told as source"] > MUTANTS / 100
    assert len(findings.ends) > 50


def test_the_same_seed_makes_the_same_mutants() -> None:
    assert fuzz.run(100, seed=5).ends == fuzz.run(100, seed=5).ends
