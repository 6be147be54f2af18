"""Whole files that are something else, are cut, or carry the wrong name (K101, K102, K103, K106, K109, K110)."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import shutil
import struct
import zipfile
import zlib
from pathlib import Path

import h5py

LFS_POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 94371840\n".format("5d41402abc4b2a76b9719d911017c592" * 2)
SIGN_IN_PAGE = (
    "<!DOCTYPE html>\n<html><head><title>Sign in</title></head>\n<body><p>Please sign in to download model.h5</p></body></html>\n"
)


def make() -> None:
    something_else()
    wrong_names()
    cut_short()
    wrapped_and_padded()


def sick(name: str, data: bytes) -> None:
    Path("sick", name).write_bytes(data)


def healthy(name: str) -> bytes:
    return Path("healthy", name).read_bytes()


def something_else() -> None:
    sick("not_a_model__lfs_pointer.keras", LFS_POINTER.encode())
    sick("not_a_model__lfs_pointer.h5", LFS_POINTER.encode())
    sick("not_a_model__html_page.h5", SIGN_IN_PAGE.encode())
    sick("not_a_model__empty.keras", b"")
    sick("not_a_model__zeroed.h5", bytes(4096))
    sick("not_a_model__pickle.h5", pickle.dumps({"kernel": [[0.1, 0.2], [0.3, 0.4]], "bias": [0.0, 0.0]}, protocol=4))
    sick("not_a_model__image.keras", one_pixel())
    sick("not_a_model__text.keras", b"import keras\n\nmodel = keras.models.load_model('model.keras')\nmodel.summary()\n")
    sick("not_a_model__json.h5", json.dumps({"message": "Not Found", "status": "404"}).encode())
    sick("not_a_model__text_mode.h5", healthy("wrong_extension.h5").replace(b"\n", b"\r\n"))
    sick("other_format__onnx.onnx", onnx_model())
    sick("legacy_format.h5", healthy("not_compiled.h5"))  # nothing wrong with it


def one_pixel() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\x00\x80")) + chunk(b"IEND", b"")


def onnx_model() -> bytes:
    from onnx import TensorProto, helper

    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, 4]) for name in ("x", "y")]
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "tiny", ends[:1], ends[1:])
    return bytes(helper.make_model(graph, producer_name="tf2onnx").SerializeToString())


def wrong_names() -> None:
    shutil.copyfile("healthy/wrong_extension.keras", "sick/wrong_extension__zip_named_h5.h5")
    shutil.copyfile("healthy/wrong_extension.h5", "sick/wrong_extension__hdf5_named_keras.keras")


def cut_short() -> None:
    archive = healthy("truncated_file.keras")
    sick("truncated_file__no_directory.keras", archive[: archive.index(b"PK\x01\x02")])
    sick("truncated_file__half.keras", archive[: len(archive) // 2])
    hdf5 = healthy("truncated_file.h5")
    sick("truncated_file__half.h5", hdf5[: len(hdf5) // 2])


def wrapped_and_padded() -> None:
    sick("wrapped_archive__gzip.h5", gzip.compress(healthy("wrapped_archive.h5"), mtime=0))
    with zipfile.ZipFile("sick/wrapped_archive__zip_in_zip.keras", "w", zipfile.ZIP_DEFLATED) as outer:
        outer.writestr(zipfile.ZipInfo("model.keras"), healthy("wrapped_archive.keras"), zipfile.ZIP_DEFLATED)
    archive = healthy("damaged_archive.keras")
    sick("damaged_archive__bytes_before.keras", b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n\r\n" + archive)
    sick("damaged_archive__bytes_after.keras", archive + b"\r\n--boundary--\r\n")
    with zipfile.ZipFile("healthy/damaged_archive.keras") as opened:
        weights = opened.read("model.weights.h5")
    start = archive.index(weights)
    value = archive.index(struct.pack("<f", first_kernel_value(weights)), start)
    sick("damaged_archive__checksum.keras", archive[:value] + bytes([archive[value] ^ 1]) + archive[value + 1 :])


def first_kernel_value(weights: bytes) -> float:
    with h5py.File(io.BytesIO(weights), "r") as opened:
        return float(opened["layers/dense/vars/0"][0, 0])
