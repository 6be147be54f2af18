"""Zips that a transfer treated as text are told from zips that were cut."""

from __future__ import annotations

import io

import pytest
from model_files import keras_members, zip_bytes
from opened_zips import CONFIG

from kdoctor.archive.zip.archive import open_zip
from kdoctor.limits import Limits


def test_line_ends_that_grew_are_no_truncation() -> None:
    data = zip_bytes({**keras_members(), "config.json": CONFIG}).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    assert open_zip(io.BytesIO(data), len(data), Limits()) is None


def test_line_ends_that_shrank_are_no_truncation() -> None:
    data = zip_bytes({**keras_members(), "config.json": CONFIG.replace(b"\n", b"\r\n")}).replace(b"\r\n", b"\n")
    assert open_zip(io.BytesIO(data), len(data), Limits()) is None


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_bytes_that_were_encoded_again_are_no_truncation(encoding: str) -> None:
    data = zip_bytes({**keras_members(), "config.json": CONFIG}).decode(encoding, "replace").encode()
    assert open_zip(io.BytesIO(data), len(data), Limits()) is None
