"""K706: the weights are split over several files, and one of them is not there, or is not the one that belongs here."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import pytest

from kdoctor.archive import open_document
from kdoctor.document import Format
from kdoctor.testing import examine

SHARDS = {"model_00000.weights.h5": "layers/dense", "model_00001.weights.h5": "layers/dense_1"}


@pytest.fixture
def split(tmp_path: Path) -> Path:
    """Weights as ``save_weights("model.weights.json", max_shard_size=…)`` writes them."""
    for name, group in SHARDS.items():
        with h5py.File(tmp_path / name, "w") as file:
            file[f"{group}/vars/0"] = [1.0, 2.0]
    groups = {f"/{group}/vars": [name] for name, group in SHARDS.items()}
    path = tmp_path / "model.weights.json"
    path.write_text(json.dumps({"metadata": {"total_size": 16.0}, "weight_map": groups}), encoding="utf-8")
    return path


def test_the_weights_of_all_shards_are_read(split: Path) -> None:
    found = open_document(split)
    assert found.format is Format.H5_WEIGHTS
    assert list(found.weights) == ["layers/dense/vars/0", "layers/dense_1/vars/0"]
    assert found.faults == {}
    assert examine("K706", found) == []


def test_a_shard_that_is_not_there_is_named_with_what_it_holds(split: Path) -> None:
    split.with_name("model_00001.weights.h5").unlink()
    (finding,) = examine("K706", open_document(split))
    assert finding.message == "the shard model_00001.weights.h5 is not beside the map; it holds the arrays of 1 group (layers/dense_1)"


def test_a_shard_of_another_save_is_named(split: Path) -> None:
    first = split.with_name("model_00000.weights.h5")
    first.write_bytes(split.with_name("model_00001.weights.h5").read_bytes())
    (finding,) = examine("K706", open_document(split))
    assert finding.message == "the shard model_00000.weights.h5 has no arrays of 1 group (layers/dense)"


def test_shards_in_each_others_place_are_named(split: Path) -> None:
    first, second = (split.with_name(name) for name in SHARDS)
    content = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(content)
    assert [finding.message for finding in examine("K706", open_document(split))] == [
        "the shard model_00000.weights.h5 is called model_00001.weights.h5: that file alone holds exactly what the map has there",
        "the shard model_00001.weights.h5 is called model_00000.weights.h5: that file alone holds exactly what the map has there",
    ]


def test_shards_that_all_bear_names_of_another_kind_are_told_apart_by_their_groups(split: Path) -> None:
    for number, name in enumerate(SHARDS):
        split.with_name(name).rename(split.with_name(f"part-{2 - number}.h5"))
    split.write_text(split.read_text("utf-8").replace("16.0", "32.0"), encoding="utf-8")
    found = open_document(split)
    assert list(found.weights) == ["layers/dense/vars/0", "layers/dense_1/vars/0"]
    assert [finding.message.split(":")[0] for finding in examine("K706", found)] == [
        "the shard model_00000.weights.h5 is called part-2.h5",
        "the shard model_00001.weights.h5 is called part-1.h5",
    ]


def test_files_of_another_size_than_the_map_states_are_no_shards_of_it(split: Path) -> None:
    for number, name in enumerate(SHARDS):
        split.with_name(name).rename(split.with_name(f"part-{number}.h5"))
    with h5py.File(split.with_name("part-0.h5"), "a") as file:
        del file["layers/dense/vars/0"]
        file["layers/dense/vars/0"] = [1.0, 2.0, 3.0]
    assert list(open_document(split).weights) == []
    first, _ = examine("K706", open_document(split))
    assert "part-0.h5 beside it holds just these, and may be it under another name" in first.message


def test_one_file_under_another_name_may_be_of_another_save(split: Path) -> None:
    split.with_name("model_00001.weights.h5").rename(split.with_name("model_00001.weights (1).h5"))
    found = open_document(split)
    assert list(found.weights) == ["layers/dense/vars/0"]
    (finding,) = examine("K706", found)
    assert "; model_00001.weights (1).h5 beside it holds just these" in finding.message
    assert finding.repair is not None
    assert finding.repair.title == "call model_00001.weights (1).h5 model_00001.weights.h5, if it is of this save"


@pytest.mark.parametrize("name", ["../model_00000.weights.h5", "/etc/hostname", "..", ""])
def test_a_map_leads_nowhere_but_beside_itself(split: Path, name: str) -> None:
    outside = split.parent / "inner"
    outside.mkdir()
    moved = split.rename(outside / split.name)
    moved.write_text(json.dumps({"weight_map": {"/layers/dense/vars": [name, "x.weights.h5"]}}), encoding="utf-8")
    assert open_document(moved).weights == {}


def test_a_link_is_no_shard(split: Path) -> None:
    first = split.with_name("model_00000.weights.h5")
    first.rename(split.with_name("elsewhere"))
    first.symlink_to(split.with_name("elsewhere"))
    assert len(examine("K706", open_document(split))) == 1


@pytest.mark.parametrize("value", [[], {"weight_map": []}, {"weight_map": {"/a.weights.h5": 3}}, {"weight_map": {}, "x": "a.weights.h5"}])
def test_other_json_is_no_map(split: Path, value: object) -> None:
    split.write_text(json.dumps(value), encoding="utf-8")
    assert open_document(split).format is Format.OTHER


def without(split: Path, group: str, size: float = 16.0) -> Path:
    found = json.loads(split.read_text(encoding="utf-8"))
    del found["weight_map"][group]
    split.write_text(json.dumps({**found, "metadata": {"total_size": size}}), encoding="utf-8")
    return split


def test_a_layer_that_the_map_leaves_out_is_named_with_its_shard(split: Path) -> None:
    with h5py.File(split.with_name("model_00000.weights.h5"), "a") as file:
        file["layers/dense_2/vars/0"] = [3.0]
    (finding,) = examine("K706", open_document(split))
    assert finding.message == "the shard model_00000.weights.h5 holds the arrays of 1 group (layers/dense_2), which the map leaves out"
    assert finding.repair is not None
    assert '"/layers/dense_2/vars": ["model_00000.weights.h5"]' in finding.repair.title
    assert not finding.mild


def test_a_shard_that_the_map_has_lost_is_told_by_the_size_that_the_map_states(split: Path) -> None:
    (finding,) = examine("K706", open_document(without(split, "/layers/dense_1/vars", 32.0)))
    assert "model_00001.weights.h5 holds the arrays of 1 group (layers/dense_1), which the map leaves out" in finding.message
    assert not finding.mild


def test_a_shard_of_an_earlier_save_is_a_warning(split: Path) -> None:
    (finding,) = examine("K706", open_document(without(split, "/layers/dense_1/vars")))
    assert "it may be left of an earlier save" in finding.message
    assert finding.mild


def test_a_shard_of_an_earlier_save_with_what_the_map_has_is_no_fault(split: Path) -> None:
    split.with_name("model_00002.weights.h5").write_bytes(split.with_name("model_00000.weights.h5").read_bytes())
    assert examine("K706", open_document(split)) == []
