"""Writes the arrays of a file into another format, piece by piece, in a confined child process that reads the HDF5."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from kdoctor.archive.writing.container_change import opened_sources
from kdoctor.archive.writing.h5_container import run_hdf5
from kdoctor.document import Document, Origin
from kdoctor.errors import UsageError, WriteError


def export(document: Document, out: Path, progress: Callable[[int, int], None] | None = None) -> dict[str, str]:
    """Write every array under its path to a ``.safetensors`` or ``.npz`` file, which must not be there. Returns what was left out, path -> why:
    texts, and what else the format has no room for.

    Raises `UsageError` where it is, `WriteError` where the numbers cannot be read or written. Memory does not grow with the model.
    """
    if os.path.lexists(out):
        raise UsageError(f"--to {out}: it exists; kdoctor never overwrites a file")
    if not out.absolute().parent.is_dir():
        raise UsageError(f"--to {out}: there is no folder {out.parent}")
    if document.origin is None or not document.weights:
        raise WriteError("there are no weights to write: name a file that holds some")
    try:
        return _export(document, document.origin, out, progress)
    except OSError as error:
        raise WriteError(f"{out} could not be written: {error.strerror or error}") from error


def _export(document: Document, origin: Origin, out: Path, progress: Callable[[int, int], None] | None) -> dict[str, str]:
    total = sum(weight.bytes for weight in document.weights.values())
    watch = None if progress is None else lambda line: progress(min(int(line), total), total) if line.isdigit() else None
    with (
        tempfile.TemporaryDirectory(dir=out.absolute().parent, prefix=".kdoctor-") as folder,
        opened_sources(document, origin, Path(folder), {}) as (places, _),
    ):
        if not places:
            raise WriteError("the weights are not kept as HDF5, the one form that is written out")
        draft = Path(folder, "draft").absolute()
        asked = {
            "sources": [[str(place.path.absolute()), place.start, place.size] for place in places],
            "paths": list(document.weights),
            "file": str(draft),
            "kind": out.suffix.removeprefix("."),
        }
        answer = run_hdf5("export_arrays", json.dumps(asked).encode(), sum(place.size for place in places), "read", watch)
        os.link(draft, out) if hasattr(os, "link") else os.rename(draft, out)
    return dict(answer["left_out"])
