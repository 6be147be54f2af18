"""Zips as strangers send them: cut, with bytes around them, transferred as text, with members that cannot be read."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Mapping
from dataclasses import replace

import pytest
from model_files import keras_members, zip_bytes

from kdoctor.archive.zip_archive import OpenedZip, open_zip
from kdoctor.archive.zip_directory import Entry
from kdoctor.archive.zip_integrity import integrity_faults
from kdoctor.archive.zip_member import Archive
from kdoctor.document import Json
from kdoctor.limits import Limits

CONFIG = json.dumps({"class_name": "Sequential", "config": {"layers": list(range(4000))}}, indent=1).encode()


class Unseekable(io.BytesIO):
    """What makes zipfile write sizes behind the data, as it does for a pipe."""

    def seekable(self) -> bool:
        return False

    def tell(self) -> int:
        raise OSError

    def seek(self, *_: int) -> int:
        raise OSError


def opened(data: bytes, limits: Limits = Limits()) -> OpenedZip:  # noqa: B008 (a frozen value)
    found = open_zip(io.BytesIO(data), len(data), limits)
    assert found is not None
    return found


def faults(found: OpenedZip) -> dict[str, Mapping[str, Json]]:
    return {fault.kind: fault.detail for fault in found.faults}


def contents(found: OpenedZip) -> dict[str, bytes]:
    return {entry.name: found.archive.read(entry) for entry in found.archive.entries}


def integrity(archive: Archive) -> list[tuple[str, Mapping[str, Json]]]:
    return [(fault.kind, fault.detail) for fault in integrity_faults(archive, ["stray"] * len(archive.entries))]


def piped(members: Mapping[str, bytes], method: int) -> bytes:
    stream = Unseekable()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()


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


@pytest.mark.parametrize("count", [1, 70, 200_000])
def test_bytes_behind_the_archive_are_counted(count: int) -> None:
    found = opened(zip_bytes(keras_members()) + b"\0" * count)
    assert faults(found) == {"trailing-bytes": {"count": count}}
    assert contents(found) == keras_members()


def test_a_comment_is_no_trailing_byte() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("config.json", CONFIG)
        archive.comment = b"PK\x05\x06 looks like an end" * 3
    assert opened(buffer.getvalue()).faults == ()


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("write", [zip_bytes, piped])
def test_without_a_directory_whole_members_are_recovered(write: type[zip_bytes], method: int) -> None:  # type: ignore[valid-type]
    data = write(keras_members(), method)
    found = opened(data[: data.find(b"PK\x01\x02") + 20])
    assert faults(found)["truncated"] == {
        "content": "zip",
        "present": data.find(b"PK\x01\x02") + 20,
        "expected": None,
        "complete": True,
        "lost": [],
    }
    assert contents(found) == keras_members()
    assert found.cut == ()


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("write", [zip_bytes, piped])
def test_the_member_that_was_cut_is_named(write: type[zip_bytes], method: int) -> None:  # type: ignore[valid-type]
    data = write(keras_members(), method)
    found = opened(data[: data.find(b"model.weights.h5") + 300])
    assert faults(found)["truncated"]["lost"] == ["model.weights.h5"] == list(found.cut)
    assert faults(found)["truncated"]["complete"] is False
    metadata, config, weights = found.archive.entries
    assert found.archive.read(metadata) == keras_members()["metadata.json"]
    assert found.archive.read(config) == keras_members()["config.json"]
    assert weights.offset + weights.packed < len(data)


def test_what_the_archive_never_reached_is_lost_too() -> None:
    data = zip_bytes(keras_members())
    found = opened(data[: data.find(b"model.weights.h5") - 40])
    assert faults(found)["truncated"]["lost"] == ["config.json", "model.weights.h5"]


def test_a_hole_in_the_middle_is_a_cut_of_known_size() -> None:
    data = zip_bytes(keras_members())
    hole = data.find(b"model.weights.h5") + 300
    found = opened(data[:hole] + data[hole + 1000 :])
    assert faults(found)["truncated"]["expected"] == len(data)
    assert faults(found)["truncated"]["lost"] == ["model.weights.h5"]
    assert found.archive.read(found.archive.entries[1]) == keras_members()["config.json"]


def test_line_ends_that_grew_are_no_truncation() -> None:
    data = zip_bytes({**keras_members(), "config.json": CONFIG}).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    assert open_zip(io.BytesIO(data), len(data), Limits()) is None


def test_line_ends_that_shrank_are_no_truncation() -> None:
    data = zip_bytes({**keras_members(), "config.json": CONFIG.replace(b"\n", b"\r\n")}).replace(b"\r\n", b"\n")
    assert open_zip(io.BytesIO(data), len(data), Limits()) is None


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_bytes_that_were_encoded_again_are_no_truncation(encoding: str) -> None:
    data = zip_bytes({**keras_members(), "config.json": CONFIG}).decode(encoding, "replace").encode()
    assert open_zip(io.BytesIO(data), len(data), Limits()) is None


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
    return replace(archive, entries=(replace(first, **fields), *rest))


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"flags": 1}, "encrypted"),
        ({"method": 14}, "compressed by method 14 (lzma)"),
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
    twice = replace(archive, entries=(*archive.entries, replace(archive.entries[0], crc=1)))
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
