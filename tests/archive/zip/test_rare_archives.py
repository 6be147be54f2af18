"""Archives in rare forms of the format, which neither Keras nor kdoctor reads: that is said, and nothing in them counts as clean."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from model_files import keras_members, zip_bytes

from kdoctor.doctor import examine_file
from kdoctor.engine import Verdict
from kdoctor.outcomes import outcomes
from kdoctor.packs import load_checks
from kdoctor.testing import KERAS_3

ZSTANDARD = struct.pack("<H", 93)


def packed_otherwise(data: bytes, member: bytes, method: bytes) -> bytes:
    """The archive with another method in both headers of a member."""
    local, entry = data.index(member) - 30, data.rindex(member) - 46
    assert (data[local : local + 4], data[entry : entry + 4]) == (b"PK\3\4", b"PK\1\2")
    data = data[: local + 8] + method + data[local + 10 :]
    return data[: entry + 10] + method + data[entry + 12 :]


def with_extensible_end(data: bytes) -> bytes:
    """With the 8-byte end record, and extensible data in it (APPNOTE.TXT 4.3.14.2), so that it does not stand right before its locator."""
    end = data.rindex(b"PK\5\6")
    count, size, offset = struct.unpack_from("<H2L", data, end + 10)
    more = struct.pack("<HL", 0x4B50, 8) + b"x" * 8
    wide = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44 + len(more), 45, 45, 0, 0, count, count, size, offset) + more
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, end, 1)
    return data[:end] + wide + locator + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)


@pytest.mark.parametrize(("member", "part"), [("config.json", "config"), ("model.weights.h5", "weights")])
def test_a_member_packed_by_zstandard_is_named_and_its_part_is_not_checked(tmp_path: Path, member: str, part: str) -> None:
    (tmp_path / "model.keras").write_bytes(packed_otherwise(zip_bytes(keras_members()), member.encode(), ZSTANDARD))
    report = examine_file(tmp_path / "model.keras", KERAS_3, load_checks())
    assert report.loads is False
    assert [found.finding.message for found in report.errors if found.check.code == "K107"] == [
        f"the member '{member}' cannot be read: compressed by method 93 (zstandard)"
    ]
    (reason,) = outcomes(report).not_checked
    assert reason.why == f"{part} was not read to its end: unreadable-member"


def test_an_archive_whose_end_has_extensible_data_is_one_that_nobody_opens(tmp_path: Path) -> None:
    (tmp_path / "model.keras").write_bytes(with_extensible_end(zip_bytes(keras_members())))
    report = examine_file(tmp_path / "model.keras", KERAS_3, load_checks())
    assert (report.verdict, report.loads) == (Verdict.SICK, False)
    assert "K103" in {found.check.code for found in report.errors}
