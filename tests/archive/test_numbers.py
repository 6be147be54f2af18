from __future__ import annotations

import io
import os
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from model_files import h5_file, keras_file, keras_members, zip_bytes

from kdoctor.archive import open_document
from kdoctor.archive.glance import SPAN
from kdoctor.archive.numbers import measured, with_numbers_seen
from kdoctor.check import Severity
from kdoctor.doctor import examine_file, plan_file
from kdoctor.document import Document
from kdoctor.engine import Failure, attempt
from kdoctor.errors import WriteError
from kdoctor.faults import FaultKind
from kdoctor.packs import load_checks
from kdoctor.testing import KERAS_3

SAMPLES = Path(__file__).parents[2] / "sample_models"


def seen(path: Path) -> dict[str, int]:
    """Path of an array to how many of its numbers are none."""
    faults = with_numbers_seen(open_document(path)).faults_of(FaultKind.NON_FINITE)
    return {fault.detail["name"]: fault.detail["count"] for _, fault in faults}


def first_array(document: Document) -> str:
    return next(path for path, weight in document.weights.items() if weight.dtype == "float32" and weight.parameters > 1)


def spoiled_h5(path: Path) -> str:
    """One NaN and one infinity in the first array of an .h5; returns the array's path."""
    name = first_array(open_document(path))
    with h5py.File(path, "r+") as file:
        array = file[name][()]
        array.flat[0], array.flat[1] = np.nan, np.inf
        file[name][...] = array
    return name


def test_whole_numbers_leave_no_fault(tmp_path: Path) -> None:
    assert seen(h5_file(tmp_path / "model.h5")) == {}
    assert seen(keras_file(tmp_path / "model.keras")) == {}


def test_nan_and_infinity_are_counted_in_an_h5(tmp_path: Path) -> None:
    path = h5_file(tmp_path / "model.h5")
    name = spoiled_h5(path)
    assert seen(path) == {name: 2}


def test_a_path_from_the_present_folder_is_found_by_the_child_that_stands_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = spoiled_h5(h5_file(tmp_path / "model.h5"))
    monkeypatch.chdir(tmp_path)
    assert seen(Path("model.h5")) == {name: 2}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_they_are_counted_inside_an_archive_stored_or_packed(tmp_path: Path, method: int) -> None:
    with zipfile.ZipFile(keras_file(tmp_path / "whole.keras")) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    (tmp_path / "weights.h5").write_bytes(members["model.weights.h5"])
    name = spoiled_h5(tmp_path / "weights.h5")
    members["model.weights.h5"] = (tmp_path / "weights.h5").read_bytes()
    with zipfile.ZipFile(tmp_path / "sick.keras", "w", method) as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    assert seen(tmp_path / "sick.keras") == {name: 2}


def test_what_a_glance_saw_is_a_warning_until_somebody_asks(tmp_path: Path) -> None:
    path = h5_file(tmp_path / "model.h5")
    spoiled_h5(path)
    looked_at = [examine_file(path, KERAS_3, load_checks(), deep=deep) for deep in (False, True)]
    found = [[one.severity for one in report.findings if one.check.code == "K704"] for report in looked_at]
    assert found == [[Severity.WARNING], [Severity.ERROR]]


