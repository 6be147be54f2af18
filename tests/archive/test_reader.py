"""From any path to a document: wrapped, misnamed, damaged, or no model at all."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import random
import warnings
import zipfile
from pathlib import Path

import pytest
from model_files import CONFIG, h5_file, keras_file, keras_members, weights_bytes, zip_bytes

from kdoctor.archive import open_document
from kdoctor.document import Document, Format
from kdoctor.errors import ReadError
from kdoctor.limits import Limits


def written(path: Path, data: bytes) -> Document:
    path.write_bytes(data)
    return open_document(path)


def kinds(document: Document) -> list[str]:
    return [fault.kind for fault in document.faults.values()]


def test_a_file_is_told_with_its_name_size_and_digest(tmp_path: Path) -> None:
    path = keras_file(tmp_path / "Model.keras")
    document = open_document(path)
    assert document.file == {"name": "Model.keras", "extension": ".keras", "size": path.stat().st_size, "content": "zip"}
    assert document.digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert document.origin is not None
    assert (document.origin.path, document.origin.size, document.origin.wrapping) == (path, path.stat().st_size, ())
    assert document.origin.modified_ns == path.stat().st_mtime_ns


def test_a_large_file_gets_no_digest(tmp_path: Path) -> None:
    assert open_document(keras_file(tmp_path / "model.keras"), Limits(digest_bytes=10)).digest == ""


@pytest.mark.parametrize("name", ["model.h5", "model.hdf5", "checkpoint.weights.h5"])
def test_hdf5_may_have_any_name_that_load_model_takes(tmp_path: Path, name: str) -> None:
    document = open_document(h5_file(tmp_path / name))
    assert document.format is Format.H5_MODEL
    assert document.config == CONFIG
    assert kinds(document) == []


@pytest.mark.parametrize(
    ("name", "extension"), [("model.keras", ".keras"), ("model", ""), ("model.hdf", ".hdf"), ("model.H5", ".H5"), ("v1.2", ".2")]
)
def test_hdf5_under_another_name_is_named(tmp_path: Path, name: str, extension: str) -> None:
    (fault,) = open_document(h5_file(tmp_path / name)).faults.values()
    assert (fault.kind, fault.detail) == ("wrong-extension", {"extension": extension, "right": ".h5"})


@pytest.mark.parametrize(("name", "extension"), [("model.h5", ".h5"), ("m.weights.h5", ".weights.h5"), ("model.zip", ".zip")])
def test_a_zip_under_another_name_is_named(tmp_path: Path, name: str, extension: str) -> None:
    document = open_document(keras_file(tmp_path / name))
    (fault,) = document.faults.values()
    assert (fault.kind, fault.detail) == ("wrong-extension", {"extension": extension, "right": ".keras"})
    assert document.file["extension"] == extension


def test_weights_alone_are_a_format_of_their_own(tmp_path: Path) -> None:
    document = written(tmp_path / "model.weights.h5", weights_bytes())
    assert document.format is Format.H5_WEIGHTS
    assert "wrong-extension" not in kinds(document)


@pytest.mark.parametrize("name", ["missing.keras", "nul\0.keras"])
def test_a_path_that_is_not_there_is_an_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(ReadError):
        open_document(tmp_path / name)


def test_a_device_is_never_read() -> None:
    with pytest.raises(ReadError, match="neither a file nor a folder"):
        open_document(Path(os.devnull))


def test_no_file_stays_open(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        document = open_document(keras_file(tmp_path / "model.keras"))
    (tmp_path / "model.keras").unlink()
    assert len(document.weights) == 2


def mutant(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.randint(1, 20)):
        changed[chance.randrange(len(changed))] = chance.choice([0, 0xFF, chance.randrange(256)])
    if chance.random() < 0.3:
        del changed[chance.randrange(len(changed)) :]
    if chance.random() < 0.1:
        start = chance.randrange(len(changed) + 1)
        del changed[start : start + chance.randrange(50)]
    return bytes(changed)


def seeds(tmp_path: Path) -> list[bytes]:
    stored, deflated = zip_bytes(keras_members()), zip_bytes(keras_members(), zipfile.ZIP_DEFLATED)
    return [stored, deflated, zip_bytes({"m/model.keras": deflated}), gzip.compress(stored), h5_file(tmp_path / "seed").read_bytes()]


@pytest.mark.parametrize("seed", range(5))
def test_no_damage_whatever_is_an_exception(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    data = seeds(tmp_path)[seed]
    for number in range(80):
        document = written(tmp_path / "mutant.keras", mutant(data, chance))
        assert isinstance(document, Document), number


@pytest.mark.parametrize("signature", [b"PK\x03\x04", b"\x1f\x8b\x08", b"\x89HDF\r\n\x1a\n", b"PK\x05\x06", b"{", b""])
def test_noise_behind_a_signature_is_no_exception(tmp_path: Path, signature: bytes) -> None:
    chance = random.Random(1)
    for size in (0, 1, 10, 30, 100, 5000):
        noise = io.BytesIO(signature + chance.randbytes(size)).getvalue()
        assert written(tmp_path / "noise.h5", noise).faults


def test_a_link_to_what_is_no_model_quotes_none_of_it(tmp_path: Path) -> None:
    """A scanned tree may hold ``x.keras -> ~/.netrc``, and its report stand where others read it."""
    (tmp_path / "secret").write_text("password=hunter2")
    (tmp_path / "model.keras").symlink_to(tmp_path / "secret")
    for name, quoted in (("secret", True), ("model.keras", False)):
        assert ("hunter2" in repr(open_document(tmp_path / name).faults)) is quoted
