"""What a scan remembers, and when it must not."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from kdoctor.archive import open_document
from kdoctor.errors import UsageError
from kdoctor.limits import Limits
from kdoctor.scanning.crew import Batch, Lost
from kdoctor.scanning.identity import circumstances, content, signature
from kdoctor.scanning.job import Examined, Job
from kdoctor.scanning.memories import Memories
from kdoctor.scanning.memory import Memory
from kdoctor.scanning.workers import in_order
from kdoctor.target import Given, Target

TARGET = Target("3.15.1")
SAMPLES = Path(__file__).parents[2] / "sample_models"


class Counting:
    """A crew that notes what it was asked, and finds nothing in it; names may tell it what to do."""

    size = 1

    def __init__(self) -> None:
        self.asked: list[str] = []

    def take(self, places: Sequence[Path]) -> Batch:
        self.asked += [place.name for place in places]
        return Told(places)


class Told:
    def __init__(self, places: Sequence[Path]) -> None:
        self.places = places

    def result(self) -> list[Examined]:
        if any("lost" in place.name for place in self.places):
            raise Lost("gone")
        return [self.examined(place) for place in self.places]

    def examined(self, place: Path) -> Examined:
        text = json.dumps({"path": str(place), "verdict": "healthy"})
        if "changing" in place.name:
            place.write_bytes(b"changed while it was examined")
        return Examined(text, "failed" not in place.name, signature(place), f"content of {place.name}")

    def cancel(self) -> None: ...


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "models").mkdir()
    return tmp_path / "models"


def made(folder: Path, *names: str) -> list[Path]:
    for name in names:
        (folder / name).write_bytes(b"")
        os.utime(folder / name, (1_000_000_000, 1_000_000_000))
    time.sleep(0.12)  # until they are no longer young
    return [folder / name for name in names]


def scanned(files: list[Path], at: Path, *, journal: bool = False, told: list[str] | None = None, where: str = "here") -> list[str]:
    """What the crew was asked in a scan with a memory; the reports name every file once, in order."""
    crew = Counting()
    with Memory(at, where, ([] if told is None else told).append) as memory:
        memories = Memories(journal=memory) if journal else Memories(cache=memory)
        reports = list(in_order(files, crew, Job(TARGET, remembers=True), memories))
    assert [json.loads(report)["path"] for report in reports] == [str(file) for file in files]
    return crew.asked


def test_a_file_that_has_not_changed_is_not_opened_again(folder: Path) -> None:
    files, at = made(folder, "a.keras", "b.keras"), folder.parent / "cache"
    assert scanned(files, at) == ["a.keras", "b.keras"]
    assert scanned(files, at) == []
    assert scanned(files, at, where="elsewhere") == ["a.keras", "b.keras"]


def test_a_scan_that_finds_all_writes_nothing(folder: Path) -> None:
    files, at = made(folder, "a.keras", "b.keras"), folder.parent / "cache"
    scanned(files, at)
    before = at.read_bytes(), at.stat().st_mtime_ns
    assert scanned(files, at) == []
    assert (at.read_bytes(), at.stat().st_mtime_ns) == before


@pytest.mark.skipif(sys.platform != "linux", reason="names are text elsewhere")
def test_a_name_that_is_no_text_is_examined_again_and_costs_the_others_nothing(folder: Path) -> None:
    odd = os.fsdecode(b"\xff.keras")
    files, at = made(folder, "a.keras", odd, *(f"{number}.keras" for number in range(70))), folder.parent / "cache"
    told: list[str] = []
    assert len(scanned(files, at)) == 72
    assert scanned(files, at, told=told) == [odd]


def test_a_file_that_has_changed_is_even_where_its_size_and_time_of_modification_were_put_back(folder: Path) -> None:
    (file,), at = made(folder, "a.keras"), folder.parent / "cache"
    file.write_bytes(b"good")
    scanned(made(folder, "a.keras"), at)
    before = file.stat()
    file.write_bytes(b"")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    time.sleep(0.12)
    assert (file.stat().st_size, file.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert scanned([file], at) == ["a.keras"]


def test_what_failed_what_was_lost_and_what_changed_meanwhile_is_examined_again(folder: Path) -> None:
    files, at = made(folder, "failed.keras", "lost.keras", "changing.keras", "fine.keras"), folder.parent / "cache"
    assert sorted(set(scanned(files, at))) == ["changing.keras", "failed.keras", "fine.keras", "lost.keras"]
    time.sleep(0.12)
    assert sorted(set(scanned(files, at))) == ["changing.keras", "failed.keras", "lost.keras"]


def test_a_journal_keeps_failures_too_since_the_same_scan_goes_on(folder: Path) -> None:
    files, at = made(folder, "failed.keras", "lost.keras", "fine.keras"), folder.parent / "journal"
    scanned(files, at, journal=True)
    assert scanned(files, at, journal=True) == []


def test_a_file_that_is_young_is_not_remembered_by_its_status(folder: Path) -> None:
    (folder / "a.keras").write_bytes(b"")
    now = (folder / "a.keras").stat().st_ctime_ns
    assert signature(folder / "a.keras", now + 99_000_000) is None
    assert signature(folder / "a.keras", now + 101_000_000) is not None
    assert signature(folder) is None
    assert signature(folder / "missing") is None
    assert signature(Path("nul\0")) is None


def test_a_damaged_cache_is_put_aside_with_a_word_and_begun_anew(folder: Path) -> None:
    files, at, told = made(folder, "a.keras"), folder.parent / "cache", []
    scanned(files, at)
    at.write_bytes(b"garbage " * 1000)
    assert scanned(files, at, told=told) == ["a.keras"]
    assert len(told) == 1
    assert "damaged" in told[0]
    assert at.with_name("cache.damaged").read_bytes().startswith(b"garbage")
    assert scanned(files, at) == []


def test_a_cache_that_is_damaged_inside_is_done_without(folder: Path) -> None:
    files, at, told = made(folder, *(f"{number}.keras" for number in range(200))), folder.parent / "cache", []
    scanned(files, at)
    data = bytearray(at.read_bytes())
    data[8192:] = b"\xff" * (len(data) - 8192)
    at.write_bytes(data)
    assert set(scanned(files, at, told=told)) == {file.name for file in files}
    assert len(told) == 1


@pytest.mark.parametrize("name", ["model.keras", "weights.H5"])
def test_a_model_is_never_taken_for_a_cache(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"a model")
    with pytest.raises(UsageError, match="named like a model"):
        Memory(folder / name, "here", print)
    assert (folder / name).read_bytes() == b"a model"


def test_the_database_of_another_program_is_left_alone(folder: Path) -> None:
    database = sqlite3.connect(folder / "theirs.db")
    database.execute("CREATE TABLE files (precious TEXT)")
    database.commit()
    database.close()
    before = (folder / "theirs.db").read_bytes()
    with pytest.raises(UsageError, match="another program"):
        Memory(folder / "theirs.db", "here", print)
    assert (folder / "theirs.db").read_bytes() == before


def test_a_cache_that_cannot_be_written_is_done_without(folder: Path) -> None:
    told: list[str] = []
    files = made(folder, "a.keras")
    assert scanned(files, folder / "missing" / "cache", told=told) == ["a.keras"]
    assert "cannot be used" in told[0]


def test_scans_that_write_one_cache_at_the_same_time_lose_nothing(folder: Path) -> None:
    files, at = made(folder, *(f"{number}.keras" for number in range(400))), folder.parent / "cache"
    told: list[str] = []
    scans = [threading.Thread(target=scanned, args=(files[start::4], at), kwargs={"told": told}) for start in range(4)]
    for one in scans:
        one.start()
    for one in scans:
        one.join()
    assert told == []
    assert scanned(files, at) == []


def test_a_change_anywhere_in_what_checks_see_is_another_content(tmp_path: Path) -> None:
    sick, healthy = (open_document(SAMPLES / folder / "lambda_code.keras") for folder in ("sick", "healthy"))
    assert content(sick) != content(healthy)
    assert content(sick) == content(open_document(SAMPLES / "sick/lambda_code.keras"))
    assert content(replace(sick, parts={**sick.parts, "metadata": {"keras_version": "3.0.0"}})) != content(sick)
    assert content(open_document(Path(shutil.copy(SAMPLES / "sick/lambda_code.keras", tmp_path / "other.h5")))) != content(sick)


def test_circumstances_are_the_target_and_all_its_options(tmp_path: Path) -> None:
    targets = [
        TARGET,
        replace(TARGET, release="3.9.0"),
        replace(TARGET, custom=frozenset("ABC")),
        replace(TARGET, purpose="training"),
        replace(TARGET, given=Given(bindings={"X": 1})),
        replace(TARGET, given=Given(settings={("a", "b"): 1})),
    ]
    found = [circumstances(target, Limits()) for target in targets]
    assert len(set(found)) == len(targets)
    assert found[2] == circumstances(replace(TARGET, custom=frozenset("CBA")), Limits())
    assert circumstances(TARGET, Limits(members=7)) != found[0]
