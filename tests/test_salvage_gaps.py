"""Of an .h5 file from which bytes are missing in the middle no array behind the gap is called whole, and a missing end is no gap."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from test_salvage import LEGACY, SAMPLES, arrays, layers_only, partial

from kdoctor.archive.hdf5.structure import read_hdf5
from kdoctor.faults import FaultKind
from kdoctor.limits import Limits

KERAS_2 = SAMPLES / "healthy" / "not_compiled__keras_2.h5"


@pytest.mark.parametrize("whole", [LEGACY, KERAS_2], ids=lambda path: path.name)
@pytest.mark.parametrize("count", [1, 4, 8, 64])
def test_of_an_h5_from_which_bytes_were_cut_out_no_array_behind_the_gap_is_called_whole(whole: Path, count: int, tmp_path: Path) -> None:
    """The last of the arrays before the gap is told to stand where its numbers stood, and they are others."""
    data, right = whole.read_bytes(), layers_only(arrays(whole))
    numbers = max((array.tobytes() for array in right.values()), key=len)
    gap = data.index(numbers) - count
    (tmp_path / "cut.h5").write_bytes(data[:gap] + data[gap + count :])
    answer = partial(tmp_path / "cut.h5", tmp_path / "out.h5")
    if answer["written"]:
        held, lost = layers_only(arrays(tmp_path / "out.h5")), {one["path"] for one in answer["lost"]}
        wrong = {path for path, array in held.items() if not np.array_equal(array, right[path])}
        assert wrong
        assert wrong <= lost


@pytest.mark.parametrize("whole", [LEGACY, KERAS_2], ids=lambda path: path.name)
def test_an_h5_whose_end_is_missing_lacks_nothing_in_its_middle(whole: Path) -> None:
    data = whole.read_bytes()
    for length in range(96, len(data), 23):
        (cut,) = (fault for fault in read_hdf5(io.BytesIO(data[:length]), length, Limits()).faults if fault.kind == FaultKind.TRUNCATED)
        assert "within" not in cut.detail, length
