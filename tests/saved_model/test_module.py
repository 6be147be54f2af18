"""The folder of a module."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from kdoctor.errors import ReadError
from kdoctor.saved_model.module import is_module, read_module

TINY = Path(__file__).parent.parent.parent / "sample_models" / "hub_modules" / "tiny"


def test_a_real_module_is_read_without_tensorflow() -> None:
    module = read_module(TINY)
    assert [(one.shape, one.trainable) for one in module.variables or ()] == [((4, 3), True)]
    assert module.outside == ()
    assert "saved_model.pb" in dict(module.files)
    assert is_module(TINY)


def test_the_digest_is_that_of_every_byte_and_name(tmp_path: Path) -> None:
    copy = Path(shutil.copytree(TINY, tmp_path / "copy", copy_function=shutil.copy))
    assert read_module(copy).digested().digest == read_module(TINY).digested().digest
    (copy / "more").write_bytes(b"")
    assert read_module(copy).digested().digest != read_module(TINY).digested().digest


@pytest.mark.parametrize("content", [b"", b"no protocol buffer", b"\x08\x01", b"\x12\x7f"])
def test_what_is_no_saved_model_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "saved_model.pb").write_bytes(content)
    with pytest.raises(ReadError):
        read_module(tmp_path)


def test_a_folder_without_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="holds no SavedModel"):
        read_module(tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_links_are_refused(tmp_path: Path) -> None:
    copy = Path(shutil.copytree(TINY, tmp_path / "copy"))
    copy.chmod(0o755)
    (copy / "passwords").symlink_to("/etc/passwd")
    with pytest.raises(ReadError, match="link"):
        read_module(copy)


def test_a_program_that_tensorflow_would_prefer_to_the_one_that_was_read_is_refused(tmp_path: Path) -> None:
    copy = Path(shutil.copytree(TINY, tmp_path / "copy"))
    copy.chmod(0o755)
    (copy / "saved_model.cpb").write_bytes(b"")
    with pytest.raises(ReadError, match="in pieces"):
        read_module(copy)
