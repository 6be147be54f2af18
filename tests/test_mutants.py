"""The whole examination on broken bytes: whatever a sample is turned into, there is a report, and no check or reader crashes.

KDOCTOR_MUTANTS is the number of mutants of each sample; ``nox -s slow`` makes many.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from kdoctor.check import Check
from kdoctor.doctor import examine_file
from kdoctor.packs import load_checks
from kdoctor.target import Target

MUTANTS = int(os.environ.get("KDOCTOR_MUTANTS", "1"))
FOLDER = Path(__file__).parent.parent / "sample_models"
SAMPLES = sorted(path for folder in ("healthy", "sick") for path in (FOLDER / folder).iterdir() if path.is_file())


@pytest.fixture(scope="module")
def checks() -> tuple[Check, ...]:
    return load_checks()


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_no_mutant_of_a_sample_crashes_its_examination(sample: Path, checks: tuple[Check, ...], tmp_path: Path) -> None:
    data, dice = sample.read_bytes(), random.Random(sample.name)
    for number in range(MUTANTS):
        mutant = tmp_path / f"{number}{sample.suffix}"
        mutant.write_bytes(mutated(data, dice))
        report = examine_file(mutant, Target("3.15.1"), checks)
        assert not report.failures, (number, report.failures)
        mutant.unlink()


def mutated(data: bytes, dice: random.Random) -> bytes:
    """Bits flipped, numbers made huge, pieces moved, the end cut off: one to twenty times."""
    changed = bytearray(data or b"\0")
    for _ in range(dice.choice((1, 3, 20))):
        at = dice.randrange(len(changed))
        match dice.randrange(4):
            case 0:
                changed[at] ^= 1 << dice.randrange(8)
            case 1:
                changed[at] = dice.randrange(256)
            case 2:
                changed[at : at + 8] = b"\xff" * len(changed[at : at + 8])
            case 3:
                changed[at : at + 8] = bytes(changed[dice.randrange(len(changed)) :][: len(changed[at : at + 8])])
    return bytes(changed[: dice.randrange(1, len(changed) + 1)] if dice.random() < 0.1 else changed)
