"""Files that are hostile as a whole get their name, and cost next to nothing. (What each costs exactly: benchmarks/hostile_files.py.)"""

from __future__ import annotations

from pathlib import Path

import pytest

from hostile.corpus import CORPUS, cut
from kdoctor.doctor import examine_file
from kdoctor.packs import load_checks
from kdoctor.target import Target


def codes(path: Path) -> set[str]:
    report = examine_file(path, Target("3.15.1"), load_checks())
    assert report.failures == ()
    assert report.loads is False
    return {found.check.code for found in report.errors}


@pytest.mark.parametrize("name", CORPUS)
def test_a_hostile_file_is_named(tmp_path: Path, name: str) -> None:
    make, named = CORPUS[name]
    (tmp_path / name).write_bytes(make())
    assert codes(tmp_path / name).intersection(named)


def test_a_cut_file_is_named(tmp_path: Path) -> None:
    for name, data in cut():
        (tmp_path / name).write_bytes(data)
        assert codes(tmp_path / name).intersection({"K101", "K103", "K105", "K104", "K107"}), name
