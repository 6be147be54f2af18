from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from model_files import CONFIG, KERNEL, METADATA, h5_file, keras_file, keras_members, zip_bytes

from kdoctor.archive import open_document
from kdoctor.archive.writing import h5_container
from kdoctor.archive.writing.hdf5_making import Making, Place, make_hdf5
from kdoctor.archive.writing.write import write_document
from kdoctor.confine import Ending, run_confined
from kdoctor.document import Document, Format, Weight
from kdoctor.errors import WriteError
from kdoctor.recipe import flip, reshape, take, transpose
from kdoctor.recipe_json import to_json
from kdoctor.recipe_steps import Recipe


def planned(before: Document, weights: dict[str, Weight], format: Format = Format.KERAS_ZIP) -> Document:
    parts = {"config": CONFIG, "weights": weights, "file": before.file}
    if format is Format.KERAS_ZIP:
        parts["metadata"] = METADATA
    return Document(format, parts, "", before.origin)


@pytest.mark.parametrize(
    ("weight", "told"),
    [
        (Weight((3, 2), "float32", "nowhere"), "its numbers stand nowhere"),
        (Weight((3, 2), "float32"), "its numbers stand nowhere"),
        (Weight((2, 3), "float32", "model_weights/dense/dense/kernel:0"), "its numbers stand nowhere"),
        (Weight.made(transpose(take("nowhere", (3, 2), "float32"))), "its numbers stand nowhere"),
        (Weight.made(transpose(take("model_weights/dense/dense/kernel:0", (3, 2), "float64"))), "its numbers stand nowhere"),
        (
            Weight((3, 2), "float32", "", transpose(take("model_weights/dense/dense/kernel:0", (3, 2), "float32"))),
            r"its recipe makes float32\[2, 3\], not float32\[3, 2\]",
        ),
    ],
)
def test_numbers_are_never_made_up(tmp_path: Path, weight: Weight, told: str) -> None:
    before = open_document(h5_file(tmp_path / "a.h5"))
    for format, out in ((Format.KERAS_ZIP, "b.keras"), (Format.H5_MODEL, "b.h5")):
        with pytest.raises(WriteError, match=told):
            write_document(before, planned(before, {"layers/dense/vars/0": weight}, format), tmp_path / out)
    assert [path.name for path in tmp_path.iterdir()] == ["a.h5"]


def test_a_recipe_that_is_too_long_is_refused(tmp_path: Path) -> None:
    before = open_document(h5_file(tmp_path / "a.h5"))
    kernel = next(iter(before.weights.values())).numbers
    for _ in range(65):
        kernel = flip(kernel, [0])
    with pytest.raises(WriteError, match="more than 10,000 steps, or 64 on top of each other"):
        write_document(before, planned(before, {"layers/dense/vars/0": Weight.made(kernel)}), tmp_path / "b.keras")


def make(recipe: Recipe, source: Path, out: Path) -> None:
    """Make one array, past the comparison of the plan with what was read."""
    making = Making((), (("made", to_json(recipe)),), {}, {}, False)
    make_hdf5(making, [Place(source, 0, source.stat().st_size)], out)


def test_an_array_that_is_not_what_the_recipe_takes_it_for_is_refused(tmp_path: Path) -> None:
    source = h5_file(tmp_path / "a.h5")
    path = "model_weights/dense/dense/kernel:0"
    for taken, told in (
        (take(path, (2, 3), "float32"), r"is float32\[3, 2\], not float32\[2, 3\]"),
        (take(path, (3, 2), "int32"), r"is float32\[3, 2\], not int32"),
        (take("model_weights/none", (3,), "float32"), "there is no array"),
        (take("model_weights/dense", (3,), "float32"), "is no array"),
    ):
        with pytest.raises(WriteError, match=told):
            make(transpose(taken), source, tmp_path / "b.h5")
        (tmp_path / "b.h5").unlink()


def test_numbers_of_other_files_are_not_fetched(tmp_path: Path) -> None:
    secret = h5_file(tmp_path / "other.h5")
    source = h5_file(tmp_path / "a.h5")
    with h5py.File(source, "r+") as file:
        file["link"] = h5py.ExternalLink(str(secret), "/model_weights/dense/dense/kernel:0")
        file["soft"] = h5py.SoftLink("/model_weights/dense/dense/kernel:0")
        file.create_dataset("outside", (3, 2), "float32", external=[(str(secret), 0, 24)])
        layout = h5py.VirtualLayout((3, 2), "float32")
        layout[:] = h5py.VirtualSource(str(secret), "model_weights/dense/dense/kernel:0", (3, 2))
        file.create_virtual_dataset("virtual", layout)
    before = open_document(source)
    for path in ("link", "soft", "outside", "virtual"):
        stored = Weight((3, 2), "float32", path)
        held = before.replacing({**before.parts, "weights": {path: stored}})
        weight = stored if path in ("link", "virtual") else Weight.made(reshape(stored.numbers, (6,)))
        with pytest.raises(WriteError, match=r"is a link to elsewhere|stand in another file"):
            write_document(held, planned(before, {"layers/dense/vars/0": weight}), tmp_path / "b.keras")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.h5", "other.h5"]


