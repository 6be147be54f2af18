from __future__ import annotations

import gzip
import io
import json
import stat
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from model_files import BIAS, CONFIG, KERNEL, METADATA, TRAINING, h5_file, keras_file, keras_members, weights_bytes, zip_bytes

from kdoctor.archive import open_document
from kdoctor.archive.writing.write import default_output, write_document
from kdoctor.document import Document, Format, Weight
from kdoctor.errors import WriteError
from kdoctor.recipe import scale, transpose

LEGACY = {
    "/": {"keras_version": "2.15.0", "backend": "tensorflow"},
    "/model_weights": {"layer_names": ["dense"], "keras_version": "2.15.0", "backend": "tensorflow"},
    "/model_weights/dense": {"weight_names": ["dense/kernel:0", "dense/bias:0"]},
}
H5_PATHS = ("model_weights/dense/dense/kernel:0", "model_weights/dense/dense/bias:0")
KERAS_PATHS = ("layers/dense/vars/0", "layers/dense/vars/1")


def as_format(before: Document, format: Format, **parts: Any) -> Document:
    """The plan for another container: these parts, none of the old ones but what the file is."""
    return Document(format, {"file": before.file, **parts}, "", before.origin)


def as_keras(before: Document, format: Format = Format.KERAS_ZIP, **other: Any) -> Document:
    weights = dict(zip(KERAS_PATHS, [before.weights[path] for path in H5_PATHS], strict=True))
    attributes = {"/layers/dense": {"name": "dense"}}
    parts = {"config": CONFIG, "training": TRAINING, "metadata": METADATA, "attributes": attributes, "weights": weights}
    return as_format(before, format, **{**parts, **other})


def as_h5(before: Document, **other: Any) -> Document:
    weights = dict(zip(H5_PATHS, [before.weights[path] for path in KERAS_PATHS], strict=True))
    return as_format(before, Format.H5_MODEL, **{"config": CONFIG, "training": TRAINING, "attributes": LEGACY, "weights": weights, **other})


def as_folder(before: Document) -> Document:
    return as_format(before, Format.KERAS_DIR, **{name: part for name, part in before.parts.items() if name not in ("file", "faults")})


def weights_in(path: Path) -> h5py.File:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return h5py.File(io.BytesIO(archive.read("model.weights.h5")), "r")


def test_an_h5_becomes_an_archive_as_keras_writes_it(tmp_path: Path) -> None:
    source = h5_file(tmp_path / "a.h5")
    original = source.read_bytes()
    before = open_document(source)
    after = as_keras(before, attributes={"/layers/dense": {"name": "dense"}, "/layers/dropout/vars": {}, "/layers/dropout": {"name": "d"}})
    written = write_document(before, after, tmp_path / "b.keras")
    with zipfile.ZipFile(written.path) as archive:
        assert archive.namelist() == ["metadata.json", "config.json", "model.weights.h5"]
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}
        assert json.loads(archive.read("config.json")) == {**CONFIG, "compile_config": TRAINING}
        assert json.loads(archive.read("metadata.json")) == METADATA
    with weights_in(written.path) as file:
        assert file["layers/dense/vars/0"][()].tobytes() == KERNEL.tobytes()
        assert file["layers/dense/vars/1"][()].tobytes() == BIAS.tobytes()
        assert file["layers/dense"].attrs["name"] == "dense"
        assert not file["layers/dropout/vars"].keys()
        assert not file.attrs.keys()
    assert not open_document(written.path).faults
    assert source.read_bytes() == original


def test_an_archive_becomes_an_h5_as_keras_writes_it(tmp_path: Path) -> None:
    before = open_document(keras_file(tmp_path / "a.keras"))
    written = write_document(before, as_h5(before), tmp_path / "b.h5")
    with h5py.File(written.path, "r") as file, h5py.File(h5_file(tmp_path / "like.h5"), "r") as like:
        for path, expected in zip(H5_PATHS, (KERNEL, BIAS), strict=True):
            assert file[path][()].tobytes() == expected.tobytes()
        for name in ("model_config", "training_config"):
            assert json.loads(file.attrs[name]) == json.loads(like.attrs[name])
            assert h5py.h5a.open(file.id, name.encode()).get_type().equal(h5py.h5a.open(like.id, name.encode()).get_type())
        assert h5py.h5a.open(file.id, b"backend").get_type().get_cset() == h5py.h5t.CSET_ASCII  # bytes, which every release understands
        assert [name.decode() for name in file["model_weights/dense"].attrs["weight_names"]] == ["dense/kernel:0", "dense/bias:0"]
    assert not open_document(written.path).faults


