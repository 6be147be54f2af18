from __future__ import annotations

import gzip
import json
import os
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
from model_files import BIAS, CONFIG, KERNEL, TRAINING, cured, edited, h5_file, moved, zip_bytes

from kdoctor.archive import open_document
from kdoctor.archive.writing import h5_container
from kdoctor.archive.writing.h5_container import Cut, edit_hdf5
from kdoctor.archive.writing.hdf5_job import Job
from kdoctor.archive.writing.write import write_document
from kdoctor.document import ABSENT, Fault, Format
from kdoctor.errors import WriteError
from kdoctor.faults import FaultKind


def test_a_file_that_is_left_alone_comes_out_byte_for_byte_without_h5py(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(h5_container, "run_confined")
    source = h5_file(tmp_path / "a.h5")
    document = open_document(source)
    assert write_document(document, document, tmp_path / "b.h5").path.read_bytes() == source.read_bytes()


def test_the_config_is_stored_as_keras_stores_it(tmp_path: Path) -> None:
    before = open_document(h5_file(tmp_path / "a.h5"))
    written = write_document(before, edited(before, "config", "config", "name", new="renamed"), tmp_path / "b.h5")
    with h5py.File(written.path, "r") as file, h5py.File(tmp_path / "a.h5", "r") as old:
        assert json.loads(file.attrs["model_config"])["config"]["name"] == "renamed"
        assert file.attrs["model_config"] == json.dumps(json.loads(file.attrs["model_config"]))
        types = [h5py.h5a.open(each.id, b"model_config").get_type() for each in (file, old)]
        assert types[0].equal(types[1])
        assert types[0].is_variable_str()
        assert file.attrs["training_config"] == old.attrs["training_config"]
        assert np.array_equal(file["model_weights/dense/dense/kernel:0"], KERNEL)


def test_a_config_over_64_kb_is_one_attribute(tmp_path: Path) -> None:
    before = open_document(h5_file(tmp_path / "a.h5"))
    written = write_document(before, edited(before, "config", "config", "notes", new="x" * 300_000), tmp_path / "b.h5")
    with h5py.File(written.path, "r") as file:
        assert json.loads(file.attrs["model_config"])["config"]["notes"] == "x" * 300_000


def test_a_config_in_pieces_becomes_one_attribute(tmp_path: Path) -> None:
    source = h5_file(tmp_path / "a.h5")
    with h5py.File(source, "r+") as file:
        text = file.attrs.pop("model_config").encode()
        file.attrs["model_config0"], file.attrs["model_config1"] = text[:50], text[50:]
    before = open_document(source)
    written = write_document(before, edited(before, "config", "config", "name", new="renamed"), tmp_path / "b.h5")
    with h5py.File(written.path, "r") as file:
        assert sorted(name for name in file.attrs if name.startswith("model_config")) == ["model_config"]


def test_the_training_state_comes_and_goes(tmp_path: Path) -> None:
    before = open_document(h5_file(tmp_path / "a.h5"))
    without = write_document(before, edited(before, "training", new=ABSENT), tmp_path / "b.h5")
    with h5py.File(without.path, "r") as file:
        assert "training_config" not in file.attrs
    bare = open_document(without.path)
    again = write_document(bare, edited(bare, "training", new=TRAINING), tmp_path / "c.h5")
    with h5py.File(again.path, "r") as file:
        assert json.loads(file.attrs["training_config"]) == TRAINING


def test_a_json_fault_of_an_attribute_is_cured_by_writing_it_anew(tmp_path: Path) -> None:
    source = h5_file(tmp_path / "a.h5")
    with h5py.File(source, "r+") as file:
        file.attrs["model_config"] = file.attrs["model_config"][:-1] + ",}"
    before = open_document(source)
    assert [fault.kind for fault in before.faults.values()] == [FaultKind.JSON_TRAILING_COMMA]
    written = write_document(before, cured(before), tmp_path / "b.h5")
    with h5py.File(written.path, "r") as file:
        assert json.loads(file.attrs["model_config"]) == CONFIG


def test_other_attributes_are_added_changed_and_removed(tmp_path: Path) -> None:
    source = h5_file(tmp_path / "a.h5")
    with h5py.File(source, "r+") as file:
        file["model_weights"].attrs["note"] = "goes"
    before = open_document(source)
    after = edited(before, "attributes", "/", "keras_version", new="2.16.0")
    after = edited(after, "attributes", "/model_weights", "note", new=ABSENT)
    after = edited(after, "attributes", "/model_weights", "layer_names", new=["é", "dense"])
    after = edited(after, "attributes", "/model_weights/dense", "order", new=[1, 2])
    written = write_document(before, after, tmp_path / "b.h5")
    with h5py.File(written.path, "r") as file:
        assert file.attrs["keras_version"] == "2.16.0"
        assert "note" not in file["model_weights"].attrs
        assert [name.decode() for name in file["model_weights"].attrs["layer_names"]] == ["é", "dense"]
        assert file["model_weights/dense"].attrs["order"].tolist() == [1, 2]


def test_the_words_of_a_legacy_file_are_stored_as_bytes_since_keras_2_3_decodes_them(tmp_path: Path) -> None:
    before = open_document(h5_file(tmp_path / "a.h5"))
    root = {**before.attributes["/model_weights"], "keras_version": "2.2.5"}
    after = edited(before, "attributes", "/model_weights", new=root)
    with h5py.File(write_document(before, after, tmp_path / "b.h5").path, "r") as file:
        stored = file["model_weights"].attrs
        assert stored["keras_version"] == "2.2.5"
        assert h5py.check_string_dtype(stored.get_id("keras_version").dtype).encoding == "ascii"  # of UTF-8, h5py 2 makes a str


def test_names_that_fill_more_than_one_attribute_are_stored_in_pieces(tmp_path: Path) -> None:
    source = h5_file(tmp_path / "a.h5", names=1500)
    before = open_document(source)
    names = before.attributes["/model_weights/dense"]["weight_names"]
    assert len(names) == 1500
    written = write_document(
        before, edited(before, "attributes", "/model_weights/dense", "weight_names", new=names[:-1]), tmp_path / "b.h5"
    )
    with h5py.File(written.path, "r") as file:
        stored = file["model_weights/dense"].attrs
        assert sorted(stored) == ["weight_names0", "weight_names1"]
        assert [name.decode() for piece in sorted(stored) for name in stored[piece]] == names[:-1]
    fewer = write_document(before, edited(before, "attributes", "/model_weights/dense", "weight_names", new=names[:3]), tmp_path / "c.h5")
    with h5py.File(fewer.path, "r") as file:
        assert [*file["model_weights/dense"].attrs] == ["weight_names"]


def test_a_layer_that_is_renamed_leaves_no_empty_group_behind(tmp_path: Path) -> None:
    before = open_document(h5_file(tmp_path / "a.h5"))
    paths = {f"model_weights/dense/dense/{name}:0": f"model_weights/head/head/{name}:0" for name in ("kernel", "bias")}
    after = moved(before, paths)
    attributes = {key.replace("dense", "head"): values for key, values in before.attributes.items()}
    attributes["/model_weights"] = {**attributes["/model_weights"], "layer_names": ["head"]}
    attributes["/model_weights/head"] = {"weight_names": ["head/kernel:0", "head/bias:0"]}
    written = write_document(before, after.replacing({**after.parts, "attributes": attributes}), tmp_path / "b.h5")
    with h5py.File(written.path, "r") as file:
        assert [*file["model_weights"]] == ["head"]
        assert np.array_equal(file["model_weights/head/head/kernel:0"], KERNEL)


def test_two_weights_change_places(tmp_path: Path) -> None:
    source = h5_file(tmp_path / "a.h5")
    with h5py.File(source, "r+") as file:
        file["model_weights/dense/dense/other:0"] = BIAS + 1
    before = open_document(source)
    bias, other = "model_weights/dense/dense/bias:0", "model_weights/dense/dense/other:0"
    written = write_document(before, moved(before, {bias: other, other: bias}), tmp_path / "b.h5")
    with h5py.File(written.path, "r") as file:
        assert np.array_equal(file[other], BIAS)
        assert np.array_equal(file[bias], BIAS + 1)


def test_one_array_can_stand_under_two_names(tmp_path: Path) -> None:
    before = open_document(h5_file(tmp_path / "a.h5"))
    kernel = before.weights["model_weights/dense/dense/kernel:0"]
    after = before.replacing({**before.parts, "weights": {**before.weights, "model_weights/copy/kernel:0": kernel}})
    written = write_document(before, after, tmp_path / "b.h5")
    with h5py.File(written.path, "r") as file:
        assert np.array_equal(file["model_weights/copy/kernel:0"], file["model_weights/dense/dense/kernel:0"])


def test_a_layer_without_weights_keeps_its_group_as_long_as_the_plan_lists_its_attributes(tmp_path: Path) -> None:
    before = open_document(h5_file(tmp_path / "a.h5"))
    after = moved(before, dict.fromkeys(before.weights))
    after = edited(after, "attributes", "/model_weights/dense", "weight_names", new=[])
    written = write_document(before, after, tmp_path / "b.h5")
    with h5py.File(written.path, "r") as file:
        assert not file["model_weights/dense"].keys()
        assert len(file["model_weights/dense"].attrs["weight_names"]) == 0


def test_numbers_are_never_made_up(tmp_path: Path) -> None:
    before = open_document(h5_file(tmp_path / "a.h5"))
    path, weight = next(iter(before.weights.items()))
    wrong = type(weight)((*weight.shape, 7), weight.dtype, weight.source)
    after = before.replacing({**before.parts, "weights": {**before.weights, path: wrong}})
    with pytest.raises(WriteError, match="its numbers stand nowhere"):
        write_document(before, after, tmp_path / "b.h5")
    assert not (tmp_path / "b.h5").exists()


def test_gzip_around_the_file_is_taken_off(tmp_path: Path) -> None:
    healthy = h5_file(tmp_path / "a.h5").read_bytes()
    (tmp_path / "a.h5").write_bytes(gzip.compress(healthy[:9000]) + gzip.compress(healthy[9000:]))
    before = open_document(tmp_path / "a.h5")
    assert before.format is Format.H5_MODEL
    assert write_document(before, cured(before), tmp_path / "b.h5").path.read_bytes() == healthy


def test_a_file_in_a_zip_is_taken_out(tmp_path: Path) -> None:
    healthy = h5_file(tmp_path / "a.h5").read_bytes()
    (tmp_path / "a.h5").write_bytes(b"before" + zip_bytes({"model.h5": healthy}, zipfile.ZIP_DEFLATED) + b"after")
    before = open_document(tmp_path / "a.h5")
    assert write_document(before, cured(before), tmp_path / "b.h5").path.read_bytes() == healthy


def test_bytes_before_and_after_the_content_are_cut_off(tmp_path: Path) -> None:
    healthy = h5_file(tmp_path / "a.h5").read_bytes()
    (tmp_path / "a.h5").write_bytes(b"\0" * 512 + healthy + b"tail")
    before = open_document(tmp_path / "a.h5")
    faults = {
        90: Fault(FaultKind.LEADING_BYTES.value, "file", {"count": 512}),
        91: Fault(FaultKind.TRAILING_BYTES.value, "file", {"count": 4}),
    }
    sick = before.replacing({**before.parts, "faults": {**before.faults, **faults}})
    assert write_document(sick, cured(sick), tmp_path / "b.h5").path.read_bytes() == healthy


@pytest.mark.parametrize("size", [1, 7, 100])
def test_a_cut_does_not_depend_on_how_the_bytes_come(size: int) -> None:
    data = bytes(range(50))
    chunks = [data[at : at + size] for at in range(0, 50, size)]
    assert b"".join(Cut(head=11, tail=9).applied(chunks, 50)) == data[11:41]


def test_a_file_cut_in_its_weights_is_not_filled_up(tmp_path: Path) -> None:
    source = h5_file(tmp_path / "a.h5")
    os.truncate(source, source.stat().st_size // 2)
    before = open_document(source)
    assert FaultKind.TRUNCATED in {fault.kind for fault in before.faults.values()}
    with pytest.raises(WriteError, match="cannot be made up"):
        write_document(before, cured(before), tmp_path / "b.h5")


def test_a_cut_file_is_not_filled_up_even_where_reading_misses_nothing(tmp_path: Path) -> None:
    source = h5_file(tmp_path / "a.h5")
    with h5py.File(source, "r+") as file:
        file.create_dataset("model_weights/dense/chunked", data=np.ones(50_000), chunks=(1000,))
    os.truncate(source, source.stat().st_size - 10_000)
    before = open_document(source)
    with pytest.raises(WriteError, match="cannot be made up"):
        write_document(before, cured(before), tmp_path / "b.h5")


def test_a_link_to_another_file_is_not_followed_by_an_edit(tmp_path: Path) -> None:
    h5_file(tmp_path / "other.h5")
    other = (tmp_path / "other.h5").read_bytes()
    source = h5_file(tmp_path / "a.h5")
    with h5py.File(source, "r+") as file:
        file["model_weights/away"] = h5py.ExternalLink(str(tmp_path / "other.h5"), "/model_weights")
    before = open_document(source)
    after = moved(before, {"model_weights/dense/dense/bias:0": "model_weights/away/bias:0"})
    with pytest.raises(WriteError, match="is a link to elsewhere"):
        write_document(before, after, tmp_path / "b.h5")
    assert (tmp_path / "other.h5").read_bytes() == other


def test_a_link_whose_fault_is_cured_is_cut(tmp_path: Path) -> None:
    source = h5_file(tmp_path / "a.h5")
    with h5py.File(source, "r+") as file:
        file["model_weights/away"] = h5py.ExternalLink("/etc/passwd", "/")
    before = open_document(source)
    assert [fault.kind for fault in before.faults.values()] == [FaultKind.HDF5_LINK]
    written = write_document(before, cured(before), tmp_path / "b.h5")
    with h5py.File(written.path, "r") as file:
        assert [*file["model_weights"]] == ["dense"]


def test_a_file_that_libhdf5_refuses_is_reported(tmp_path: Path) -> None:
    (tmp_path / "a.h5").write_bytes(b"not HDF5 at all")
    before = open_document(h5_file(tmp_path / "b.h5"))
    with pytest.raises(WriteError, match="could not be written"):
        edit_hdf5(tmp_path / "a.h5", Job(removes=("x",)), before)


def test_a_child_that_dies_is_an_error_not_a_crash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = open_document(h5_file(tmp_path / "a.h5"))
    monkeypatch.setattr(h5_container, "SECONDS", 0.0)
    with pytest.raises(WriteError, match="took too long"):
        write_document(before, edited(before, "training", new=ABSENT), tmp_path / "b.h5")
    assert [path.name for path in tmp_path.iterdir()] == ["a.h5"]


def test_the_child_runs_this_very_kdoctor_wherever_it_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)
    paths = h5_container._environment()["PYTHONPATH"].split(os.pathsep)
    assert [(Path(path) / "kdoctor" / "archive" / "writing" / "edit_hdf5.py").is_file() for path in paths] == [True]
