"""The end of a zip is found with bytes before it and behind it."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest
from model_files import keras_members, zip_bytes
from opened_zips import CONFIG, contents, faults, opened


def test_a_zip64_end_record_is_followed() -> None:
    data = zip_bytes(keras_members())
    place = data.rfind(b"PK\x05\x06")
    _, _, _, _, count, size, offset, _ = struct.unpack("<4s4H2LH", data[place:])
    wide = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size, offset)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, place, 1)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    found = opened(data[:place] + wide + locator + end)
    assert contents(found) == keras_members()
    assert found.faults == ()


@pytest.mark.parametrize("count", [1, 70, 5000])
def test_bytes_before_the_archive_are_counted(count: int) -> None:
    found = opened(b"HTTP/1.1 200 OK\r\n"[:count].ljust(count, b"-") + zip_bytes(keras_members()))
    assert faults(found)["leading-bytes"]["count"] == count
    assert contents(found) == keras_members()


@pytest.mark.parametrize(("count", "more"), [(1, {}), (70, {}), (65_536, {}), (65_537, {"hide": True}), (200_000, {"hide": True})])
def test_bytes_behind_the_archive_are_counted(count: int, more: dict[str, bool]) -> None:
    found = opened(zip_bytes(keras_members()) + b"\0" * count)
    assert faults(found) == {"trailing-bytes": {"count": count, **more}}
    assert contents(found) == keras_members()


def with_comment(comment: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("config.json", CONFIG)
        archive.comment = comment
    return buffer.getvalue()


def test_a_comment_is_no_trailing_byte() -> None:
    assert opened(with_comment(b"looks like nothing" * 3)).faults == ()


def test_a_comment_that_looks_like_an_end_hides_the_real_one_from_zipfile() -> None:
    data = with_comment(b"PK\x05\x06 looks like an end" * 3)
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(data))
    assert faults(opened(data)) == {"trailing-bytes": {"count": 0, "hide": True}}
