from __future__ import annotations

import io
import json
import struct
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
from model_files import BIAS, CONFIG, KERNEL, TRAINING, cured, edited, keras_file, keras_members, moved, raw_members, zip_bytes

from kdoctor.archive import open_document
from kdoctor.archive.writing.write import write_document
from kdoctor.archive.zip.output import ZipOutput
from kdoctor.archive.zip.record import Record, read_marks, read_record
from kdoctor.document import ABSENT, Member
from kdoctor.errors import WriteError
from kdoctor.faults import FaultKind


def weights_in(path: Path) -> h5py.File:
    with zipfile.ZipFile(path) as archive:
        return h5py.File(io.BytesIO(archive.read("model.weights.h5")), "r")


def test_an_archive_of_keras_that_is_left_alone_comes_out_byte_for_byte(tmp_path: Path) -> None:
    source = keras_file(tmp_path / "a.keras")
    document = open_document(source)
    written = write_document(document, document, tmp_path / "b.keras")
    assert written.path.read_bytes() == source.read_bytes()
    assert written.bytes == source.stat().st_size


def test_only_the_config_is_written_anew_when_only_the_config_changes(tmp_path: Path) -> None:
    source = tmp_path / "a.keras"
    with zipfile.ZipFile(source, "w") as archive:
        for number, (name, data) in enumerate([*keras_members().items(), ("assets/vocabulary.txt", b"one\ntwo\n" * 500)]):
            info = zipfile.ZipInfo(name, (2024, 2, 3, 4, 5, 6 + 2 * number))
            info.compress_type = zipfile.ZIP_DEFLATED if number % 2 else zipfile.ZIP_STORED
            info.external_attr, info.internal_attr, info.comment = 0o640 << 16, 1, b"kept"
            info.extra = struct.pack("<2HL", 0x7075, 4, number)
            archive.writestr(info, data)
    before = open_document(source)
    written = write_document(before, edited(before, "config", "config", "name", new="renamed"), tmp_path / "b.keras")
    old, new = raw_members(source), raw_members(written.path)
    assert list(old) == list(new)
    assert {name for name in old if old[name] != new[name]} == {"config.json"}
    with zipfile.ZipFile(written.path) as archive:
        config = archive.getinfo("config.json")
        assert json.loads(archive.read(config)) == {**CONFIG, "config": {**CONFIG["config"], "name": "renamed"}, "compile_config": TRAINING}  # type: ignore[dict-item]
        assert (config.date_time, config.external_attr, config.comment) == ((2024, 2, 3, 4, 5, 8), 0o640 << 16, b"kept")


def test_training_stands_in_the_config_under_its_own_key(tmp_path: Path) -> None:
    before = open_document(keras_file(tmp_path / "a.keras"))
    for training in ({"optimizer": "sgd"}, ABSENT):
        written = write_document(before, edited(before, "training", new=training), tmp_path / "b.keras", replace=True)
        with zipfile.ZipFile(written.path) as archive:
            assert json.loads(archive.read("config.json")).get("compile_config", ABSENT) == training


def test_a_config_that_is_written_looks_like_one_that_keras_wrote(tmp_path: Path) -> None:
    before = open_document(keras_file(tmp_path / "a.keras"))
    written = write_document(before, edited(before, "config", "config", "name", new="é"), tmp_path / "b.keras")
    with zipfile.ZipFile(written.path) as archive:
        data = archive.read("config.json")
    assert data == json.dumps(json.loads(data)).encode()
    assert data.isascii()


@pytest.mark.parametrize(
    "data", [b"\xef\xbb\xbf" + keras_members()["config.json"], keras_members()["config.json"].decode().encode("utf-16")]
)
def test_json_comes_out_as_plain_utf8(tmp_path: Path, data: bytes) -> None:
    before = open_document(keras_file(tmp_path / "a.keras", config=data))
    assert before.faults
    written = write_document(before, cured(before), tmp_path / "b.keras")
    with zipfile.ZipFile(written.path) as archive:
        assert archive.read("config.json") == keras_members()["config.json"]


def test_a_folder_around_the_parts_and_what_macos_adds_are_taken_off(tmp_path: Path) -> None:
    members = {"model/": b"", **{f"model/{name}": data for name, data in keras_members().items()}, "__MACOSX/model/._config.json": b"\0"}
    (tmp_path / "a.keras").write_bytes(zip_bytes(members))
    before = open_document(tmp_path / "a.keras")
    written = write_document(before, cured(before), tmp_path / "b.keras")
    assert list(raw_members(written.path)) == [*keras_members()]
    assert not open_document(written.path).faults


def test_strays_stay_where_the_plan_does_not_take_them_out(tmp_path: Path) -> None:
    (tmp_path / "a.keras").write_bytes(zip_bytes({**keras_members(), "notes.txt": b"mine"}))
    before = open_document(tmp_path / "a.keras")
    changed = edited(before, "config", "config", "name", new="renamed")
    assert "notes.txt" in raw_members(write_document(before, changed, tmp_path / "b.keras").path)
    assert "notes.txt" not in raw_members(write_document(before, cured(changed), tmp_path / "c.keras").path)


