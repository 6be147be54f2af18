"""One pass over the bytes: every number once, none cut in two, and the checksum of all."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from kdoctor.archive.measuring.sweep import BLOCK, Placed, blocks, disjoint, sweep
from kdoctor.errors import WriteError

DICE = np.random.default_rng(0)
NOTHING: Callable[[int], None] = lambda done: None  # noqa: E731 (a value)


def laid_out(*arrays: tuple[int, Any]) -> tuple[bytes, list[Placed]]:
    """Content with arrays at these distances from each other, and where they stand."""
    data, placed = b"", []
    for distance, array in arrays:
        data += DICE.bytes(distance)
        placed.append(Placed(len(data), array.dtype.name, array.size))
        data += array.tobytes()
    return data + DICE.bytes(100), placed


SMALL = np.arange(6, dtype="f4")
LARGE = DICE.normal(size=BLOCK // 4 * 3 + 5).astype("f4")
WIDE = DICE.normal(size=BLOCK // 8 + 3)
FLAGS = np.array([True, False, True])


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize(
    "arrays",
    [
        [(0, SMALL)],
        [(8, LARGE), (0, WIDE), (200_000, SMALL)],
        [(3, LARGE), (1, FLAGS), (0, WIDE), (5, np.zeros(0, "f4")), (2, SMALL)],
        [(BLOCK + 1, FLAGS), (BLOCK * 2, LARGE)],
        [],
    ],
    ids=["one", "large", "unaligned", "apart", "none"],
)
def test_every_array_is_seen_whole_and_has_its_checksum(arrays: list[tuple[int, Any]], whole: bool) -> None:
    data, placed = laid_out(*arrays)
    swept = sweep(io.BytesIO(b"before" + data), 6, len(data), placed, whole=whole, told=NOTHING)
    for (_, array), numbers in zip(arrays, swept.numbers, strict=True):
        assert (numbers.count, numbers.checksum) == (array.size, zlib.crc32(array.tobytes()))
        if array.size:
            assert (numbers.least, numbers.most) == (array.min(), array.max())
            assert numbers.mean == pytest.approx(float(array.astype("f8").mean()), abs=1e-6)
    assert swept.checksum == (zlib.crc32(data) if whole else None)


def test_no_number_is_cut_in_two_and_no_byte_is_read_twice() -> None:
    data, placed = laid_out((3, LARGE), (1, FLAGS), (0, WIDE), (2, SMALL))
    found = [*blocks(placed, len(data), whole=True)]
    assert [block.start for block in found] == [0, *(block.end for block in found[:-1])]
    assert found[-1].end == len(data)
    assert all((part.start - placed[part.array].start) % placed[part.array].item == 0 for block in found for part in block.segments)


def test_what_lies_far_between_arrays_is_read_only_for_the_whole() -> None:
    placed = [Placed(0, "float32", 4), Placed(10 * BLOCK, "float32", 4)]
    assert sum(block.end - block.start for block in blocks(placed, 20 * BLOCK, whole=False)) == 32
    assert sum(block.end - block.start for block in blocks(placed, 20 * BLOCK, whole=True)) == 20 * BLOCK


def test_arrays_that_share_bytes_or_lead_out_of_the_file_are_none_for_one_pass() -> None:
    assert disjoint([Placed(0, "float32", 4), Placed(8, "float32", 4), Placed(16, "float32", 4), Placed(90, "int8", 11)], 100) == (
        True,
        False,
        True,
        False,
    )


def test_a_file_that_ends_while_it_is_read_is_refused() -> None:
    with pytest.raises(WriteError, match="ends before its last number"):
        sweep(io.BytesIO(bytes(100)), 0, 1000, [Placed(0, "float32", 200)], whole=False, told=NOTHING)
