"""Which modules may run, and where they are found. No TensorFlow needed: nothing is loaded."""

from __future__ import annotations

import hashlib
import shutil
import sys
import types
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from protobufs import function, node, saved_model

from kdoctor.errors import ReadError
from kdoctor.saved_model.embedded import embedded_module
from kdoctor.saved_model.module import digest_of, read_module
from kdoctor.saved_model.trust import UntrustedModule, distrust, names, trust, trusted_module

ROOT = Path(__file__).parent.parent.parent
TINY = ROOT / "sample_models" / "hub_modules" / "tiny"
HANDLE = "https://tfhub.dev/example/tiny/1"


@pytest.fixture(autouse=True)
def without_trust() -> Iterator[None]:
    distrust()
    yield
    distrust()


def test_a_module_that_nobody_trusts_is_refused_with_the_words_that_trust_it() -> None:
    with pytest.raises(UntrustedModule, match=r"kdoctor\.hub\.trust\('https://tfhub.dev/example/tiny/1'\)"):
        trusted_module(HANDLE, None, None)


@pytest.mark.parametrize("handle", ["tiny", "hub_modules/tiny", "/content/drive/tiny", "C:\\models\\tiny", str(TINY)])
def test_a_folder_of_modules_holds_those_of_a_handles_last_name(handle: str) -> None:
    trust(TINY.parent)
    assert trusted_module(handle, None, None).folder.samefile(TINY)


@pytest.mark.parametrize("handle", ["tiny", str(TINY), "elsewhere/tiny"])
def test_the_folder_of_a_module_trusts_that_one_alone(handle: str) -> None:
    trust(TINY)
    assert trusted_module(handle, None, None).folder.samefile(TINY)
    with pytest.raises(UntrustedModule, match="does not hold it"):
        trusted_module("other", None, None)


def test_a_copy_is_found_by_the_name_that_the_repair_noted() -> None:
    trust(TINY)
    assert trusted_module(HANDLE, "tiny", None).folder.samefile(TINY)


def test_a_bare_version_names_nothing() -> None:
    found = [*names(HANDLE)]
    assert "1" not in found
    assert "tiny/1" in found
    assert hashlib.sha1(HANDLE.encode()).hexdigest() in found


def test_steps_that_climb_lead_nowhere() -> None:
    assert all(".." not in name for name in names("../../etc/tiny"))


def test_a_handle_is_resolved_by_tensorflow_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in = types.ModuleType("tensorflow_hub")
    stand_in.resolve = {HANDLE: str(TINY)}.__getitem__  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tensorflow_hub", stand_in)
    trust(HANDLE)
    assert trusted_module(HANDLE, None, None).folder.samefile(TINY)


def test_without_tensorflow_hub_its_installation_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow_hub", None)
    trust(HANDLE)
    with pytest.raises(UntrustedModule, match=r'pip install "kdoctor\[hub\]"'):
        trusted_module(HANDLE, None, None)


def test_a_module_that_touches_the_outside_is_refused_unless_it_is_allowed_to(tmp_path: Path) -> None:
    (tmp_path / "spy").mkdir()
    (tmp_path / "spy" / "saved_model.pb").write_bytes(saved_model(functions=[function("call", node("ReadFile"))]))
    trust(tmp_path)
    with pytest.raises(UntrustedModule, match=r"ReadFile.*allow=\['ReadFile'\]"):
        trusted_module("spy", None, None)
    trust(tmp_path, allow=["ReadFile"])
    assert trusted_module("spy", None, None).outside == ("ReadFile",)


def archive(path: Path, module: Path, folder: str = "assets/layers/hub_layer") -> Path:
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("config.json", "{}")
        for name, _ in read_module(module).files:
            made.write(module / name, f"{folder}/{name}")
    return path


def test_an_embedded_module_is_trusted_with_its_file(tmp_path: Path) -> None:
    digest = read_module(TINY).digested().digest
    file = archive(tmp_path / "model.keras", TINY)
    with pytest.raises(UntrustedModule, match=r"kdoctor\.hub\.trust\("):
        trusted_module(HANDLE, None, digest)
    trust(file)
    module = trusted_module(HANDLE, None, digest)
    assert module.digested().digest == digest
    assert not module.folder.is_relative_to(TINY.parent)


def test_trust_in_a_handle_is_none_in_what_a_file_brings_under_that_name() -> None:
    trust(HANDLE)
    with pytest.raises(UntrustedModule):
        trusted_module(HANDLE, None, "0" * 64)


def test_trust_in_one_file_is_none_in_another(tmp_path: Path) -> None:
    other = Path(shutil.copytree(TINY, tmp_path / "other", copy_function=shutil.copy))
    other.chmod(0o755)
    (other / "more").write_bytes(b"something else")
    trust(archive(tmp_path / "model.keras", TINY))
    with pytest.raises(UntrustedModule):
        trusted_module(HANDLE, None, read_module(other).digested().digest)


def test_an_embedded_module_that_stands_in_a_trusted_folder_too_is_trusted() -> None:
    trust(TINY.parent)
    assert trusted_module("tiny", None, read_module(TINY).digested().digest).folder.samefile(TINY)


def test_a_member_that_climbs_is_not_unpacked(tmp_path: Path) -> None:
    file = archive(tmp_path / "model.keras", TINY)
    with zipfile.ZipFile(file, "a") as made:
        made.writestr("assets/layers/hub_layer/../../../../evil", b"")
    with zipfile.ZipFile(file) as opened:
        entries = {name.removeprefix(folder): name for name in opened.namelist() if name.startswith(folder := "assets/layers/hub_layer/")}
        digest = digest_of((name, opened.getinfo(entries[name]).file_size, opened.open(entries[name])) for name in sorted(entries))  # type: ignore[misc]
    with pytest.raises(ReadError, match="outside of its module"):
        embedded_module(file, digest)
