"""Modules of a file that are on this machine."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any

import pytest

from kdoctor.errors import ReadError, UsageError
from kdoctor.hub_modules import with_modules
from kdoctor.saved_model.module import Module
from kdoctor.target import Given, Target
from kdoctor.testing import layer, model

TINY = Path(__file__).parent.parent / "sample_models" / "hub_modules" / "tiny"
URL = "https://tfhub.dev/example/tiny/1"


def modules(handle: str, **given: Any) -> dict[str, Module]:
    sick = model(layer("KerasLayer", module="tensorflow_hub.keras_layer", handle=handle))
    return dict(with_modules(sick, Target("3.15.1", given=Given(**{"custom": ("hub",), **given}))).given.modules)


def test_a_module_is_taken_from_where_the_user_says() -> None:
    assert modules(URL, hub_paths={URL: str(TINY)})[URL].folder == TINY


def test_nothing_is_read_unless_the_cure_is_asked_for() -> None:
    assert modules(str(TINY), custom=()) == {}


def test_a_local_handle_leads_to_its_folder() -> None:
    assert modules(str(TINY))[str(TINY)].folder == TINY


def test_the_cache_of_the_hub_is_looked_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path))
    assert modules(URL) == {}
    shutil.copytree(TINY, tmp_path / hashlib.sha1(URL.encode()).hexdigest())
    assert URL in modules(URL)


def test_the_digest_is_made_for_a_module_that_shall_stand_in_the_file() -> None:
    assert modules(URL, hub_paths={URL: str(TINY)})[URL].digest == ""
    assert len(modules(URL, hub_paths={URL: str(TINY)}, embed=True)[URL].digest) == 64


def test_a_handle_that_the_file_does_not_name_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match=URL):
        modules(URL, hub_paths={"other": str(TINY)})


def test_a_folder_without_a_module_is_told(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="holds no SavedModel"):
        modules(URL, hub_paths={URL: str(tmp_path)})


@pytest.mark.parametrize("handle", ["x" * 5000, "nul\0byte", "", "/"])
def test_a_handle_that_is_no_path_is_not_found(handle: str) -> None:
    assert modules(handle) == {}
