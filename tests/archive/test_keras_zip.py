"""A `.keras` archive, healthy and sick, as the parts of a document."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from model_files import CONFIG, METADATA, TRAINING, keras_members, weights_bytes, zip_bytes

from kdoctor.archive import open_document
from kdoctor.document import ABSENT, Document, Format, Weight
from kdoctor.limits import Limits


def read(tmp_path: Path, members: Mapping[str, bytes] | list[tuple[str, bytes]], method: int = 0, limits: Limits = Limits()) -> Document:  # noqa: B008
    path = tmp_path / "model.keras"
    path.write_bytes(zip_bytes(members, method))
    return open_document(path, limits)


def kinds(document: Document) -> list[tuple[str, str]]:
    return [(fault.kind, fault.part) for fault in document.faults.values()]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_healthy_archive_gives_every_part_and_no_fault(tmp_path: Path, method: int) -> None:
    document = read(tmp_path, {**keras_members(), "assets/vocabulary.txt": b"a\nb"}, method)
    assert document.format is Format.KERAS_ZIP
    assert document.config == CONFIG
    assert document.training == TRAINING
    assert document.metadata == METADATA
    assert document.weights["layers/dense/vars/0"] == Weight((3, 2), "float32", "layers/dense/vars/0")
    assert document.attributes["/layers/dense"]["name"] == "dense"
    assert [(member.name, member.role) for member in document.members.values()] == [
        ("metadata.json", "metadata"),
        ("config.json", "config"),
        ("model.weights.h5", "weights"),
        ("assets/vocabulary.txt", "asset"),
    ]
    assert document.faults == {}


@pytest.mark.parametrize("nothing", [None, {}])
def test_a_model_that_was_not_compiled_has_no_training(tmp_path: Path, nothing: object) -> None:
    document = read(tmp_path, {**keras_members(), "config.json": json.dumps({**CONFIG, "compile_config": nothing}).encode()})
    assert document.training is ABSENT
    assert document.config == CONFIG


@pytest.mark.parametrize("name", ["config.json", "metadata.json", "model.weights.h5"])
def test_a_part_that_is_not_there_is_missing(tmp_path: Path, name: str) -> None:
    members = {key: data for key, data in keras_members().items() if key != name}
    document = read(tmp_path, members)
    assert document.format is Format.KERAS_ZIP
    (fault,) = document.faults.values()
    assert (fault.kind, fault.detail) == ("missing-part", {"name": name})


def test_metadata_without_a_release_is_missing_it(tmp_path: Path) -> None:
    (fault,) = read(tmp_path, {**keras_members(), "metadata.json": b"{}"}).faults.values()
    assert (fault.kind, fault.part, fault.detail) == ("missing-part", "metadata", {"name": "keras_version"})


def test_parts_in_a_folder_with_backslashes_are_read_all_the_same(tmp_path: Path) -> None:
    document = read(tmp_path, {f"my_model\\{name}": data for name, data in keras_members().items()})
    assert document.config == CONFIG
    assert kinds(document) == [("wrapped", "file"), ("backslash-names", "file")]


def test_of_two_configs_the_last_is_read_as_keras_does(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        document = read(tmp_path, [*keras_members().items(), ("config.json", b'{"class_name": "Other"}')])
    assert document.config == {"class_name": "Other"}
    assert kinds(document) == [("duplicate-member", "file")]


def test_weights_that_are_cut_are_a_fault_of_the_weights(tmp_path: Path) -> None:
    whole = weights_bytes()
    document = read(tmp_path, {**keras_members(), "model.weights.h5": whole[: len(whole) // 2]})
    assert document.config == CONFIG
    assert ("truncated", "weights") in kinds(document)


def test_weights_that_are_no_hdf5_are_a_fault_of_the_weights(tmp_path: Path) -> None:
    document = read(tmp_path, {**keras_members(), "model.weights.h5": b"no weights at all"})
    assert [part for _, part in kinds(document)] == ["weights"]


def test_a_config_that_cannot_be_inflated_is_absent(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    data = bytearray(zip_bytes({**keras_members(), "config.json": json.dumps(list(range(999))).encode()}, zipfile.ZIP_DEFLATED))
    place = data.find(b"config.json") + 11
    data[place : place + 40] = b"\xff" * 40
    path.write_bytes(data)
    document = open_document(path)
    assert document.config is ABSENT
    assert kinds(document) == [("unreadable-member", "config")]


def test_the_weights_of_shards_are_joined(tmp_path: Path) -> None:
    members = {name: data for name, data in keras_members().items() if name != "model.weights.h5"}
    document = read(tmp_path, {**members, "model.weights.json": b"{}", "model_00000.weights.h5": weights_bytes()})
    assert "layers/dense/vars/0" in document.weights
    assert [member.role for member in document.members.values()][2:] == ["weights", "weights"]


def test_a_config_over_its_limit_is_not_read(tmp_path: Path) -> None:
    document = read(tmp_path, keras_members(), limits=Limits(json_bytes=100))
    assert document.config is ABSENT
    assert kinds(document) == [("limit", "config")]


def test_of_a_cut_archive_the_whole_parts_are_read(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    data = zip_bytes(keras_members())
    path.write_bytes(data[: data.find(b"PK\x01\x02")])
    document = open_document(path)
    assert document.config == CONFIG
    assert len(document.weights) == 2
    assert [fault.detail["complete"] for fault in document.faults.values()] == [True]
