"""Bytes that the system copies, and their checksum."""

from __future__ import annotations

import io
import zlib
from pathlib import Path

import pytest

from kdoctor.archive.writing.bulk_copy import BULK_BYTES, PIECE_BYTES
from kdoctor.archive.writing.system_copy import copy_and_sum, copy_by_system, on_disk
from kdoctor.errors import WriteError

COUNT = PIECE_BYTES + BULK_BYTES + 7  # more than one piece


def numbers(folder: Path) -> tuple[Path, bytes]:
    content = bytes(range(251)) * (COUNT // 251 + 1)
    path = folder / "source"
    path.write_bytes(content)
    return path, content


def test_what_is_copied_is_what_stood_there_and_its_sum_is_told(tmp_path: Path) -> None:
    path, content = numbers(tmp_path)
    out = tmp_path / "out"
    out.write_bytes(b"begins: ")
    with open(path, "rb") as stream:
        checksum = copy_and_sum(stream, 3, COUNT, out, 8)
    assert out.read_bytes() == b"begins: " + content[3 : 3 + COUNT]
    assert checksum == zlib.crc32(content[3 : 3 + COUNT])


def test_a_file_that_has_become_shorter_is_refused(tmp_path: Path) -> None:
    path, content = numbers(tmp_path)
    (tmp_path / "out").touch()
    with open(path, "rb") as stream, pytest.raises(WriteError, match="ends before its last byte"):
        copy_by_system(stream, 0, len(content) + 1, tmp_path / "out", 0)


def test_small_things_and_what_is_no_file_are_read(tmp_path: Path) -> None:
    path, _ = numbers(tmp_path)
    with open(path, "rb") as stream:
        assert on_disk(stream, BULK_BYTES)
        assert not on_disk(stream, BULK_BYTES - 1)
    assert not on_disk(io.BytesIO(b"x" * BULK_BYTES), BULK_BYTES)  # type: ignore[arg-type]
