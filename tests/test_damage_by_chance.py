"""Files cut anywhere, and files with one wrong byte anywhere: no crash, and no cure with numbers that are not the file's own.

KDOCTOR_MUTANTS multiplies how many are looked at; with 10 they are 200 cuts and 500 wrong bytes of each file.
"""

from __future__ import annotations

import io
import os
import random
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from test_broken_archives import CHECKS, FILES

from kdoctor.doctor import examine_file, plan_file
from kdoctor.engine import Plan
from kdoctor.errors import KdoctorError
from kdoctor.repair import Wish, carry_out
from kdoctor.testing import KERAS_3

TIMES = int(os.environ.get("KDOCTOR_MUTANTS", "1"))
CUTS, BYTES, REPAIRED = 20 * TIMES, 50 * TIMES, 8 * TIMES
Numbers = list[bytes]


def mutants(data: bytes, dice: random.Random) -> Iterator[tuple[str, bytes]]:
    for length in sorted(dice.sample(range(len(data)), CUTS)):
        yield f"{length} bytes of it", data[:length]
    for _ in range(BYTES):
        at = dice.randrange(len(data))
        yield f"another byte {at}", data[:at] + bytes([data[at] ^ dice.randrange(1, 256)]) + data[at + 1 :]


@pytest.mark.parametrize("file", FILES)
def test_no_cut_and_no_wrong_byte_makes_an_examination_crash(file: str, tmp_path: Path) -> None:
    path, dice = tmp_path / f"mutant{FILES[file].suffix}", random.Random(file)
    for deed, data in mutants(FILES[file].read_bytes(), dice):
        path.write_bytes(data)
        assert examine_file(path, KERAS_3, CHECKS).failures == (), deed


@pytest.mark.parametrize("partial", [False, True], ids=["fix", "fix --partial"])
@pytest.mark.parametrize("file", FILES)
def test_what_a_repair_writes_has_the_numbers_of_the_file_or_none(file: str, partial: bool, tmp_path: Path) -> None:
    whole, dice = FILES[file].read_bytes(), random.Random(f"{file}{partial}")
    every = [*mutants(whole, dice)]
    for number, (deed, data) in enumerate([*dice.sample(every[:CUTS], REPAIRED // 2), *dice.sample(every[CUTS:], REPAIRED // 2)]):
        sick, out = tmp_path / f"{number}{FILES[file].suffix}", tmp_path / f"out{number}{FILES[file].suffix}"
        sick.write_bytes(data)
        plan = plan_file(sick, KERAS_3, CHECKS, partial=partial)
        assert not plan.before.failures, deed
        written = writing(plan, sick, Wish(out, partial=partial))
        if written is not None:
            proven = [one for one in plan.lost if "checksum" in one.why]
            assert proven or strange(numbers_of(written), plan, numbers_of(sick) or numbers_of(FILES[file])) == [], deed


def writing(plan: Plan, sick: Path, wish: Wish) -> Path | None:
    """What was written; None where that was refused, in a sentence."""
    try:
        return carry_out(plan, sick, wish).out
    except KdoctorError:
        return None


def numbers_of(path: Path) -> Numbers:
    """The bytes of every array, as HDF5 itself reads them; none where it does not."""
    found: Numbers = []

    def keep(name: str, node: Any) -> None:
        if isinstance(node, h5py.Dataset) and "optimizer" not in name:
            found.append(np.ascontiguousarray(node[()]).tobytes())

    content: Any = path
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                content = io.BytesIO(archive.read("model.weights.h5"))
        with h5py.File(content, "r") as file:
            file.visititems(keep)
    except (OSError, KeyError, RuntimeError, ValueError, zipfile.BadZipFile, NotImplementedError):
        return []
    return found


def strange(written: Numbers, plan: Plan, right: Numbers) -> list[bytes]:
    """Arrays that are neither the file's own, nor NaN for what is lost, nor rescaled by a cure of the plan (K609)."""
    lost = len([one for one in plan.lost if one.layer])
    nothing = [array for array in written if len(array) % 4 == 0 and np.isnan(np.frombuffer(array, "f4")).all()]
    assert len(nothing) <= lost
    if any(one.check.code == "K609" for one in plan.applied):
        return []  # the numbers change by intention: tests/replacements/test_hard_sigmoid.py
    return [array for array in written if array not in right and array not in nothing]
