"""Names of members: what they are to Keras, and what is wrong with them."""

from __future__ import annotations

import stat

import pytest

from kdoctor.archive.zip.directory import Entry
from kdoctor.archive.zip.names import folder_of, naming_faults, role_of
from kdoctor.document import Fault

PARTS = ("metadata.json", "config.json", "model.weights.h5")


def entry(name: str, crc: int = 0, mode: int = 0) -> Entry:
    return Entry(name, 0, 0, crc, 1, 1, 0, mode)


def faults(*entries: Entry, folder: str = "") -> list[Fault]:
    return naming_faults(entries, folder)


@pytest.mark.parametrize(
    ("names", "folder"),
    [
        (PARTS, ""),
        ([f"my_model/{name}" for name in PARTS], "my_model/"),
        ([f"a\\b\\{name}" for name in PARTS], "a/b/"),
        (["config.json", *(f"inner/{name}" for name in PARTS)], "inner/"),
        (["__MACOSX/m/config.json", "__MACOSX/m/metadata.json", "m/config.json"], "m/"),
        (["assets/config.json"], None),
        (["readme.txt"], None),
    ],
)
def test_the_folder_of_the_parts_is_found(names: list[str], folder: str | None) -> None:
    assert folder_of(names) == folder


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("m/config.json", "config"),
        ("m\\metadata.json", "metadata"),
        ("m/model.weights.h5", "weights"),
        ("m/model_00001.weights.h5", "weights"),
        ("m/model.weights.npz", "weights"),
        ("m/assets/layers/lookup/vocabulary.txt", "asset"),
        ("m/notes.txt", "stray"),
        ("config.json", "stray"),
        ("__MACOSX/m/._config.json", "stray"),
    ],
)
def test_each_member_has_its_role(name: str, role: str) -> None:
    assert role_of(name, "m/") == role


def test_an_archive_of_keras_has_no_fault() -> None:
    assert faults(*map(entry, [*PARTS, "assets/", "assets/x.txt"])) == []


def test_the_folder_is_a_fault_and_its_own_entry_is_not_stray() -> None:
    found = faults(*map(entry, ["m/", *(f"m/{name}" for name in PARTS)]), folder="m/")
    assert found == [Fault("wrapped", "file", {"how": "folder", "name": "m"})]


def test_backslashes_are_named() -> None:
    assert faults(entry("m\\config.json"), folder="m/")[1] == Fault("backslash-names", "file", {"names": ["m\\config.json"]})


def test_duplicates_are_compared_by_their_checksums() -> None:
    (same,) = faults(entry("config.json", 7), entry("config.json", 7))
    (other,) = faults(entry("config.json", 7), entry("config.json", 8), entry("config.json", 7))
    assert same.detail == {"name": "config.json", "count": 2, "identical": True}
    assert other.detail == {"name": "config.json", "count": 3, "identical": False}


def test_stray_members_are_listed() -> None:
    assert faults(*map(entry, ["config.json", ".DS_Store", "__MACOSX/._x"]))[0].detail == {"names": [".DS_Store", "__MACOSX/._x"]}


def test_names_that_lead_elsewhere_are_listed_with_the_reason() -> None:
    link = entry("assets/link", mode=stat.S_IFLNK | 0o777)
    names = ["../../evil.txt", "/etc/passwd", "\\\\server\\x", "C:\\x", "config.json\0.txt"]
    irregular, leading_out = (fault for fault in faults(link, *map(entry, names)) if fault.kind in ("irregular-names", "path-traversal"))
    assert irregular.detail["why"] == {"config.json\0.txt": "control character"}
    assert leading_out.detail["names"] == ["assets/link", *names[:-1]]
    assert [*leading_out.detail["why"].values()] == ["symlink", "climbing", "absolute", "absolute", "drive letter"]


@pytest.mark.parametrize("name", ["CONFIG.JSON", "./config.json", "config.json/", "config.json.", "config.json "])
def test_a_member_that_is_a_part_where_the_archive_is_unpacked_is_named(name: str) -> None:
    (found,) = (fault for fault in faults(*map(entry, [*PARTS, name])) if fault.kind == "colliding-names")
    assert found.detail == {"names": {name: "config.json"}}


def test_parts_of_other_models_and_equal_names_collide_with_none() -> None:
    assert not [fault for fault in faults(*map(entry, [*PARTS, "config.json", "other/config.json"])) if fault.kind == "colliding-names"]


@pytest.mark.parametrize("name", ["CONFIG.JSON", "config.json.txt", "config (1).json", "model.json", "Config.json.gz"])
def test_a_config_under_another_name_is_misplaced(name: str) -> None:
    (fault,) = faults(entry("metadata.json"), entry(name), entry("model.weights.h5"))
    assert fault.kind == "misplaced-part"
    assert fault.detail["names"] == {name: "config.json"}


def test_of_two_files_that_may_be_the_config_none_is_taken() -> None:
    kinds = [fault.kind for fault in faults(entry("metadata.json"), entry("a.json"), entry("b.json"), entry("model.weights.h5"))]
    assert "misplaced-part" not in kinds


def test_a_copy_of_the_metadata_is_no_config() -> None:
    kinds = [fault.kind for fault in faults(entry("metadata.json"), entry("metadata (1).json"), entry("model.weights.h5"))]
    assert "misplaced-part" not in kinds
