"""Edits a private copy of an HDF5 file, in a process of its own: ``python -m kdoctor.archive.writing.edit_hdf5``.

libhdf5 may crash, hang or ask for gigabytes on a hostile file, so it never opens one in the process that the user runs. The job
(`kdoctor.archive.writing.hdf5_job.Job.request`) comes as JSON on standard input; the answer, ``{"error": null}`` or what went wrong, goes to
standard output. Arrays are neither read nor written, links are never followed.
"""

from __future__ import annotations

import contextlib
import json
import re
import sys
from collections.abc import Iterator
from typing import Any

from kdoctor.document import Json

ADDRESS_BYTES = 4 << 30
HEADER_BYTES = 64512  # what one attribute may hold: keras/src/legacy/saving/legacy_h5_format.py, HDF5_OBJECT_HEADER_LIMIT
CHUNKED = re.compile(r"(weight_names|layer_names|model_config|training_config)\Z")
WAITING = "/__kdoctor__"  # links stand here between their old and their new name, so that two can be exchanged


def main() -> None:
    """The child process."""
    with contextlib.suppress(ImportError, ValueError, OSError):  # not on Windows; macOS refuses some limits
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_BYTES, resource.getrlimit(resource.RLIMIT_AS)[1]))
    try:
        _run(json.load(sys.stdin.buffer))
        answer: dict[str, Json] = {"error": None}
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, MemoryError, OverflowError) as error:  # all that h5py raises
        answer = _explained(error)
    json.dump(answer, sys.stdout)


def _explained(error: Exception) -> dict[str, Json]:
    """One line, and the number of what the system refused: h5py has it as an attribute or, when flushing, only in its text."""
    text = str(error) or type(error).__name__
    told = re.search(r"errno = (\d+)", text)
    return {"error": text.splitlines()[0], "errno": getattr(error, "errno", None) or (int(told[1]) if told else None)}


def _run(job: dict[str, Json]) -> None:
    import h5py

    with h5py.File(job["file"], "r+") as file:
        for number, (old, _) in enumerate(job["moves"]):
            _regular(file, old)
            file.move(f"/{old}", f"{WAITING}/{number}")
        for path in job["removes"]:
            _regular(file, path.rpartition("/")[0])
            del file[f"/{path}"]
        for number, (_, new) in enumerate(job["moves"]):
            _regular(file, new.rpartition("/")[0])
            file.move(f"{WAITING}/{number}", f"/{new}")
        if job["moves"]:
            del file[WAITING]
        for path, twin in job["twins"]:
            _regular(file, twin.rpartition("/")[0])
            file[f"/{twin}"] = file[f"/{path}"]
        for name, text in job["texts"].items():
            _store(file, name, None if text is None else text.encode())
        for group, values in job["attributes"].items():
            _store_all(file, group, values)
        _prune(file, job["prune"], set(job["keep"]))


def _store_all(file: Any, group: str, values: dict[str, Json]) -> None:
    if not _regular(file, group) and all(value is None for value in values.values()):
        return
    owner = file.require_group(group)
    for name, value in values.items():
        _store(owner, name, value)


def _store(owner: Any, name: str, value: Any) -> None:
    """Store an attribute as Keras does; the pieces of one that was stored in several go with it."""
    for stored in (name, *_pieces(owner, name)):
        if stored in owner.attrs:
            del owner.attrs[stored]
    if value is None:
        return
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        _store_names(owner, name, [item.encode("utf-8", "surrogateescape") for item in value])
    else:
        owner.attrs[name] = value


def _pieces(owner: Any, name: str) -> Iterator[str]:
    number = 0
    while CHUNKED.match(name) and f"{name}{number}" in owner.attrs:
        yield f"{name}{number}"
        number += 1


def _store_names(owner: Any, name: str, names: list[bytes]) -> None:
    """In as few equal pieces as fit, name0, name1 …: save_attributes_to_hdf5_group of Keras 2 and 3."""
    import numpy

    array = numpy.asarray(names)
    pieces = [array]
    while any(piece.nbytes > HEADER_BYTES for piece in pieces):
        if len(pieces) == len(names):
            raise ValueError(f"an entry of the attribute {name} is longer than the {HEADER_BYTES} bytes that HDF5 can hold")
        pieces = numpy.array_split(array, len(pieces) + 1)
    for number, piece in enumerate(pieces):
        owner.attrs[f"{name}{number}" if len(pieces) > 1 else name] = piece


def _prune(file: Any, groups: list[str], keep: set[str]) -> None:
    import h5py

    for group in groups:
        path = group
        while path.strip("/") and path not in keep and _regular(file, path):
            if not isinstance(file[path], h5py.Group) or len(file[path]):
                break
            del file[path]
            path = path.rpartition("/")[0]


def _regular(file: Any, path: str) -> bool:
    """Whether something stands at a path. Refuses one that leads through a soft or external link, which could end in another file."""
    import h5py

    place = ""
    for step in path.split("/"):
        if not step:
            continue
        place += f"/{step}"
        links = file.id.links
        if not links.exists(place.encode()):
            return False
        if links.get_info(place.encode()).type != h5py.h5l.TYPE_HARD:
            raise ValueError(f"{place} is a link to elsewhere")
    return True


if __name__ == "__main__":
    main()
