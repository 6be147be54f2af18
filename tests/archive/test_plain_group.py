"""Small groups of HDF5 that are alike are taken apart once; one that is odd is read link by link, whatever was read before it."""

from __future__ import annotations

from pathlib import Path

import h5py
import pytest

from kdoctor.archive.hdf5.plain_group import _names
from kdoctor.archive.hdf5.structure import read_hdf5
from kdoctor.limits import Limits


def test_groups_of_the_same_names_keep_their_own_arrays(tmp_path: Path) -> None:
    path = tmp_path / "alike.h5"
    with h5py.File(path, "w") as file:
        for layer in range(40):
            for name in ("0", "1", "kernel"):
                file[f"layers/dense_{layer}/vars/{name}"] = [float(layer)] * (layer + 1)
    with path.open("rb") as stream:
        found = read_hdf5(stream, path.stat().st_size, Limits())
    assert not found.faults
    shapes = {place: weight.shape for place, weight in found.weights.items()}
    assert shapes == {f"layers/dense_{layer}/vars/{name}": (layer + 1,) for layer in range(40) for name in ("0", "1", "kernel")}
    assert len({weight.start for weight in found.weights.values()}) == 120


@pytest.mark.parametrize(
    ("heap", "offsets", "expected"),
    [
        (b"\0\0\0\0\0\0\0\0bias\0\0\0\0kernel\0\0", (8, 16), ("bias", "kernel")),
        (b"\0\0\0\0\0\0\0\0bias\0\0\0\0kernel\0\0", (16, 8), None),  # HDF5 looks for them by their order
        (b"\0\0\0\0\0\0\0\0bias\0\0\0\0kernel\0\0", (8, 8), None),
        (b"\0\0\0\0\0\0\0\0a/b\0\0\0\0\0", (8,), None),
        (b"\0\0\0\0\0\0\0\0.\0\0\0\0\0\0\0", (8,), None),
        (b"\0\0\0\0\0\0\0\0", (0,), None),
        (b"", (), ()),
    ],
)
def test_names_that_hide_others_are_odd(heap: bytes, offsets: tuple[int, ...], expected: tuple[str, ...] | None) -> None:
    assert _names(heap, offsets) == expected