def test_numbers_go_there_and_back_unchanged(tmp_path: Path) -> None:
    first = open_document(h5_file(tmp_path / "a.h5"))
    write_document(first, as_keras(first), tmp_path / "b.keras")
    second = open_document(tmp_path / "b.keras")
    write_document(second, as_h5(second), tmp_path / "c.h5")
    with h5py.File(tmp_path / "a.h5") as old, h5py.File(tmp_path / "c.h5") as new:
        assert all(np.array_equal(old[path], new[path]) for path in H5_PATHS)
        assert [*old["model_weights"]] == [*new["model_weights"]]


def test_new_numbers_are_made_on_the_way(tmp_path: Path) -> None:
    before = open_document(h5_file(tmp_path / "a.h5"))
    kernel, bias = (before.weights[path] for path in H5_PATHS)
    made = {
        "layers/dense/vars/0": Weight.made(transpose(kernel.numbers)),
        "layers/dense/vars/1": Weight.made(scale(bias.numbers, 1.2, start=1)),
    }
    with weights_in(write_document(before, as_keras(before, weights=made), tmp_path / "b.keras").path) as file:
        assert np.array_equal(file["layers/dense/vars/0"], KERNEL.T)
        assert np.array_equal(file["layers/dense/vars/1"], BIAS * np.float32([1, 1.2]))


def test_packing_and_marks_of_an_array_stay_as_they_are(tmp_path: Path) -> None:
    source = h5_file(tmp_path / "a.h5")
    brain = np.arange(4, dtype="uint16").view("V2")
    with h5py.File(source, "r+") as file:
        file["model_weights/dense"].create_dataset("packed", data=np.ones((100, 100)), chunks=(10, 100), compression="gzip")
        file["model_weights/dense"].create_dataset("brain", data=brain).attrs["dtype"] = "bfloat16"
    before = open_document(source)
    weights = {name: before.weights[f"model_weights/dense/{name}"] for name in ("packed", "brain")}
    written = write_document(before, as_keras(before, weights=weights), tmp_path / "b.keras")
    with weights_in(written.path) as file:
        assert (file["packed"].compression, file["packed"].chunks) == ("gzip", (10, 100))
        assert np.array_equal(file["brain"], brain)
    assert open_document(written.path).weights["brain"].dtype == "bfloat16"


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_what_is_packed_or_wrapped_is_looked_into(tmp_path: Path, method: int) -> None:
    packed = zip_bytes(keras_members(), method)
    for name, data in {"a.keras": packed, "b.keras": gzip.compress(packed), "c.keras": zip_bytes({"inner.keras": packed}, method)}.items():
        (tmp_path / name).write_bytes(data)
        before = open_document(tmp_path / name)
        with h5py.File(write_document(before, as_h5(before), (tmp_path / name).with_suffix(".h5")).path) as file:
            assert np.array_equal(file[H5_PATHS[0]], KERNEL)
    (tmp_path / "d.h5").write_bytes(gzip.compress(h5_file(tmp_path / "plain.h5").read_bytes()))
    before = open_document(tmp_path / "d.h5")
    with weights_in(write_document(before, as_keras(before), tmp_path / "d.keras").path) as file:
        assert np.array_equal(file[KERAS_PATHS[0]], KERNEL)


def test_a_user_block_before_the_numbers_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a.h5").write_bytes(b"\0" * 512 + h5_file(tmp_path / "plain.h5").read_bytes())
    before = open_document(tmp_path / "a.h5")
    with weights_in(write_document(before, as_keras(before), tmp_path / "b.keras").path) as file:
        assert np.array_equal(file[KERAS_PATHS[0]], KERNEL)


def test_assets_move_between_archives_and_folders(tmp_path: Path) -> None:
    members = {**keras_members(), "assets/layers/words.txt": b"one\ntwo", "notes.txt": b"stray"}
    (tmp_path / "a.keras").write_bytes(zip_bytes({f"folder/{name}": data for name, data in members.items()}))
    before = open_document(tmp_path / "a.keras")
    folder = write_document(before, as_folder(before), tmp_path / "b").path
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert files == ["assets/layers/words.txt", "config.json", "metadata.json", "model.weights.h5"]
    assert (folder / "assets/layers/words.txt").read_bytes() == b"one\ntwo"
    assert stat.S_IMODE(folder.stat().st_mode) & 0o700 == 0o700
    document = open_document(folder)
    parts = {name: part for name, part in document.parts.items() if name not in ("file", "faults")}
    written = write_document(document, as_format(document, Format.KERAS_ZIP, **parts), tmp_path / "c.keras")
    assert not stat.S_IMODE(written.path.stat().st_mode) & 0o111
    with zipfile.ZipFile(written.path) as archive:
        assert archive.namelist() == ["metadata.json", "config.json", "model.weights.h5", "assets/layers/words.txt"]
        assert archive.read("assets/layers/words.txt") == b"one\ntwo"


