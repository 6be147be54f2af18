"""How a trigger might hide from us: other words for the same JSON, other forms of the same attribute, other ways into the same zip."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from model_files import zip_bytes

from hostile.disguises import EVIL, HONEST, WEIGHTS, built, members, text
from hostile.places import PLACES
from hostile.test_triggers import errors


def escaped(value: Any) -> bytes:
    """Every letter of every word as an escape."""
    plain = json.dumps(value)
    return (
        json.dumps(value).replace('"os"', '"\\u006f\\u0073"').replace('"class_name"', '"\\u0063lass_nam\\u0065"').encode() if plain else b""
    )


JSON: dict[str, bytes] = {
    "escapes": escaped(EVIL),
    "a byte order mark": b"\xef\xbb\xbf" + text(),
    "UTF-16": text().decode().encode("utf-16"),
    "UTF-32": text().decode().encode("utf-32"),
    "blanks in front": b" \n" * 40_000 + text(),
    "an honest key first": text().replace(b'"module": "os"', b'"module": "builtins", "module": "os"'),
    "a trailing comma": text()[:-1] + b",}",
    "NaN": text({**EVIL, "more": float("nan")}),
}


@pytest.mark.parametrize("case", JSON)
def test_the_same_json_in_other_words_is_seen_through(tmp_path: Path, case: str) -> None:
    path = tmp_path / "model.keras"
    path.write_bytes(zip_bytes(members(JSON[case])))
    assert "K801" in errors(path)


def test_of_two_configs_the_one_that_keras_reads_is_examined(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    with pytest.warns(UserWarning, match="Duplicate name"):
        path.write_bytes(zip_bytes([*members(text(HONEST)).items(), ("config.json", text())]))
    assert "K801" in errors(path)


def test_a_whole_model_in_a_folder_does_not_hide_the_config_that_keras_opens(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    inside = {f"honest/{name}": data for name, data in members(text(HONEST)).items()}
    path.write_bytes(zip_bytes({"config.json": text(), **inside}))
    assert "K801" in errors(path)


@pytest.mark.parametrize("name", ["config.json", "config.json\0"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32-be"])
def test_a_config_in_any_encoding_is_not_hidden_by_a_whole_model_in_a_folder(tmp_path: Path, encoding: str, name: str) -> None:
    path = tmp_path / "model.keras"
    inside = [(f"honest/{part}".encode(), data) for part, data in members(text(HONEST)).items()]
    path.write_bytes(built([*inside, (name.encode(), text().decode().encode(encoding))]))
    with zipfile.ZipFile(path) as archive, archive.open("config.json") as config:
        assert json.loads(config.read()) == EVIL
    assert "K801" in errors(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_config_is_read_however_it_is_packed(tmp_path: Path, method: int) -> None:
    path = tmp_path / "model.keras"
    path.write_bytes(zip_bytes(members(text()), method))
    assert "K801" in errors(path)


def test_a_config_alone_is_an_archive_of_keras(tmp_path: Path) -> None:
    """Keras reads the config, and calls what it names, before it looks for weights."""
    path = tmp_path / "model.keras"
    path.write_bytes(zip_bytes({"config.json": b" " * 70_000 + escaped(EVIL)}))
    assert "K801" in errors(path)


def test_a_name_in_the_unicode_path_field_is_not_passed_over(tmp_path: Path) -> None:
    """Python's zipfile takes it for the member's name since 3.14."""
    path, info = tmp_path / "model.keras", zipfile.ZipInfo("readme.txt")
    other = b"config.json"
    info.extra = struct.pack("<2HBL", 0x7075, 5 + len(other), 1, 0) + other
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members(text(HONEST)).items():
            archive.writestr(name, data)
        archive.writestr(info, text())
    from kdoctor.archive import open_document

    faults = open_document(path).faults.values()
    (found,) = (fault for fault in faults if fault.kind == "irregular-names")
    assert found.detail["why"] == {"readme.txt": "a second name, 'config.json'"}


def hdf5_bytes(config: bytes = text(), **more: Any) -> bytes:
    held = io.BytesIO()
    with h5py.File(held, "w", **more) as file:
        file.attrs["keras_version"], file.attrs["backend"], file.attrs["model_config"] = "3.15.1", "tensorflow", config
        file.create_group("model_weights").attrs["layer_names"] = []
    return held.getvalue()


def test_a_file_that_is_zip_and_hdf5_is_examined_as_keras_opens_it(tmp_path: Path) -> None:
    hidden = hdf5_bytes(text(HONEST)) + zip_bytes(members(text()))
    path = tmp_path / "model.keras"
    path.write_bytes(hidden)
    assert errors(path) >= {"K801", "K810"}


@pytest.mark.parametrize("block", [512, 4096])
def test_hdf5_behind_a_zip_is_examined_where_the_name_says_hdf5(tmp_path: Path, block: int) -> None:
    front = zip_bytes({"a": b"1"})
    hidden = hdf5_bytes(userblock_size=block)
    path = tmp_path / "model.h5"
    path.write_bytes(front + b"\0" * (block - len(front)) + hidden[block:])
    assert errors(path) >= {"K801", "K810"}


def test_hdf5_inside_an_honest_archive_is_no_second_content(tmp_path: Path) -> None:
    for padding in range(480, 520):
        path = tmp_path / "model.keras"
        path.write_bytes(zip_bytes({"model.weights.h5": WEIGHTS, **members(text(HONEST) + b" " * padding)}))
        assert errors(path) == set()


def stored(make: Callable[[Any, bytes], None]) -> Callable[[Path], Path]:
    """An ``.h5`` whose model_config is written by ``make``."""

    def write(path: Path) -> Path:
        with h5py.File(path, "w", libver="latest") as file:
            file.attrs["keras_version"], file.attrs["backend"] = "3.15.1", "tensorflow"
            make(file, text())
            file.create_group("model_weights").attrs["layer_names"] = []
        return path

    return write


def committed(file: Any, config: bytes) -> None:
    """The attribute's type is an object of its own in the file."""
    file["type"] = np.dtype(f"S{len(config)}")
    file.attrs.create("model_config", np.bytes_(config), dtype=file["type"])