def test_backslashes_become_slashes(tmp_path: Path) -> None:
    members = {**keras_members(), "assets\\layer\\words.txt": b"one"}
    (tmp_path / "a.keras").write_bytes(zip_bytes(members))
    before = open_document(tmp_path / "a.keras")
    written = write_document(before, cured(before), tmp_path / "b.keras")
    assert "assets/layer/words.txt" in raw_members(written.path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_of_duplicate_members_the_last_is_kept_as_keras_reads_it(tmp_path: Path) -> None:
    other = json.dumps({**CONFIG, "registered_name": "first"}).encode()
    (tmp_path / "a.keras").write_bytes(zip_bytes([("config.json", other), *keras_members().items()]))
    before = open_document(tmp_path / "a.keras")
    written = write_document(before, cured(before), tmp_path / "b.keras")
    assert list(raw_members(written.path)) == [*keras_members()]
    with zipfile.ZipFile(written.path) as archive:
        assert archive.read("config.json") == keras_members()["config.json"]


def test_members_that_lead_out_of_the_archive_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.keras").write_bytes(zip_bytes({**keras_members(), "../../evil.txt": b"", "assets/../../x": b""}))
    before = open_document(tmp_path / "a.keras")
    written = write_document(before, cured(before), tmp_path / "b.keras")
    assert list(raw_members(written.path)) == [*keras_members()]


def test_bytes_around_the_archive_are_cut_off(tmp_path: Path) -> None:
    healthy = zip_bytes(keras_members())
    (tmp_path / "a.keras").write_bytes(b"#!/bin/sh\n" + healthy + b"\n\n")
    before = open_document(tmp_path / "a.keras")
    assert {fault.kind for fault in before.faults.values()} == {FaultKind.LEADING_BYTES, FaultKind.TRAILING_BYTES}
    assert write_document(before, cured(before), tmp_path / "b.keras").path.read_bytes() == healthy


def test_a_lost_directory_is_written_anew(tmp_path: Path) -> None:
    healthy = zip_bytes(keras_members())
    (tmp_path / "a.keras").write_bytes(healthy[: healthy.index(b"PK\x01\x02")])
    before = open_document(tmp_path / "a.keras")
    written = write_document(before, cured(before), tmp_path / "b.keras")
    assert not open_document(written.path).faults
    with zipfile.ZipFile(written.path) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == keras_members()


def test_sizes_that_stood_behind_the_data_move_into_the_header(tmp_path: Path) -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:  # not seekable: zipfile writes data descriptors
        for name, data in keras_members().items():
            archive.writestr(name, data)
    (tmp_path / "a.keras").write_bytes(pipe.getvalue())
    before = open_document(tmp_path / "a.keras")
    written = write_document(before, before, tmp_path / "b.keras")
    assert b"PK\x07\x08" not in written.path.read_bytes()
    assert {name: raw[0] for name, raw in raw_members(written.path).items()} == {
        name: raw[0] for name, raw in raw_members(tmp_path / "a.keras").items()
    }
    with zipfile.ZipFile(written.path) as archive:
        assert archive.testzip() is None


def test_a_large_member_comes_out_as_it_was_between_small_ones(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).bytes(9 << 20)
    (tmp_path / "a.keras").write_bytes(zip_bytes({"assets/large.bin": noise, **keras_members(), "assets/more.bin": noise[: 2 << 20]}))
    before = open_document(tmp_path / "a.keras")
    written = write_document(before, before, tmp_path / "b.keras")
    assert written.path.read_bytes() == (tmp_path / "a.keras").read_bytes()


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_member_that_reading_did_not_check_is_checked_when_it_is_copied(tmp_path: Path, method: int) -> None:
    noise = np.random.default_rng(1).bytes(9 << 20)  # over the size up to which reading checks
    data = bytearray(zip_bytes({**keras_members(), "assets/large.bin": noise}, method))
    data[len(data) // 2] ^= 1
    (tmp_path / "a.keras").write_bytes(data)
    before = open_document(tmp_path / "a.keras")
    assert not before.faults
    with pytest.raises(WriteError, match=r"'assets/large\.bin'"):
        write_document(before, before, tmp_path / "b.keras")
    assert [path.name for path in tmp_path.iterdir()] == ["a.keras"]


def test_a_damage_that_the_plan_still_lists_is_copied_as_it_is(tmp_path: Path) -> None:
    data = bytearray(zip_bytes({**keras_members(), "assets/words.txt": b"one two three"}))
    data[data.index(b"one two three")] ^= 1
    (tmp_path / "a.keras").write_bytes(data)
    before = open_document(tmp_path / "a.keras")
    assert [fault.kind for fault in before.faults.values()] == [FaultKind.CRC_MISMATCH]
    write_document(before, before, tmp_path / "b.keras")
    assert raw_members(tmp_path / "b.keras") == raw_members(tmp_path / "a.keras")
    with pytest.raises(WriteError, match="checksum"):
        write_document(before, cured(before), tmp_path / "c.keras")


def test_a_weight_moves_without_its_numbers_being_read_and_the_member_stays_stored(tmp_path: Path) -> None:
    before = open_document(keras_file(tmp_path / "a.keras"))
    after = moved(before, {"layers/dense/vars/0": "layers/dense_1/vars/1", "layers/dense/vars/1": "layers/dense_1/vars/0"})
    attributes = {group.replace("dense", "dense_1"): values for group, values in before.attributes.items()}
    written = write_document(before, after.replacing({**after.parts, "attributes": attributes}), tmp_path / "b.keras")
    with weights_in(written.path) as file:
        assert np.array_equal(file["layers/dense_1/vars/1"], KERNEL)
        assert np.array_equal(file["layers/dense_1/vars/0"], BIAS)
        assert [*file["layers"]] == ["dense_1"]
        assert file["layers/dense_1"].attrs["name"] == "dense"
    with zipfile.ZipFile(written.path) as archive:
        assert archive.getinfo("model.weights.h5").compress_type == zipfile.ZIP_STORED
    old, new = raw_members(tmp_path / "a.keras"), raw_members(written.path)
    assert {name for name in old if old[name] != new[name]} == {"model.weights.h5"}


def test_deflated_weights_are_unpacked_for_an_edit(tmp_path: Path) -> None:
    (tmp_path / "a.keras").write_bytes(zip_bytes(keras_members(), zipfile.ZIP_DEFLATED))
    before = open_document(tmp_path / "a.keras")
    written = write_document(before, moved(before, {"layers/dense/vars/1": None}), tmp_path / "b.keras")
    with weights_in(written.path) as file:
        assert [*file["layers/dense/vars"]] == ["0"]


def test_a_metadata_that_was_missing_is_written_where_keras_writes_it(tmp_path: Path) -> None:
    members = keras_members()
    del members["metadata.json"]
    (tmp_path / "a.keras").write_bytes(zip_bytes(members))
    before = open_document(tmp_path / "a.keras")
    after = edited(cured(before), "metadata", new={"keras_version": "3.15.1"})
    assert list(raw_members(write_document(before, after, tmp_path / "b.keras").path)) == [*keras_members()]


def test_an_archive_packed_in_another_is_taken_out(tmp_path: Path) -> None:
    inner = zip_bytes(keras_members())
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        (tmp_path / "a.keras").write_bytes(zip_bytes({"model.keras": inner}, method))
        before = open_document(tmp_path / "a.keras")
        assert write_document(before, cured(before), tmp_path / "b.keras", replace=True).path.read_bytes() == inner


def test_weights_that_are_no_hdf5_cannot_be_edited(tmp_path: Path) -> None:
    members = keras_members()
    del members["model.weights.h5"]
    (tmp_path / "a.keras").write_bytes(zip_bytes({**members, "model.weights.npz": b"PK"}))
    before = open_document(tmp_path / "a.keras")
    with pytest.raises(WriteError, match=r"no model\.weights\.h5"):
        write_document(before, before.replacing({**before.parts, "attributes": {"/": {"name": "x"}}}), tmp_path / "b.keras")


def test_sizes_and_places_over_four_gigabytes_are_written_as_zip64() -> None:
    large = Record(b"model.weights.h5", size=5 << 30, packed=5 << 30, crc=7)
    found = read_record(io.BytesIO(large.local()), 0)
    assert found is not None
    assert (found[0].extra, found[0].size, found[0].packed, found[1]) == (b"", 0xFFFFFFFF, 0xFFFFFFFF, len(large.local()))
    assert struct.unpack_from("<2H2Q", large.local(), 46) == (1, 16, 5 << 30, 5 << 30)
    central = large.central(6 << 30)
    assert struct.unpack_from("<2H3Q", central, 62) == (1, 24, 5 << 30, 5 << 30, 6 << 30)


def test_an_archive_over_four_gigabytes_is_read_by_zipfile(tmp_path: Path) -> None:
    path, size = tmp_path / "large.zip", (4 << 30) + 5
    with open(path, "wb") as file:
        output = ZipOutput(file)
        file.write(Record(b"hole", size=size, packed=size).local())
        hole = file.tell() - len(Record(b"hole", size=size, packed=size).local())
        file.seek(size, io.SEEK_CUR)  # sparse: no disk is used
        output._directory.append((Record(b"hole", size=size, packed=size), hole))
        output.add_plain(Record(b"after"), [b"text"], 4)
        output.finish()
    with zipfile.ZipFile(path) as archive:
        assert archive.read("after") == b"text"
        assert archive.getinfo("hole").file_size == size
    with open(path, "rb") as file:
        marks = read_marks(file, path.stat().st_size)
        assert len(marks) == 2
        assert max(marks) > 1 << 32


def test_members_that_are_not_where_the_archive_says_are_named(tmp_path: Path) -> None:
    before = open_document(keras_file(tmp_path / "a.keras"))
    members = {
        key: Member(**{**{name: getattr(member, name) for name in Member.__slots__}, "offset": 5}) for key, member in before.members.items()
    }
    sick = before.replacing({**before.parts, "members": members})
    with pytest.raises(WriteError, match=r"'metadata\.json' is not where"):
        write_document(sick, sick, tmp_path / "b.keras")
