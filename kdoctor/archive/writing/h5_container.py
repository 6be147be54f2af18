"""HDF5 content written anew: a copy, cut where bytes do not belong, then edited by a child process if anything inside changes."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from kdoctor.archive.writing.hdf5_job import Job, hdf5_job
from kdoctor.archive.writing.system_copy import copy_by_system, on_disk
from kdoctor.confine import run_confined
from kdoctor.document import Document, Json
from kdoctor.errors import WriteError
from kdoctor.faults import FaultKind

SECONDS: Final = 300.0  # for each ``SIZE`` bytes
SIZE: Final = 1 << 30
RESIDENT_BYTES: Final = 1 << 30
CHUNK: Final = 1 << 20


class Hdf5Refused(WriteError):
    """libhdf5 did not do what it was asked for: a structure of the content may be broken, around which kdoctor's own reader finds its way."""


@dataclass(frozen=True, slots=True)
class Cut:
    """How many bytes go at the start and at the end."""

    head: int = 0
    tail: int = 0

    def applied(self, chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
        """The bytes that remain of ``size`` bytes."""
        first, last, position = self.head, size - self.tail, 0
        for chunk in chunks:
            part = chunk[max(0, first - position) : max(0, last - position)]
            position += len(chunk)
            if part:
                yield part


def write_h5(before: Document, after: Document, stream: BinaryIO, size: int, out: Path) -> None:
    """Write the planned HDF5 file to ``out``, which does not exist yet. ``stream``: the content itself, unwrapped, of ``size`` bytes.

    Raises `WriteError` where the plan asks for something that the file cannot hold.
    """
    job = hdf5_job(before, after, texts=True)
    cut = cut_of(before, after, "file") or Cut()
    with open(out, "xb") as target:
        if cut == Cut() and on_disk(stream, size):
            copy_by_system(stream, 0, size, out, 0)
        else:
            stream.seek(0)
            for chunk in cut.applied(pieces(stream), size):
                target.write(chunk)
    edit_hdf5(out, job, after)


def cut_of(before: Document, after: Document, part: str) -> Cut | None:
    """What the faults that the plan removes from the HDF5 content of a part take away; None for nothing.

    A cut file is never filled up, even where nothing seems lost: where the chunks of an array stand, reading does not find out.
    """
    removed = [before.faults[key] for key in before.faults if key not in after.faults and before.faults[key].part == part]
    counts = {fault.kind: fault.detail for fault in removed}
    wrapped = bool(
        before.origin and before.origin.wrapping
    )  # then bytes that do not belong stand around the wrapping, which goes as a whole
    head = 0 if wrapped else counts.get(FaultKind.LEADING_BYTES, {}).get("count") or 0
    tail = 0 if wrapped else counts.get(FaultKind.TRAILING_BYTES, {}).get("count") or 0
    if FaultKind.TRUNCATED in counts:
        raise WriteError("what is missing at the end of the file cannot be made up")
    cut = Cut(head, tail)
    return cut if cut != Cut() else None


def pieces(stream: BinaryIO) -> Iterator[bytes]:
    """The stream to its end, in pieces of bounded size."""
    while chunk := stream.read(CHUNK):
        yield chunk


def edit_hdf5(file: Path, job: Job, plan: Document) -> None:
    """Carry out a job on ``file``, in place, in a child process; nothing happens for an empty job. Raises as `run_hdf5` does."""
    if not job:
        return
    run_hdf5("edit_hdf5", job.request(str(file.absolute()), plan.attributes), file.stat().st_size)


def run_hdf5(
    module: str, request: bytes, size: int, purpose: str = "written", watch: Callable[[str], None] | None = None
) -> dict[str, Json]:
    """Let a module of this package do a job on HDF5 content of about ``size`` bytes, in a child process with bounds on time and memory.

    Returns its answer: what it found, beside ``error``. ``purpose`` is for messages: what the content is opened to be;
    ``watch`` hears the last line of what it says meanwhile.

    Raises `WriteError` when it fails or dies (`Hdf5Refused` for what libhdf5 says), and OSError for what the system refuses, such as a full disk.
    """
    command = [sys.executable, "-m", f"kdoctor.archive.writing.{module}"]
    seconds = SECONDS * max(1.0, size / SIZE)
    ending = run_confined(command, request=request, environment=_environment(), seconds=seconds, memory_bytes=RESIDENT_BYTES, watch=watch)
    try:
        answer: dict[str, Json] = json.loads(ending.answer)
    except ValueError:
        how = {"time": "took too long", "memory": "needed too much memory"}.get(ending.stopped_for or "", "died")
        raise WriteError(f"the HDF5 content could not be {purpose}: the process that does it {how}") from None
    if answer.get("errno"):
        raise OSError(answer["errno"], answer["error"])
    if answer["error"]:
        raise (Hdf5Refused if answer.get("broken") else WriteError)(f"the HDF5 content could not be {purpose}: {answer['error']}")
    return answer


def _environment() -> dict[str, str]:
    """This kdoctor for the child, which stands in an empty folder; no file locks, because the draft is ours alone.

    No bytecode is stored: up to Python 3.11, on a full disk, that leaves files which break every later import.
    """
    paths = [str(Path(__file__).resolve().parents[3]), os.environ.get("PYTHONPATH", "")]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "HDF5_USE_FILE_LOCKING": "FALSE",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