def test_damaged_weights_are_not_carried_over(tmp_path: Path) -> None:
    data = bytearray(zip_bytes(keras_members()))
    data[data.index(KERNEL.tobytes())] ^= 1
    (tmp_path / "a.keras").write_bytes(data)
    before = open_document(tmp_path / "a.keras")
    with pytest.raises(WriteError, match="does not fit its checksum"):
        write_document(before, planned(before, dict(before.weights), Format.H5_MODEL), tmp_path / "b.h5")


def test_a_plan_that_the_container_does_not_bear_out_is_not_written(tmp_path: Path) -> None:
    before = open_document(h5_file(tmp_path / "a.h5"))
    after = planned(before, {"layers/dense/vars/0": next(iter(before.weights.values()))})
    bare = after.replacing({name: part for name, part in after.parts.items() if name != "metadata"})
    with pytest.raises(WriteError, match=r"missing-part in file \(metadata\.json\)"):
        write_document(before, bare, tmp_path / "b.keras")
    with pytest.raises(WriteError, match=r"needs the extension \.keras"):
        write_document(before, after, tmp_path / "b.h5")
    with pytest.raises(WriteError, match="cannot write other content"):
        write_document(before, Document(Format.OTHER, {}, "", before.origin), tmp_path / "b.h5")
    assert [path.name for path in tmp_path.iterdir()] == ["a.h5"]


WITHOUT_ROOM = """
import resource, sys
from pathlib import Path
from kdoctor.archive import open_document
from kdoctor.archive.writing.write import write_document
from kdoctor.document import Document, Format
from kdoctor.errors import WriteError
source, out, limit = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
before = open_document(source)
keras = out.suffix == ".keras"
parts = {"config": before.config, "weights": before.weights, "file": before.file} | ({"metadata": {"keras_version": "3"}} if keras else {})
after = Document(Format.KERAS_ZIP if keras else Format.H5_MODEL, parts, "", before.origin)
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    write_document(before, after, out)
except WriteError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("make_file", "name", "out", "limit"),
    [
        (keras_file, "a.keras", "b.h5", 1000),
        (keras_file, "a.keras", "b.h5", 6000),
        (h5_file, "a.h5", "b.keras", 200),  # within config.json
        (h5_file, "a.h5", "b.keras", 3000),
        (h5_file, "a.h5", "b.keras", 5000),
    ],
)
def test_a_disk_that_fills_up_leaves_nothing_behind(
    tmp_path: Path, make_file: Callable[[Path], Path], name: str, out: str, limit: int
) -> None:
    source = make_file(tmp_path / name)
    original = source.read_bytes()
    command = [sys.executable, "-c", WITHOUT_ROOM, str(source), str(tmp_path / out), str(limit)]
    ended = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert ended.stdout == f"{tmp_path / out} would be larger than this system allows\n"
    assert source.read_bytes() == original
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_child_that_dies_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = open_document(h5_file(tmp_path / "a.h5"))
    monkeypatch.setattr(h5_container, "SECONDS", 0.0)
    with pytest.raises(WriteError, match="took too long"):
        write_document(before, planned(before, {"layers/dense/vars/0": next(iter(before.weights.values()))}), tmp_path / "b.keras")
    assert [path.name for path in tmp_path.iterdir()] == ["a.h5"]


def test_memory_does_not_grow_with_the_arrays_that_are_copied_or_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    size = 96 << 20
    source = h5_file(tmp_path / "a.h5")
    with h5py.File(source, "r+") as file:
        file["model_weights/dense/large"] = np.zeros((size // 8192, 2048), "float32")
    before = open_document(source)
    large = before.weights["model_weights/dense/large"]
    endings: list[Ending] = []

    def noted(*args: object, **bounds: object) -> Ending:
        endings.append(run_confined(*args, **bounds))  # type: ignore[arg-type]
        return endings[-1]

    monkeypatch.setattr(h5_container, "run_confined", noted)
    rearranged = reshape(transpose(large.numbers), (64, large.shape[0], 32))
    for number, recipe in enumerate((large.numbers, rearranged)):
        write_document(before, planned(before, {"layers/dense/vars/0": Weight.made(recipe)}), tmp_path / f"{number}.keras")
    assert len(endings) == 2
    assert all((ending.peak_memory_bytes or 0) < 120 << 20 for ending in endings)
