"""Zips that were cut: what is whole is recovered, what is lost is named."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping

import pytest
from model_files import keras_members, zip_bytes
from opened_zips import contents, faults, opened, piped

Write = Callable[[Mapping[str, bytes], int], bytes]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("write", [zip_bytes, piped])
def test_without_a_directory_whole_members_are_recovered(write: Write, method: int) -> None:
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
def test_the_member_that_was_cut_is_named(write: Write, method: int) -> None:
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


def test_a_directory_that_points_beside_every_member_is_worth_none() -> None:
    data = bytearray(zip_bytes(keras_members(), zipfile.ZIP_STORED))
    end = data.rindex(b"PK\5\6")
    data[end + 16 : end + 20] = (7).to_bytes(4, "little")
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(data)).read("config.json")
    found = opened(bytes(data))
    assert (faults(found)["truncated"]["misled"], faults(found)["truncated"]["complete"]) == (True, True)
    assert contents(found) == keras_members()
