"""Archives that Python's zipfile, and so Keras, reads otherwise than most readers: what Keras reads is what is examined."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import pytest

from hostile.disguises import ARCHIVES, BAD, EVIL, GOOD, HIDDEN, REACH, built, text
from hostile.test_triggers import NEWEST, errors
from kdoctor.doctor import examine_file
from kdoctor.packs import load_checks


@pytest.mark.parametrize("case", ARCHIVES)
def test_an_archive_is_read_as_keras_reads_it(tmp_path: Path, case: str) -> None:
    path = tmp_path / "model.keras"
    path.write_bytes(ARCHIVES[case])
    with zipfile.ZipFile(path) as archive, archive.open("config.json") as config:
        assert config.read() == text(EVIL)
    assert "K801" in errors(path)


def test_the_archives_are_made_as_they_should_be(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    for deflated in (False, True):
        path.write_bytes(built(GOOD, deflated=deflated))
        assert errors(path) == set()


def parts(archive: bytes) -> tuple[bytes, bytes]:
    """Members and directory."""
    end = archive.rfind(b"PK\5\6")
    (size,) = struct.unpack_from("<L", archive, end + 12)
    return archive[: end - size], archive[end - size : end]


def test_two_end_records_of_large_archives_are_named(tmp_path: Path) -> None:
    """Newer Pythons (3.14) go where the locator leads, older ones to what stands in front of it."""
    shown, directory = parts(built(GOOD))
    hidden, other = parts(built(BAD, len(shown)))
    end = len(shown + hidden + other)
    records = [
        struct.pack("<4sQ2H2L4Q", b"PK\6\6", length, 45, 45, 0, 0, 3, 3, size, start)
        for length, size, start in ((44 + len(directory) + 56, len(other), end - len(other)), (44, len(directory), end + 56))
    ]
    tail = struct.pack("<4sLQL", b"PK\6\7", 0, end, 1) + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 65535, 65535, 2**32 - 1, 2**32 - 1, 0)
    path = tmp_path / "model.keras"
    path.write_bytes(shown + hidden + other + records[0] + directory + records[1] + tail)
    assert errors(path) == {"K810"}


@pytest.mark.parametrize("behind", [b"\0" * (REACH + 1), b"PK\5\6, which ends an archive", b"\0" * 30 + b"PK\5\6"])
def test_an_archive_whose_end_keras_does_not_find_is_an_error(tmp_path: Path, behind: bytes) -> None:
    path = tmp_path / "model.keras"
    path.write_bytes(HIDDEN + behind)
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(path)
    report = examine_file(path, NEWEST, load_checks())
    assert report.loads is False
    assert "K109" in {found.check.code for found in report.errors}