def test_an_inspection_of_more_than_a_few_numbers_looks_only_when_asked(tmp_path: Path) -> None:
    path = h5_file(tmp_path / "model.h5")
    with h5py.File(path, "r+") as file:
        file["model_weights/dense/dense/more:0"] = np.ones(SPAN // 4, "float32")
    spoiled_h5(path)
    codes = {found.check.code for found in examine_file(path, KERAS_3, load_checks()).findings}
    deep = {found.check.code for found in examine_file(path, KERAS_3, load_checks(), deep=True).findings}
    assert deep - codes == {"K704"}


def test_a_repair_looks_before_it_calls_anything_cured(tmp_path: Path) -> None:
    whole, sick = tmp_path / "whole.keras", tmp_path / "sick.keras"
    for path in (whole, sick):
        path.write_bytes((SAMPLES / "healthy" / "not_compiled.h5").read_bytes())
    spoiled_h5(sick)
    plans = [plan_file(path, KERAS_3, load_checks()) for path in (whole, sick)]
    assert [plan.changes for plan in plans] == [True, True]  # both are HDF5 under the name of a zip
    assert [{found.check.code for found in plan.after.errors} for plan in plans] == [set(), {"K704"}]


def test_a_repair_looks_at_a_file_that_needs_none_too(tmp_path: Path) -> None:
    path = tmp_path / "model.h5"
    path.write_bytes((SAMPLES / "healthy" / "not_compiled.h5").read_bytes())
    assert not plan_file(path, KERAS_3, load_checks()).after.errors
    spoiled_h5(path)
    assert {found.check.code for found in plan_file(path, KERAS_3, load_checks()).after.errors} == {"K704"}


def test_what_was_found_is_kept_where_the_numbers_cannot_be_read(tmp_path: Path) -> None:
    path = keras_file(tmp_path / "model.keras")
    document = open_document(path)
    path.write_bytes(path.read_bytes() + b"\0")  # somebody else wrote to it meanwhile
    found = attempt("numbers", lambda: with_numbers_seen(replace(document, origin=replace(document.origin, path=tmp_path / "gone"))))
    assert isinstance(found, Failure)
    report = examine_file(SAMPLES / "sick" / "truncated_file__half.keras", KERAS_3, load_checks(), deep=True)
    assert {found.check.code for found in report.errors} == {"K103"}


def large_archive(path: Path, method: int) -> Path:
    """A model whose weights are larger than what an inspection computes checksums of."""
    weights = io.BytesIO()
    with h5py.File(weights, "w") as file:
        file["layers/dense/vars/0"] = np.random.default_rng(0).integers(0, 9, 3_000_000).astype("f4")
        file["layers/dense/vars/1"] = np.arange(5, dtype="f4")
    members = {**keras_members(), "model.weights.h5": weights.getvalue()}
    path.write_bytes(zip_bytes(members, method))
    return path


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_the_checksum_of_large_weights_is_computed_where_all_of_them_are_read(tmp_path: Path, method: int) -> None:
    path = large_archive(tmp_path / "model.keras", method)
    assert with_numbers_seen(open_document(path)).faults_of(FaultKind.CRC_MISMATCH) == ()
    data = path.read_bytes()
    if method == zipfile.ZIP_STORED:
        damaged = data.replace(np.arange(5, dtype="f4").tobytes(), np.arange(1, 6, dtype="f4").tobytes())
    else:  # another checksum in both headers
        crc = zlib.crc32(zipfile.ZipFile(path).read("model.weights.h5"))
        damaged = data.replace(crc.to_bytes(4, "little"), (crc ^ 1).to_bytes(4, "little"))
    path.write_bytes(damaged)
    codes = [{found.check.code for found in examine_file(path, KERAS_3, load_checks(), deep=deep).errors} for deep in (False, True)]
    assert codes[1] - codes[0] == {"K109"}


def test_arrays_that_are_packed_or_turned_or_share_their_bytes_are_read_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "some.weights.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("layers/a/vars/0", data=np.arange(1000, dtype="f4"), compression="gzip")
        file["layers/a/vars/1"] = np.arange(5, dtype=">f4")
        file["layers/a/vars/2"] = file["layers/a/vars/3"] = np.arange(7, dtype="f4")
        file.create_dataset("layers/a/vars/4", (3,), "f4")
        file["layers/a/vars/5"] = np.array([1 + 2j])
        file["layers/a/vars/6"] = np.array([True, False])
    found = measured(open_document(path))
    assert [found[f"layers/a/vars/{index}"].most for index in range(7)] == [999, 4, 6, 6, 0, 2, 1]


def test_an_archive_that_only_lost_its_directory_is_read_whole(tmp_path: Path) -> None:
    path, data = tmp_path / "model.keras", keras_file(tmp_path / "whole.keras").read_bytes()
    path.write_bytes(data[: data.index(b"PK\x01\x02")])
    assert measured(open_document(path)) == measured(open_document(tmp_path / "whole.keras"))
    assert plan_file(path, KERAS_3, load_checks()).after.failures == ()


def test_a_small_archive_whose_checksum_is_known_to_be_wrong_is_accused_once() -> None:
    report = examine_file(SAMPLES / "sick" / "damaged_archive__checksum.keras", KERAS_3, load_checks(), deep=True)
    assert [found.check.code for found in report.errors] == ["K109"]
    assert report.failures == ()


def test_what_numbers_are_is_told_array_by_array(tmp_path: Path) -> None:
    path = tmp_path / "some.weights.h5"
    array = np.array([[np.nan, np.inf, 1e-40], [0.0, -2.0, 1e6]], "f4")
    with h5py.File(path, "w") as file:
        file["layers/a/vars/0"] = array
        file["layers/a/vars/1"] = np.array([3, 5], "i4")
        file["layers/a/vars/2"] = np.full(3_000_000, 0.25, "f4")
        file["layers/a/vars/3"] = np.array([b"text"])
        file["layers/a/vars/4"] = np.full(4, np.nan, "f4")
    found = measured(open_document(path))
    first = found["layers/a/vars/0"]
    assert (first.count, first.nan, first.infinite, first.zeros, first.denormals, first.beyond_half) == (6, 1, 1, 1, 1, 1)
    assert (first.least, first.most, first.checksum) == (-2.0, 1e6, zlib.crc32(array.tobytes()))
    assert (found["layers/a/vars/1"].least, found["layers/a/vars/1"].mean) == (3, 4)
    assert (found["layers/a/vars/2"].count, found["layers/a/vars/2"].mean, found["layers/a/vars/2"].constant) == (3_000_000, 0.25, True)
    assert "layers/a/vars/3" not in found
    assert found["layers/a/vars/4"].least is None


def test_somebody_who_waits_is_told_how_far_it_is(tmp_path: Path) -> None:
    path = tmp_path / "some.weights.h5"
    with h5py.File(path, "w") as file:
        file["layers/a/vars/0"] = np.ones(40_000_000, "f4")
    told: list[tuple[int, int]] = []
    measured(open_document(path), lambda done, total: told.append((done, total)))
    assert told
    assert all(0 < done <= total == 160_000_000 for done, total in told)


def test_arrays_that_declare_more_than_the_file_holds_are_not_gone_through() -> None:
    with pytest.raises(WriteError, match="declare far more"):
        measured(open_document(SAMPLES / "sick" / "shape_bomb.keras"))


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
def test_the_child_does_not_outlive_whoever_asked() -> None:
    asleep, awake = os.pipe()  # the request never comes
    work = "from kdoctor.archive.writing.hdf5_child import answer; answer(lambda job: None)"
    start = "import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', sys.argv[1]]).pid, flush=True); input()"
    command = [sys.executable, "-c", start, work]
    with subprocess.Popen(command, stdin=asleep, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        status = Path(f"/proc/{int(parent.stdout.readline())}/status")
        wait_until(lambda: "Threads:\t1\n" not in status.read_text())
        parent.kill()
    wait_until(lambda: not status.exists() or "State:\tZ" in status.read_text())
    os.close(asleep)
    os.close(awake)


def wait_until(true: Callable[[], bool]) -> None:
    for _ in range(200):
        if true():
            return
        time.sleep(0.1)
    raise AssertionError("never came true")