def test_assets_are_not_lost_in_an_h5_unless_the_plan_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.keras").write_bytes(zip_bytes({**keras_members(), "assets/layers/words.txt": b"one"}))
    before = open_document(tmp_path / "a.keras")
    with pytest.raises(WriteError, match=r"cannot hold the assets of the model: assets/layers/words\.txt"):
        write_document(before, as_h5(before), tmp_path / "b.h5")
    assert write_document(before, as_h5(before, members={}), tmp_path / "b.h5").path.exists()


def test_an_asset_that_leads_out_of_the_folder_is_not_written(tmp_path: Path) -> None:
    (tmp_path / "a.keras").write_bytes(zip_bytes({**keras_members(), "assets/../../escaped.txt": b"one"}))
    before = open_document(tmp_path / "a.keras")
    plan = as_folder(before)
    plan = plan.replacing({**plan.parts, "faults": before.faults})
    with pytest.raises(WriteError, match="outside of the model"):
        write_document(before, plan, tmp_path / "b")
    assert [path.name for path in tmp_path.iterdir()] == ["a.keras"]


def test_weights_alone_are_taken_out_of_a_model_and_put_into_one(tmp_path: Path) -> None:
    before = open_document(keras_file(tmp_path / "a.keras"))
    plan = as_format(before, Format.H5_WEIGHTS, weights=before.weights, attributes=before.attributes)
    out = default_output(tmp_path / "a.keras", plan)
    assert out.name == "a.fixed.weights.h5"
    alone = open_document(write_document(before, plan, out).path)
    whole = as_format(alone, Format.KERAS_ZIP, config=CONFIG, metadata=METADATA, weights=alone.weights, attributes=alone.attributes)
    with weights_in(write_document(alone, whole, tmp_path / "c.keras").path) as file:
        assert np.array_equal(file[KERAS_PATHS[0]], KERNEL)
    with pytest.raises(WriteError, match="weights alone cannot hold a model"):
        write_document(before, plan.replacing({**plan.parts, "config": CONFIG}), tmp_path / "d.weights.h5")


def test_shards_are_put_together(tmp_path: Path) -> None:
    shards = []
    for number, array in enumerate((KERNEL, BIAS)):
        buffer = io.BytesIO()
        with h5py.File(buffer, "w") as file:
            file[f"layers/dense/vars/{number}"] = array
        shards.append(buffer.getvalue())
    members = {name: data for name, data in keras_members().items() if name != "model.weights.h5"}
    members |= {"model.weights.json": b"{}", "model_00000.weights.h5": shards[0], "model_00001.weights.h5": shards[1]}
    (tmp_path / "a.keras").write_bytes(zip_bytes(members))
    before = open_document(tmp_path / "a.keras")
    with h5py.File(write_document(before, as_h5(before), tmp_path / "b.h5").path) as file:
        assert np.array_equal(file[H5_PATHS[0]], KERNEL)
        assert np.array_equal(file[H5_PATHS[1]], BIAS)


def test_names_that_fill_more_than_one_attribute_are_stored_in_pieces(tmp_path: Path) -> None:
    names = [f"dense/a_variable_with_a_long_name_{number:05}:0" for number in range(2000)]
    before = open_document(keras_file(tmp_path / "a.keras"))
    attributes = {**LEGACY, "/model_weights/dense": {"weight_names": names}}
    with h5py.File(write_document(before, as_h5(before, attributes=attributes), tmp_path / "b.h5").path) as file:
        assert sorted(file["model_weights/dense"].attrs) == ["weight_names0", "weight_names1"]


def test_a_file_inside_a_file_is_read_at_its_place(tmp_path: Path) -> None:
    (tmp_path / "a.keras").write_bytes(zip_bytes([("config.json", b"{}" * 7), *[("assets/x", b"y" * 999)], *keras_members().items()][1:]))
    before = open_document(tmp_path / "a.keras")
    with h5py.File(write_document(before, as_h5(before, members={}), tmp_path / "b.h5").path) as file:
        assert np.array_equal(file[H5_PATHS[1]], BIAS)
    assert weights_bytes() in (tmp_path / "a.keras").read_bytes()
