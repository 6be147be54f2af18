"""A tar around a model: what would stand elsewhere where it is unpacked is told, by whichever of its headers says so."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import Any

import pytest
from model_files import keras_members, zip_bytes

from kdoctor.archive import open_document
from kdoctor.archive.tar_file import tar_entries
from kdoctor.limits import Limits

MODEL = zip_bytes(keras_members())


def tar(*members: dict[str, Any], form: int = tarfile.PAX_FORMAT) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w", format=form) as archive:
        for member in members:
            about = tarfile.TarInfo(member.get("name", "model.keras"))
            data = MODEL if about.name.endswith(".keras") else b""
            about.size = len(data)
            for key, value in member.items():
                setattr(about, key, value)
            archive.addfile(about, io.BytesIO(data))
    return held.getvalue()


def leading_out(tmp_path: Path, data: bytes) -> dict[str, str]:
    (tmp_path / "model.keras").write_bytes(data)
    document = open_document(tmp_path / "model.keras")
    assert document.config
    return next((fault.detail["why"] for fault in document.faults.values() if fault.kind == "path-traversal"), {})


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize(
    ("name", "why"), [("../../model.keras", "climbing"), ("/srv/model.keras", "absolute"), ("a/" * 70 + "../m.keras", "climbing")]
)
def test_a_name_that_leads_out_is_told(tmp_path: Path, form: int, name: str, why: str) -> None:
    assert leading_out(tmp_path, tar({"name": name}, form=form)) == {name: why}


def test_a_name_in_a_record_counts_before_the_header(tmp_path: Path) -> None:
    assert leading_out(tmp_path, tar({"pax_headers": {"path": "../../model.keras"}})) == {"../../model.keras": "climbing"}


@pytest.mark.parametrize(("kind", "why"), [(tarfile.SYMTYPE, "symlink"), (tarfile.LNKTYPE, "hard link"), (tarfile.CHRTYPE, "device")])
def test_a_link_beside_the_model_is_told(tmp_path: Path, kind: bytes, why: str) -> None:
    assert leading_out(tmp_path, tar({}, {"name": "beside", "type": kind, "linkname": "/etc/passwd"})) == {"beside": why}


def test_an_honest_archive_leads_nowhere(tmp_path: Path) -> None:
    folders = ({"name": "models", "type": tarfile.DIRTYPE}, {"name": "models/deep.keras", "pax_headers": {"mtime": "1700000000.25"}})
    for form in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        assert leading_out(tmp_path, tar(*folders, form=form)) == {}


def test_a_size_in_a_record_is_the_size() -> None:
    data = tar({"pax_headers": {"size": "99999999999"}})
    assert [entry.size for entry in tar_entries(io.BytesIO(data), len(data), Limits())] == [99999999999]
