"""Writes arrays as safetensors or npz, in a process of its own: ``python -m kdoctor.archive.writing.export_arrays``.

The library safetensors takes all tensors at once, in memory; its format (an eight-byte length, a JSON header, the bytes) is written here
as it says, so that a model of any size passes through one buffer: https://github.com/huggingface/safetensors#format
"""

from __future__ import annotations

import contextlib
import json
import math
import zipfile
from collections.abc import Callable, Iterator
from typing import IO, Any

import numpy

from kdoctor.archive.writing.hdf5_child import answer, stored_array
from kdoctor.archive.writing.make_hdf5 import source
from kdoctor.archive.writing.measure_numbers import Progress, is_brain_float, pieces
from kdoctor.document import Json

# numpy's kind and size in bytes -> the word of safetensors
WORDS = {
    "f8": "F64", "f4": "F32", "f2": "F16", "i8": "I64", "i4": "I32", "i2": "I16", "i1": "I8",
    "u8": "U64", "u4": "U32", "u2": "U16", "u1": "U8", "b1": "BOOL",
}  # fmt: skip
METADATA = "__metadata__"
ALIGNED = 8
Arrays = list[tuple[str, Any]]


def main() -> None:
    """The child process."""
    answer(_run)


def _run(job: dict[str, Json]) -> dict[str, Json]:
    """What was left out, by path, and why."""
    progress = Progress()
    with contextlib.ExitStack() as stack:
        sources = [stack.enter_context(source(*place)) for place in reversed(job["sources"])]
        found = ((path, next((array for one in sources if (array := stored_array(one, path)) is not None), None)) for path in job["paths"])
        rows = [(path, array, _reason(path, array, job["kind"])) for path, array in found]
        with open(job["file"], "xb") as target:
            WRITERS[job["kind"]](target, [(path, array) for path, array, why in rows if why is None], progress)
    return {"left_out": {path: why for path, _, why in rows if why is not None}}


def _reason(path: str, array: Any, kind: str) -> str | None:
    """Why an array is left out; None where it is written."""
    if array is None or array.shape is None:
        return "there is nothing in it"
    if kind == "npz" and any(step in ("", ".", "..") or ":" in step for step in path.replace("\\", "/").split("/")):
        return "a file of this name would lead out of the archive"
    if kind == "safetensors" and path == METADATA:
        return "safetensors keeps this name for itself"
    written = is_brain_float(array) or f"{array.dtype.kind}{array.dtype.itemsize}" in WORDS
    return None if written else "the format has no such numbers"


def _safetensors(target: IO[bytes], arrays: Arrays, progress: Progress) -> None:
    header: dict[str, Json] = {}
    end = 0
    for path, array in arrays:
        start, end = end, end + math.prod(array.shape) * array.dtype.itemsize
        word = "BF16" if is_brain_float(array) else WORDS[f"{array.dtype.kind}{array.dtype.itemsize}"]
        header[path] = {"dtype": word, "shape": list(array.shape), "data_offsets": [start, end]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % ALIGNED)
    target.write(len(text).to_bytes(8, "little") + text)
    for _, array in arrays:
        for piece in _little(array):
            target.write(piece.data)
            progress.add(piece.nbytes)


def _npz(target: IO[bytes], arrays: Arrays, progress: Progress) -> None:
    """numpy has no bfloat16: such numbers become float32, which holds them exactly."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for path, array in arrays:
            brain = is_brain_float(array)
            kind = numpy.dtype("<f4") if brain else array.dtype.newbyteorder("<")
            with archive.open(f"{path}.npy", "w", force_zip64=True) as member:
                told = {"descr": numpy.lib.format.dtype_to_descr(kind), "fortran_order": False, "shape": tuple(array.shape)}
                numpy.lib.format.write_array_header_2_0(member, told)
                for piece in _little(array):
                    wide = (piece.view("<u2").astype("<u4") << 16).view("<f4") if brain else piece
                    member.write(wide.data)
                    progress.add(piece.nbytes)


def _little(array: Any) -> Iterator[Any]:
    """The numbers in C order, the least significant byte first, in pieces of one axis."""
    for piece in pieces(array):
        flat = piece.reshape(-1)
        yield flat if flat.dtype.byteorder != ">" else flat.astype(flat.dtype.newbyteorder("<"))


WRITERS: dict[str, Callable[[IO[bytes], Arrays, Progress], None]] = {"safetensors": _safetensors, "npz": _npz}


if __name__ == "__main__":
    main()
