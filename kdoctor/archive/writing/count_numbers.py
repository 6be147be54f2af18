"""Counts numbers that are none (NaN, infinity), in a process of its own: ``python -m kdoctor.archive.writing.count_numbers``.

The job names the HDF5 contents, as for `make_hdf5`, and the arrays to read; the answer has ``found``: path -> how many.
"""

from __future__ import annotations

import contextlib
from typing import Any

from kdoctor.archive.writing.boxes import slabs, whole
from kdoctor.archive.writing.hdf5_child import answer, stored_array
from kdoctor.archive.writing.make_hdf5 import source
from kdoctor.document import Json

SLAB_NUMBERS = 1 << 20


def main() -> None:
    """The child process."""
    answer(_run)


def _run(job: dict[str, Json]) -> dict[str, Json]:
    with contextlib.ExitStack() as stack:
        sources = [stack.enter_context(source(*place)) for place in reversed(job["sources"])]
        found = {}
        for path in job["paths"]:
            array = next((array for one in sources if (array := stored_array(one, path)) is not None), None)
            count = 0 if array is None else _count(array)
            if count:
                found[path] = count
    return {"found": found}


def _count(array: Any) -> int:
    import numpy

    if array.dtype.kind not in "fc":
        return 0
    boxes = slabs(whole(array.shape), SLAB_NUMBERS)
    return sum(int(numpy.count_nonzero(~numpy.isfinite(array[tuple(slice(*place) for place in box)]))) for box in boxes)


if __name__ == "__main__":
    main()
