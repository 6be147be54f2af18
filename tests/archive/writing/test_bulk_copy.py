from __future__ import annotations

import errno
import os
import sys
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from kdoctor.archive.writing import bulk_copy
from kdoctor.archive.writing.bulk_copy import BULK_BYTES
from kdoctor.archive.writing.bulk_copy import Place as Within
from kdoctor.archive.writing.hdf5_making import Making, Place, make_hdf5
from kdoctor.archive.zip.output import ZipOutput
from kdoctor.archive.zip.record import Record

ROWS = 1 + 17 * BULK_BYTES // 400  # more than one piece, and no round number
NUMBERS = np.random.default_rng(1).integers(-9, 9, (ROWS, 100)).astype("float32")
NAMES = ("large", "wide", "small", "packed", "marked", "marks/of/kind")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source.h5"
    with h5py.File(path, "w", userblock_size=512) as file:
        file["large"] = NUMBERS
        file["wide"] = NUMBERS[:4000].astype(">f8")
        file["small"] = NUMBERS[:3]
        file.create_dataset("packed", data=NUMBERS, compression="gzip", compression_opts=1)
        file["marked"] = NUMBERS
        file["marked"].attrs["dtype"] = "mine"
        file["marks/of/kind"] = NUMBERS.astype("complex64")
    return path


def making(*names: str) -> Making:
    return Making(tuple((f"copies/{name}", name) for name in names), (), {}, {}, False)


def same(found: Any, original: Any) -> bool:
    attributes = dict(found.attrs) == dict(original.attrs)
    return attributes and found.dtype == original.dtype and found.chunks == original.chunks and np.array_equal(found[:], original[:])


def test_every_array_is_the_same_in_the_copy(source: Path, tmp_path: Path) -> None:
    assert make_hdf5(making(*NAMES), [Place(source, 0, source.stat().st_size)], tmp_path / "made.h5") == []
    with h5py.File(source) as before, h5py.File(tmp_path / "made.h5") as after:
        assert [name for name in NAMES if not same(after[f"copies/{name}"], before[name])] == []


def test_in_an_archive_the_checksum_is_that_of_what_stands_there(source: Path, tmp_path: Path) -> None:
    out, sums = tmp_path / "made.zip", []
    with open(out, "x+b") as target:
        output = ZipOutput(target)
        output.add_plain(Record(b"first"), [b"something"], 9)

        def make(start: int) -> Any:
            sums.extend(make_hdf5(making(*NAMES), [Place(source, 0, source.stat().st_size)], out, start))
            return sums

        output.add_made(Record(b"made.h5"), make)
        output.finish()
    summed = sum(one.count for one in sums)
    assert summed == NUMBERS.nbytes + NUMBERS[:4000].nbytes * 2  # the large ones that are nothing but numbers
    with zipfile.ZipFile(out) as archive:
        assert archive.testzip() is None
        archive.extract("made.h5", tmp_path)
    with h5py.File(source) as before, h5py.File(tmp_path / "made.h5") as after:
        assert [name for name in NAMES if not same(after[f"copies/{name}"], before[name])] == []


def unable(*_: Any) -> int:
    raise OSError(errno.EXDEV, "another device")


def copied(source: Path, out: Path, size: int | None = None) -> None:
    with h5py.File(source) as before, h5py.File(out, "x") as after, bulk_copy.summing() as sums:
        place = Within(str(source), 0, source.stat().st_size if size is None else size)
        assert bulk_copy.copy_bulk(before["large"], "a/b", place, after, Within(str(out), 0, 0), sums)
        assert sum(count for _, count, _ in sums.done()) == NUMBERS.nbytes


@pytest.mark.parametrize("ways", ["system", "unable", "none"])
def test_a_system_that_cannot_copy_by_itself_has_it_done(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ways: str) -> None:
    if ways == "unable":
        monkeypatch.setattr(os, "copy_file_range", unable, raising=False)
    if ways == "none":
        monkeypatch.delattr(os, "copy_file_range", raising=False)
    copied(source, tmp_path / "out.h5")
    with h5py.File(tmp_path / "out.h5") as after:
        assert np.array_equal(after["a/b"][:], NUMBERS)


@pytest.mark.skipif(sys.platform != "linux", reason="only there the system copies parts of files")
def test_a_full_disk_is_told_as_such(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> int:
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(os, "copy_file_range", full)
    with pytest.raises(OSError, match="no space"):
        copied(source, tmp_path / "out.h5")


def test_an_array_that_does_not_stand_whole_in_its_part_of_the_file_is_left_to_hdf5(source: Path, tmp_path: Path) -> None:
    with h5py.File(source) as before, h5py.File(tmp_path / "out.h5", "x") as after:
        place = Within(str(source), 0, NUMBERS.nbytes)
        assert not bulk_copy.copy_bulk(before["large"], "a", place, after, Within(str(tmp_path / "out.h5"), 0, 0), None)
        assert "a" not in after


def test_a_file_that_shrinks_meanwhile_is_not_filled_up(source: Path, tmp_path: Path) -> None:
    with h5py.File(source) as before, h5py.File(tmp_path / "out.h5", "x") as after:
        place = Within(str(source), 0, source.stat().st_size)
        os.truncate(source, BULK_BYTES)
        with pytest.raises(ValueError, match="before its last byte"):
            bulk_copy.copy_bulk(before["large"], "a", place, after, Within(str(tmp_path / "out.h5"), 0, 0), None)
