"""What happens to files on their way, as functions of their bytes."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import tarfile
import warnings
import zipfile
from collections.abc import Callable
from typing import Any, NamedTuple

import h5py
import numpy as np
from opened_zips import piped
from rewriting import in_hdf5

from kdoctor.archive.hdf5.lookup3 import lookup3

Members = dict[str, bytes]


class Damage(NamedTuple):
    """``code``: what it is called (empty: nothing that matters); ``lost``: whether numbers or the architecture go with it."""

    do: Callable[[bytes], bytes]
    code: str
    lost: bool = False
    ending: str = ""


def members(data: bytes) -> Members:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(content: Members | list[tuple[str, bytes]], method: int = zipfile.ZIP_STORED) -> bytes:
    room = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(room, "w", method) as archive:
        warnings.simplefilter("ignore")  # one name twice
        for name, data in content.items() if isinstance(content, dict) else content:
            info = zipfile.ZipInfo(name)
            info.filename = name
            archive.writestr(info, data, method)
    return room.getvalue()


def rezipped(change: Callable[[Members], Members | list[tuple[str, bytes]]], method: int = zipfile.ZIP_STORED) -> Callable[[bytes], bytes]:
    return lambda data: zipped(change(members(data)), method)


def renamed(old: str, new: str, change: Callable[[bytes], bytes] = bytes) -> Callable[[bytes], bytes]:
    """One member under another name, or with other bytes."""
    return rezipped(lambda found: {new if name == old else name: change(data) if name == old else data for name, data in found.items()})


def with_config(change: Callable[[str], bytes]) -> Callable[[bytes], bytes]:
    return rezipped(lambda found: {**found, "config.json": change(found["config.json"].decode())})


def tarred(name: str, mode: str = "w") -> Callable[[bytes], bytes]:
    def pack(data: bytes) -> bytes:
        room = io.BytesIO()
        with tarfile.open(fileobj=room, mode=mode) as archive:  # type: ignore[call-overload]
            info = tarfile.TarInfo(f"export/{name}")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        return room.getvalue()

    return pack


def without_directory(data: bytes) -> bytes:
    return data[: data.index(b"PK\x01\x02")]


def without_directory_of_zip64(data: bytes) -> bytes:
    """Written to a pipe with zip64 fields, whose descriptors have numbers of eight bytes; then cut behind the last of them."""
    room = Pipe()
    with zipfile.ZipFile(room, "w") as archive:
        for name, content in members(data).items():
            with archive.open(zipfile.ZipInfo(name), "w", force_zip64=True) as member:
                member.write(content)
    return without_directory(bytes(room.written))


class Pipe(io.RawIOBase):
    def __init__(self) -> None:
        self.written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.written += data
        return len(data)


def cut_in_deflated_weights(data: bytes) -> bytes:
    packed = rezipped(lambda found: found, zipfile.ZIP_DEFLATED)(data)
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        member = archive.getinfo("model.weights.h5")
    return packed[: member.header_offset + member.compress_size * 9 // 10]


def never_closed(data: bytes, more: bytes = b"") -> bytes:
    """The same content in HDF5 of the newer kind, by a program that was killed: its mark stands in byte 11."""
    room = io.BytesIO()
    with h5py.File(io.BytesIO(data)) as whole, h5py.File(room, "w", libver="latest") as file:
        for name in whole:
            whole.copy(name, file)
        for name, value in whole.attrs.items():
            file.attrs[name] = value
    marked = bytearray(room.getvalue())
    marked[11] |= 1
    marked[44:48] = lookup3(bytes(marked[:44])).to_bytes(4, "little")
    return bytes(marked) + more


def flipped(name: str) -> Callable[[bytes], bytes]:
    """One bit of a stored member."""

    def flip(data: bytes) -> bytes:
        content = members(data)[name]
        at = data.index(content) + len(content) // 2
        return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]

    return flip


def text_of(file: Any) -> str:
    found = file.attrs["model_config"]
    return found.decode() if isinstance(found, bytes) else str(found)


def encoded(change: Callable[[str], bytes]) -> Callable[[bytes], bytes]:
    return in_hdf5(lambda file: file.attrs.__setitem__("model_config", np.bytes_(change(text_of(file)))))


def without_architecture(data: bytes) -> bytes:
    """Nothing but weights remain."""

    def strip(file: Any) -> None:
        for name in ("model_config", "training_config"):
            file.attrs.pop(name, None)
        file.pop("optimizer_weights", None)

    return in_hdf5(strip)(data)


def behind(head: bytes) -> Callable[[bytes], bytes]:
    return lambda data: head.ljust(512, b"\0") + data


def of_any(ending: str) -> dict[str, Damage]:
    """What happens to files of every format."""
    name = f"model{ending}"
    return {
        "gzip": Damage(gzip.compress, "K106"),
        "bzip2": Damage(bz2.compress, "K106"),
        "xz": Damage(lzma.compress, "K106"),
        "zip around": Damage(lambda data: zipped({name: data}, zipfile.ZIP_DEFLATED), "K106"),
        "zip in a zip around": Damage(lambda data: zipped({"outer.zip": zipped({name: data})}), "K106"),
        "gzip around a zip": Damage(lambda data: gzip.compress(zipped({name: data})), "K106"),
        "tar around": Damage(tarred(name), "K106"),
        "gzip around a tar": Damage(tarred(name, "w:gz"), "K106"),
        "LFS pointer": Damage(
            lambda data: b"version https://git-lfs.github.com/spec/v1\noid sha256:%064d\nsize 9\n" % 7, "K101", lost=True
        ),
        "web page": Damage(lambda data: b"<!DOCTYPE html><html><body>Sign in</body></html>", "K101", lost=True),
        "empty": Damage(lambda data: b"", "K101", lost=True),
        "zeros": Damage(lambda data: bytes(len(data)), "K101", lost=True),
        "transferred as text": Damage(lambda data: data.replace(b"\n", b"\r\n"), "K101", lost=True),
        "cut in half": Damage(lambda data: data[: len(data) // 2], "K103", lost=True),
    }


NATIVE = {
    "no directory": Damage(without_directory, "K103"),
    "half a directory": Damage(lambda data: data[: data.index(b"PK\x01\x02") + 30], "K103"),
    "deflated": Damage(rezipped(lambda found: found, zipfile.ZIP_DEFLATED), ""),
    "written to a pipe": Damage(lambda data: piped(members(data), zipfile.ZIP_STORED), ""),
    "written to a pipe, without its directory": Damage(lambda data: without_directory(piped(members(data), zipfile.ZIP_DEFLATED)), "K103"),
    "written to a pipe as zip64, without its directory": Damage(without_directory_of_zip64, "K103"),
    "deflated, and cut in its weights": Damage(cut_in_deflated_weights, "K103", lost=True),
    "in a folder": Damage(rezipped(lambda found: {f"model/{name}": data for name, data in found.items()}), "K106"),
    "in a folder, by Windows": Damage(rezipped(lambda found: {f"model\\{name}": data for name, data in found.items()}), "K107"),
    "config twice, the same": Damage(rezipped(lambda found: [*found.items(), ("config.json", found["config.json"])]), "K107"),
    "config twice, another": Damage(rezipped(lambda found: [*found.items(), ("config.json", b'{"class_name": "x"}')]), "K107", lost=True),
    "byte order mark": Damage(with_config(lambda text: b"\xef\xbb\xbf" + text.encode()), "K105"),
    "UTF-16": Damage(with_config(lambda text: text.encode("utf-16")), "K105"),
    "a comma too many": Damage(with_config(lambda text: (text[:-1] + ",}").encode()), "K105"),
    "config cut": Damage(with_config(lambda text: text[: len(text) // 2].encode()), "K105", lost=True),
    "no metadata": Damage(rezipped(lambda found: {name: data for name, data in found.items() if name != "metadata.json"}), "K104"),
    "no config": Damage(rezipped(lambda found: {name: data for name, data in found.items() if name != "config.json"}), "K104", lost=True),
    "no weights": Damage(rezipped(lambda found: {name: data for name, data in found.items() if "weights" not in name}), "K104", lost=True),
    "config in a folder of its own": Damage(
        rezipped(lambda found: {("json/" if name == "config.json" else "") + name: data for name, data in found.items()}), "K107"
    ),
    "weights in a folder of their own": Damage(
        rezipped(lambda found: {("weights/" if name.endswith(".h5") else "") + name: data for name, data in found.items()}), "K107"
    ),
    "weights under another name": Damage(renamed("model.weights.h5", "weights.h5"), "K107"),
    "weights under another name, in a folder": Damage(renamed("model.weights.h5", "export/model_weights.hdf5"), "K107"),
    "weights twice under other names": Damage(
        rezipped(
            lambda found: {
                **{name: data for name, data in found.items() if "weights" not in name},
                "a.h5": found["model.weights.h5"],
                "b.h5": found["model.weights.h5"],
            }
        ),
        "K104",
        lost=True,
    ),
    "config encoded twice": Damage(with_config(lambda text: json.dumps(text).encode()), "K105"),
    "config packed": Damage(renamed("config.json", "config.json", gzip.compress), "K106"),
    "config packed and named so": Damage(renamed("config.json", "config.json.gz", gzip.compress), "K106"),
    "weights packed": Damage(renamed("model.weights.h5", "model.weights.h5", gzip.compress), "K106"),
    "weights packed and named so": Damage(renamed("model.weights.h5", "model.weights.h5.gz", gzip.compress), "K106"),
    "weights packed, and cut": Damage(
        renamed("model.weights.h5", "model.weights.h5", lambda data: gzip.compress(data)[:-99]), "K107", lost=True
    ),
    "bytes before the weights": Damage(
        renamed("model.weights.h5", "model.weights.h5", lambda data: b"HTTP/1.1 200 OK\r\n\r\n" + data), "K109"
    ),
    "weights cut inside": Damage(
        rezipped(lambda found: {name: data[: len(data) // 2] if name.endswith(".h5") else data for name, data in found.items()}),
        "K103",
        lost=True,
    ),
    "a wrong bit in the weights": Damage(flipped("model.weights.h5"), "K109", lost=True),
    "a wrong bit in the config": Damage(flipped("config.json"), "K109", lost=True),
    "a wrong bit in the metadata": Damage(flipped("metadata.json"), "K109"),
    "bytes before": Damage(lambda data: b"HTTP/1.1 200 OK\r\n\r\n" + data, "K109"),
    "bytes behind": Damage(lambda data: data + b"\r\n--boundary--\r\n", "K109"),
    "named .h5": Damage(lambda data: data, "K102", ending=".h5"),
}
LEGACY = {
    "cut in its last numbers": Damage(lambda data: data[: int(len(data) * 0.8)], "K103", lost=True),
    "cut in its first block": Damage(lambda data: data[:60], "K103", lost=True),
    "a few bytes short": Damage(lambda data: data[:-3], "K103"),
    "never closed": Damage(never_closed, "K612"),
    "never closed while something was added": Damage(lambda data: never_closed(data, b"\0" * 99), "K612", lost=True),
    "byte order mark": Damage(encoded(lambda text: b"\xef\xbb\xbf" + text.encode()), "K105"),
    "a comma too many": Damage(encoded(lambda text: (text[:-1] + ",}").encode()), "K105"),
    "config cut": Damage(encoded(lambda text: text[: len(text) // 2].encode()), "K105", lost=True),
    "no config": Damage(without_architecture, "K108", lost=True),
    "no layer_names": Damage(in_hdf5(lambda file: file["model_weights"].attrs.__delitem__("layer_names")), "K104"),
    "no backend": Damage(in_hdf5(lambda file: file["model_weights"].attrs.__delitem__("backend")), "K104"),
    "a blank user block": Damage(behind(b""), "K810"),
    "another file's head in a user block": Damage(behind(b"HTTP/1.1 200 OK\r\n"), "K810", lost=True),
    "inside a .keras": Damage(lambda data: zipped({"model.h5": data}), "K106", ending=".keras"),
    "named .keras": Damage(lambda data: data, "K102", ending=".keras"),
    "config encoded twice": Damage(encoded(lambda text: json.dumps(text).encode()), "K105"),
    "bytes before": Damage(lambda data: b"HTTP/1.1 200 OK\r\n\r\n" + data, "K109"),
    "zeros before": Damage(lambda data: bytes(100) + data, "K109"),
    "a user block of no such size": Damage(lambda data: b" " * 1000 + data, "K109"),
}