def dense(file: Any, config: bytes) -> None:
    for number in range(40):
        file.attrs[f"filler{number}"] = "x" * 2000
    file.attrs["model_config"] = config


def large(file: Any, config: bytes) -> None:
    file.attrs["model_config"] = b" " * 100_000 + config


def chunks(file: Any, config: bytes) -> None:
    for number, start in enumerate(range(0, len(config), 100)):
        file.attrs[f"model_config{number}"] = config[start : start + 100]


FORMS: dict[str, Callable[[Any, bytes], None]] = {
    "text": lambda file, config: file.attrs.__setitem__("model_config", config.decode()),
    "fixed length": lambda file, config: file.attrs.__setitem__("model_config", np.bytes_(config)),
    "array of one": lambda file, config: file.attrs.__setitem__("model_config", np.array([config])),
    "padded with blanks": lambda file, config: file.attrs.create(
        "model_config", config, dtype=h5py.string_dtype("ascii", len(config) + 50)
    ),
    "a type of its own": committed,
    "among many": dense,
    "large": large,
    "in pieces": chunks,
}


@pytest.mark.parametrize("form", FORMS)
def test_a_config_is_read_in_whatever_form_its_attribute_has(tmp_path: Path, form: str) -> None:
    assert "K801" in errors(stored(FORMS[form])(tmp_path / "model.h5"))


@pytest.mark.parametrize(
    "value",
    [
        {"module": " os", "class_name": "function", "config": "system"},
        {"module": ["os"], "class_name": "function", "config": "system"},
        {"module": "os", "class_name": ["system"], "config": {}},
        {"module": "os", "class_name": {"a": 1}, "config": {}},
        {"module": "os", "class_name": None, "config": None},
        {"module": "os.path", "class_name": "function", "config": {"name": "system"}},
        {"module": "os", "class_name": "Dense", "config": {}, "registered_name": "Dense"},
        {"class_name": "function", "module": "os", "config": "my>system"},
        {"module": "os", "class_name": "__typespec__", "spec_name": None, "config": []},
        {"module": "os", "class_name": "__lambda__", "config": {"value": "x"}},
        {"module": "os", "class_name": "__tensor__", "config": {"class_name": "system", "module": "os", "config": {}}},
    ],
)
def test_an_object_in_an_odd_form_is_an_object_all_the_same(tmp_path: Path, value: Any) -> None:
    path = tmp_path / "model.keras"
    path.write_bytes(zip_bytes(members(text(PLACES["metric"](value)[0] | {"compile_config": {"metrics": [value]}}))))
    assert "K801" in errors(path)


@pytest.mark.parametrize("name", ["", "/", "model_weights/x"])
def test_a_group_under_a_name_that_is_a_path_hides_no_other(tmp_path: Path, name: str) -> None:
    """Such a name cannot be made with HDF5, which finds the root's own attributes all the same."""
    path = tmp_path / "model.h5"
    patched = "Q" * max(1, len(name))
    with h5py.File(path, "w") as file:
        for group, config in ((file, EVIL), (file.create_group(patched), HONEST)):
            group.attrs["model_config"], group.attrs["keras_version"], group.attrs["backend"] = text(config), "3.15.1", "tensorflow"
        file.create_group("model_weights").attrs["layer_names"] = []
    data = path.read_bytes()
    assert data.count(patched.encode() + b"\0") == 1
    path.write_bytes(data.replace(patched.encode() + b"\0", name.encode().ljust(len(patched), b"\0") + b"\0"))
    with h5py.File(path) as file:
        assert file.attrs["model_config"] == text(EVIL).decode()
    assert errors(path) >= {"K801", "K810"}


def test_a_text_ends_at_its_first_nul(tmp_path: Path) -> None:
    path = tmp_path / "model.h5"
    filler = b"Q" * 8
    stored(lambda file, config: file.attrs.__setitem__("model_config", config + filler))(path)
    path.write_bytes(path.read_bytes().replace(filler, b"\0" + filler[1:]))
    with h5py.File(path) as file:
        assert file.attrs["model_config"] == text().decode()
    assert "K801" in errors(path)
