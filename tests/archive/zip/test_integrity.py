"""Members against what the directory says of them: checksums, headers, sizes, limits."""

from __future__ import annotations

import zipfile
from dataclasses import replace

import pytest
from model_files import zip_bytes
from opened_zips import CONFIG, integrity, opened

from kdoctor.archive.zip.integrity import integrity_faults
from kdoctor.archive.zip.member import Archive
from kdoctor.limits import Limits


def test_a_flipped_byte_is_found_by_its_checksum() -> None:
    data = bytearray(zip_bytes({"a.bin": bytes(1000)}))
    data[500] ^= 1
    ((kind, detail),) = integrity(opened(bytes(data)).archive)
    assert kind == "crc-mismatch"
    assert detail["name"] == "a.bin"
    assert detail["found"] != detail["expected"]


def test_large_members_are_not_summed() -> None:
    data = bytearray(zip_bytes({"a.bin": bytes(1000)}))
    data[500] ^= 1
    assert integrity(opened(bytes(data), Limits(checksum_bytes=999)).archive) == []


def changed(data: bytes, **fields: int) -> Archive:
    """The archive with a directory that tells something else about its first member."""
    archive = opened(data).archive
    first, *rest = archive.entries
    return replace(archive, entries=(first._replace(**fields), *rest))


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"flags": 1}, "encrypted"),
        ({"method": 93}, "compressed by method 93 (zstandard)"),
        ({"method": 14}, "lzma stream: properties of 12593 bytes"),
        ({"offset": 3}, "no header where the directory says"),
        ({"offset": 10**9}, "its header lies outside the file"),
        ({"packed": 10**6, "size": 10**6}, "runs past the end of the file"),
        ({"size": 5}, "stored in 4000 bytes, declared as 5"),
    ],
)
def test_a_member_that_cannot_be_read_says_why(fields: dict[str, int], why: str) -> None:
    archive = changed(zip_bytes([("a.bin", b"1" * 4000)]), **fields)
    assert integrity(archive) == [("unreadable-member", {"name": "a.bin", "why": why})]


def test_a_header_that_names_another_member_is_told() -> None:
    data = zip_bytes({"a.bin": b"1", "b.bin": b"2"})
    archive = changed(data, offset=opened(data).archive.entries[1].offset)
    assert ("unreadable-member", {"name": "a.bin", "why": "the header there names another member"}) in integrity(archive)


def test_members_that_share_bytes_are_told() -> None:
    archive = opened(zip_bytes({"a.bin": b"1" * 50})).archive
    twice = replace(archive, entries=(*archive.entries, archive.entries[0]._replace(crc=1)))
    assert integrity(twice) == [("unreadable-member", {"name": "a.bin", "why": "overlaps another member"})]


def test_a_damaged_deflate_stream_is_told() -> None:
    data = bytearray(zip_bytes({"a.bin": CONFIG}, zipfile.ZIP_DEFLATED))
    data[40:60] = b"\xff" * 20
    ((kind, detail),) = integrity(opened(bytes(data)).archive)
    assert kind == "unreadable-member"
    assert detail["why"].startswith("deflate stream: ")


def test_a_bomb_is_not_inflated() -> None:
    archive = opened(zip_bytes({"zeros.bin": bytes(5_000_000)}, zipfile.ZIP_DEFLATED)).archive
    ((kind, detail),) = integrity(archive)
    assert kind == "limit"
    assert detail["limit"] == "ratio"
    assert detail["found"] > detail["allowed"] == 1000


def test_declared_sizes_are_compared_with_the_limits_of_their_part() -> None:
    archive = opened(zip_bytes({"a": b"1" * 100, "b": b"1" * 100}, zipfile.ZIP_DEFLATED), Limits(json_bytes=99, spool_bytes=98)).archive
    found = list(integrity_faults(archive, ["config", "weights"]))
    assert [(fault.part, fault.detail["limit"]) for fault in found] == [("config", "json_bytes"), ("weights", "spool_bytes")]
