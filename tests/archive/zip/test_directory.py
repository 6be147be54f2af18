"""Zips read by our own directory reader: every way to pack members, zip64, names that are no UTF-8, too many of them."""

from __future__ import annotations

import io
import zipfile

import pytest
from model_files import keras_members, zip_bytes
from opened_zips import CONFIG, contents, faults, integrity, opened

from kdoctor.archive.zip.directory import Entry
from kdoctor.limits import Limits


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_members_are_read_whatever_way_they_are_packed(method: int) -> None:
    members = {**keras_members(), "assets/ö.txt": b"", "config.json": CONFIG}
    found = opened(zip_bytes(members, method))
    assert contents(found) == members
    assert found.faults == ()
    assert integrity(found.archive) == []
    for entry in found.archive.entries:
        with found.archive.open(entry) as stream:
            assert stream.read() == members[entry.name]


def test_zip64_sizes_are_read() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive, archive.open("config.json", "w", force_zip64=True) as member:
        member.write(CONFIG)
    assert contents(opened(buffer.getvalue())) == {"config.json": CONFIG}
    assert contents(opened(buffer.getvalue()[:-10])) == {"config.json": CONFIG}


def test_members_are_counted_up_to_their_limit() -> None:
    found = opened(zip_bytes({str(number): b"" for number in range(30)}), Limits(members=20))
    assert len(found.archive.entries) == 20
    assert faults(found) == {"limit": {"limit": "members", "allowed": 20, "found": 21}}


def test_a_name_that_is_no_utf8_does_not_hide_the_others() -> None:
    data = zip_bytes({"ö.txt": b"1", "config.json": b"{}"}).replace("ö".encode(), b"\xff\xfe")
    found = opened(data)
    assert [entry.name for entry in found.archive.entries] == ["\\xff\\xfe.txt", "config.json"]
    assert isinstance(found.archive.entries[0], Entry)
    assert integrity(found.archive) == []
