"""K806: a name that leads out of the folder that it is to stand in."""

from __future__ import annotations

import json
import stat
import zipfile
from pathlib import Path

import pytest
from model_files import keras_file, keras_members, zip_bytes

from kdoctor.archive import open_document
from kdoctor.check import Finding
from kdoctor.document import Document
from kdoctor.edit import apply
from kdoctor.target import Target
from kdoctor.testing import KERAS_3, examine, find_check, layer, model


def severity(finding: Finding) -> str:
    return str(find_check("K806").severity_of(finding))


def archive(path: Path, *more: tuple[str, bytes]) -> Document:
    path.write_bytes(zip_bytes([*keras_members().items(), *more]))
    return open_document(path)


@pytest.mark.parametrize("name", ["../../evil.txt", "/etc/cron.d/evil", "C:\\evil.txt", "assets/../../evil.txt", "..\\..\\evil.txt"])
def test_a_member_that_leads_out_is_left_out(tmp_path: Path, name: str) -> None:
    sick = archive(tmp_path / "model.keras", (name, b"x"))
    (finding,) = examine("K806", sick)
    assert severity(finding) == "error"
    assert finding.repair is not None
    assert examine("K806", apply(sick, finding.repair.edits)) == []


def test_a_link_is_named(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    link = zipfile.ZipInfo("assets/words.txt")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as opened:
        for name, data in keras_members().items():
            opened.writestr(name, data)
        opened.writestr(link, "/etc/passwd")
    (finding,) = examine("K806", open_document(path))
    assert "'assets/words.txt' (symlink)" in finding.message


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO])
def test_a_part_of_the_model_that_is_a_link_or_a_device_is_named(tmp_path: Path, kind: int) -> None:
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(path, "w") as opened:
        for name, data in keras_members().items():
            member = zipfile.ZipInfo(name)
            member.external_attr = ((kind if name == "config.json" else stat.S_IFREG) | 0o777) << 16
            opened.writestr(member, data)
    (finding,) = examine("K806", open_document(path))
    assert finding.message == "a part of the model is a link or a device where the archive is unpacked: 'config.json'"


def test_a_part_under_an_absolute_name_is_only_misplaced(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    path.write_bytes(zip_bytes({f"/{name}": data for name, data in keras_members().items()}))
    assert examine("K806", open_document(path)) == []


def test_the_map_of_shards_may_name_none_elsewhere(tmp_path: Path) -> None:
    listed = json.dumps({"metadata": {}, "weight_map": {"/layers/dense/vars": ["../../other.weights.h5"]}}).encode()
    (finding,) = examine("K806", archive(tmp_path / "model.keras", ("model.weights.json", listed)))
    assert finding.message == "model.weights.json names files outside of the archive: '../../other.weights.h5' (climbing)"


def test_an_honest_map_of_shards_is_none(tmp_path: Path) -> None:
    listed = json.dumps({"metadata": {}, "weight_map": {"/layers/dense/vars": ["model_00000.weights.h5"]}}).encode()
    assert examine("K806", archive(tmp_path / "model.keras", ("model.weights.json", listed))) == []


@pytest.mark.parametrize("inside", [True, False])
def test_links_in_an_unpacked_archive_are_a_warning_where_they_lead_out(tmp_path: Path, inside: bool) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    for name, data in keras_members().items():
        (folder / name).write_bytes(data)
    kept = (folder if inside else tmp_path) / "kept.json"
    (folder / "config.json").rename(kept)
    (folder / "config.json").symlink_to(kept)
    found = examine("K806", open_document(folder))
    assert [severity(finding) for finding in found] == ([] if inside else ["warning"])


@pytest.mark.parametrize("name", ["../../dense", "a/../../b", "/etc/passwd", "C:\\x", "..", "..\\x"])
def test_a_layer_may_not_be_called_like_a_way_out(name: str) -> None:
    (finding,) = examine("K806", model(layer("StringLookup", name=name)))
    assert "Keras 3.15.1 guards against it" in finding.message
    (finding,) = examine("K806", model(layer("StringLookup", name=name)), Target("3.14.1"))
    assert "Keras 3.14.1 falls for CVE-2026-12479" in finding.message


@pytest.mark.parametrize("name", ["dense", "block1/conv", "a..b", "conv2d/kernel:0", "x:y", "...", "tf.math.add"])
def test_other_names_are_no_way_out(name: str) -> None:
    assert examine("K806", model(layer("Dense", name=name))) == []


def test_an_archive_of_keras_is_healthy(tmp_path: Path) -> None:
    assert examine("K806", open_document(keras_file(tmp_path / "model.keras")), KERAS_3) == []
