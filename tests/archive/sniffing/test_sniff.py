"""Content is told by its bytes, whatever a file is named."""

from __future__ import annotations

import io
import json
import pickle
import zipfile

import pytest

from kdoctor.archive.sniffing.sniff import sniff
from kdoctor.archive.sniffing.text_mode import HDF5_SIGNATURE
from kdoctor.document import Json

LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"4d" * 32 + b"\nsize 26200\n"


def content(data: bytes, name: str = "") -> str:
    return sniff(io.BytesIO(data), len(data), name).content


def detail(data: bytes) -> dict[str, Json]:
    return sniff(io.BytesIO(data), len(data)).detail


def small_zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a", b"b")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (HDF5_SIGNATURE + bytes(100), "hdf5"),
        (b"\x1f\x8b\x08\x00" + bytes(20), "gzip"),
        (b"PK\x03\x04" + bytes(40), "zip"),
        (b"\x1c\x00\x00\x00TFL3" + bytes(20), "tflite"),
        (b"\x08\x01\x12\xf0\x10\x0a\x05" + b"\x00serve", "saved-model"),
        (b"\x0a\x80\x01\x0a\x04root_tf_keras_sequential", "saved-model"),
        (b"\x08\x07\x12\x07pytorch\x1a\x051.9.0", "onnx"),
        (b"\x0a\x30\x0a\x07input_1\x12\x0bPlaceholder*\x0b", "frozen-graph"),
        (b"\x00\x00" * 20 + b"\x57\xfb\x80\x8b\x24\x75\x47\xdb", "tf-checkpoint"),
        (b'model_checkpoint_path: "cp.ckpt"\n', "tf-checkpoint"),
        (b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M", "pytorch"),
        (pickle.dumps({"weights": [1.0]}), "pickle"),
        (pickle.dumps([1.0], protocol=0), "pickle"),
        ((64).to_bytes(8, "little") + b'{"w":' + bytes(100), "safetensors"),
        (b"\x89PNG\r\n\x1a\n" + bytes(9), "image"),
        (b"\xff\xd8\xff\xe0" + bytes(9), "image"),
        (b"GIF89a" + bytes(9), "image"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image"),
        (b"%PDF-1.4\n", "pdf"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(9), "7z"),
        (b"Rar!\x1a\x07\x00", "rar"),
        (b"GGUF\x03" + bytes(9), "gguf"),
        (b"\x93NUMPY\x01\x00", "npy"),
        (b"a" * 257 + b"ustar\x0000", "tar"),
        (b"", "empty"),
        (bytes(20_000), "zeroed"),
        (bytes(range(256)) * 20, "unknown"),
    ],
)
def test_each_format_is_told_by_its_bytes(data: bytes, expected: str) -> None:
    assert content(data) == expected


def test_the_shard_of_a_checkpoint_has_nothing_but_its_name() -> None:
    assert content(b"\x01\x00\x3f" * 50, "cp.ckpt.data-00000-of-00001") == "tf-checkpoint"


@pytest.mark.parametrize("user_block", [512, 1024, 8192])
def test_hdf5_may_start_after_a_user_block(user_block: int) -> None:
    assert content(b"\x01" * user_block + HDF5_SIGNATURE) == "hdf5"


def test_a_zip_is_told_by_its_end_where_bytes_stand_before_it() -> None:
    assert content(b"#!/bin/sh\n" + small_zip()) == "zip"


def test_a_few_nonzero_bytes_at_the_end_are_not_zeroed() -> None:
    assert content(bytes(20_000) + b"\x01") == "unknown"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (HDF5_SIGNATURE.replace(b"\r\n", b"\n"), "hdf5"),
        (HDF5_SIGNATURE.replace(b"\n", b"\r\n"), "hdf5"),
        (HDF5_SIGNATURE.decode("utf-8", "replace").encode(), "hdf5"),
        (HDF5_SIGNATURE.decode("latin-1").encode(), "hdf5"),
        (b"\x1f\x8b\x08".decode("utf-8", "replace").encode(), "gzip"),
    ],
)
def test_a_signature_that_was_treated_as_text_is_recognized(data: bytes, expected: str) -> None:
    data += bytes(50)
    assert (content(data), detail(data)) == ("text-mode", {"content": expected})


def test_a_git_lfs_pointer_tells_what_it_promises() -> None:
    assert content(LFS) == "lfs-pointer"
    assert detail(LFS) == {"oid": "4d" * 32, "size": 26200}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"<!DOCTYPE html>\n<html><head><title>404 Not Found</title>", "html"),
        (b"\n <!-- x --><html lang='en'>", "html"),
        (b"<!DOCTYPE html><html><head><title>Google Drive - Virus scan warning</title>", "google-drive-page"),
        (b"<html><title>Google Drive - Quota exceeded</title>", "google-drive-page"),
        (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "xml"),
        (json.dumps({"class_name": "Sequential", "config": []}).encode(), "model-json"),
        (json.dumps({"class_name": "Sequential", "config": [0] * 2_000_000}).encode(), "model-json"),
        (json.dumps(json.dumps({"class_name": "Sequential", "config": []})).encode(), "model-json"),
        (json.dumps({"name": "m", "layers": [{"class_name": "Dense", "config": {}}]}).encode(), "model-config"),
        (json.dumps({"name": "m", "layers": [{"kind": "dense"}]}).encode(), "json"),
        (json.dumps({"format": "layers-model", "modelTopology": {}}).encode(), "tfjs"),
        (b'{"current_version": 1}', "json"),
        (b"[1, 2]", "json"),
        (b"{not json at all", "text"),
        (b"\n\nfrom google.colab import drive\n", "text"),
        ("Modèle\n".encode("latin-1") * 9, "text"),
        (("Modell für dich\n" * 400).encode(), "text"),
    ],
)
def test_texts_are_told_apart(data: bytes, expected: str) -> None:
    assert content(data) == expected


def test_a_page_tells_its_title_and_a_text_how_it_begins() -> None:
    assert detail(b"<html><title>404\n Not Found</title>")["title"] == "404 Not Found"
    assert detail(b"\n\nfrom\tgoogle import \x7fdrive")["head"] == "  from google import .drive"
