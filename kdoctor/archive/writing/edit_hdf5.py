"""Edits a private copy of an HDF5 file, in a process of its own: ``python -m kdoctor.archive.writing.edit_hdf5``.

The job is `kdoctor.archive.writing.hdf5_job.Job.request`. Arrays that only move are neither read nor written; links are never followed.
"""

from __future__ import annotations

import os
from typing import Any

from kdoctor.archive.writing.hdf5_attributes import as_bytes, store, store_all
from kdoctor.archive.writing.hdf5_child import answer, opened, regular, stored_array
from kdoctor.document import Json

WAITING = "/__kdoctor__"  # links stand here between their old and their new name, so that two can be exchanged
WASTE_BYTES = 1 << 12  # of room that nothing stands in any more
WASTE = 0.1  # of the file


def main() -> None:
    """The child process."""
    answer(_run)


def _run(job: dict[str, Json]) -> None:
    with opened(job["file"], writable=True) as file:
        _make(file, job["made"])
        _move(file, job)
        for path, twin in job["twins"]:
            regular(file, twin.rpartition("/")[0])
            file[f"/{twin}"] = file[f"/{path}"]
        for name, text in job["texts"].items():
            store(file, name, None if text is None else text.encode())
        for group, values in job["attributes"].items():
            if regular(file, group) or any(value is not None for value in values.values()):
                store_all(file.require_group(group), as_bytes(values) if job["legacy"] else values)
        for group in job["groups"]:
            regular(file, group)
            file.require_group(group)
        _prune(file, job["prune"], set(job["keep"]))
        wasteful = _wasteful(file)
    if wasteful:
        _rewrite(job["file"])


def _make(file: Any, made: list[tuple[str, Json]]) -> None:
    """New arrays, from the old ones as they stand; they wait until those have made room."""
    if not made:
        return
    from kdoctor.archive.writing.made_array import make_array
    from kdoctor.recipe_json import from_json

    def find(path: str) -> Any:
        found = stored_array(file, path)
        if found is None:
            raise ValueError(f"there is no array /{path}")
        return found

    for number, (_, recipe) in enumerate(made):
        make_array(file, f"{WAITING}/made/{number}", from_json(recipe), find)


def _move(file: Any, job: dict[str, Json]) -> None:
    for number, (old, _) in enumerate(job["moves"]):
        regular(file, old)
        file.move(f"/{old}", f"{WAITING}/{number}")
    for path in job["removes"]:
        regular(file, path.rpartition("/")[0])
        del file[f"/{path}"]
    arriving = [(f"{number}", new) for number, (_, new) in enumerate(job["moves"])]
    arriving += [(f"made/{number}", path) for number, (path, _) in enumerate(job["made"])]
    for waiting, new in arriving:
        regular(file, new.rpartition("/")[0])
        file.move(f"{WAITING}/{waiting}", f"/{new}")
    if arriving:
        del file[WAITING]


def _prune(file: Any, groups: list[str], keep: set[str]) -> None:
    import h5py

    for group in groups:
        path = group
        while path.strip("/") and path not in keep and regular(file, path):
            if not isinstance(file[path], h5py.Group) or len(file[path]):
                break
            del file[path]
            path = path.rpartition("/")[0]


def _wasteful(file: Any) -> bool:
    """Whether much of the file is room of arrays that are gone: HDF5 does not give it back."""
    waste: int = file.id.get_freespace()
    return waste > WASTE_BYTES and waste > WASTE * file.id.get_filesize()


def _rewrite(path: str) -> None:
    """The same content in a file without holes."""
    import h5py

    new = f"{path}.whole"
    with h5py.File(path, "r") as source, h5py.File(new, "w") as target:
        for name in source:
            if source.get(name, getlink=True).__class__ is h5py.HardLink:
                source.copy(source[name], target, name)
            else:
                target[name] = source.get(name, getlink=True)
        _copy_attributes(source, target)
    os.replace(new, path)


def _copy_attributes(source: Any, target: Any) -> None:
    """Attributes with their very types."""
    import h5py
    import numpy

    for name in source.attrs:
        old = h5py.h5a.open(source.id, name.encode())
        new = h5py.h5a.create(target.id, name.encode(), old.get_type(), old.get_space())
        value = numpy.empty(old.shape, old.dtype)
        if value.size:
            old.read(value)
            new.write(value)


if __name__ == "__main__":
    main()
