"""Makes an HDF5 file from arrays of others, in a process of its own: ``python -m kdoctor.archive.writing.make_hdf5``.

The job is `kdoctor.archive.writing.hdf5_making.Making.request`. Arrays that stay as they are are copied byte by byte:
large ones by the system, others by HDF5 itself, packing and all.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from kdoctor.archive.writing.bulk_copy import Place, Sums, copy_bulk, summing
from kdoctor.archive.writing.hdf5_attributes import as_bytes, store, store_all
from kdoctor.archive.writing.hdf5_child import Slice, answer, opened, stored_array
from kdoctor.document import Json

REFUSALS = (OSError, ValueError, KeyError, TypeError, RuntimeError)  # what h5py raises of a source that is broken


def main() -> None:
    """The child process."""
    answer(_run)


def _run(job: dict[str, Json]) -> dict[str, Json]:
    """``sums``: place, length and CRC-32 of what was summed up while it was copied, for content that becomes a member of a zip."""
    out = Place(job["file"], job["start"], 0)
    with contextlib.ExitStack() as stack:
        sums = stack.enter_context(summing()) if out.start else None
        sources = [(_opened(stack, place, lenient=bool(job["raw"])), Place(*place)) for place in reversed(job["sources"])]
        with _target(out.path, out.start) as target:
            _fill(target, out, sources, job, sums)
        return {"sums": sums.done() if sums else []}


def _fill(target: Any, out: Place, sources: list[tuple[Any, Place]], job: dict[str, Json], sums: Sums | None) -> None:
    arrays = _Arrays(sources, job["raw"])
    for group in job["attributes"]:
        target.require_group(group)
    for path, name in job["copies"]:
        try:
            found, place = arrays.stored(name)
            if not copy_bulk(found, path, place, target, out, sums):
                found.file.copy(found, target, path)
        except REFUSALS:
            if name not in arrays.raw:
                raise
            if path in target:
                del target[path]
            target.create_dataset(path, data=arrays.by_bytes(name))
    _make(target, job["made"], arrays.find)
    for group, values in job["attributes"].items():
        store_all(target[group], as_bytes(values) if job["legacy"] else values)
    for name, text in job["texts"].items():
        store(target, name, text.encode())


class _Arrays:
    """Those of the sources: a later one hides what an earlier one holds under the same path."""

    def __init__(self, sources: list[tuple[Any, Place]], raw: dict[str, Json]) -> None:
        self.sources, self.raw = sources, raw

    def stored(self, path: str) -> tuple[Any, Place]:
        opened = (each for each in self.sources if each[0] is not None)
        found = next(((array, place) for source, place in opened if (array := stored_array(source, path)) is not None), None)
        if found is None:
            raise ValueError(f"there is no array /{path}")
        return found

    def by_bytes(self, path: str) -> Any:
        from kdoctor.archive.writing.raw_array import raw_array

        return raw_array(self.sources[0][1], self.raw[path])

    def find(self, path: str) -> Any:
        """One that numbers are made of, which are read bit by bit: of a damaged source as kdoctor read it, since libhdf5 may refuse any of them."""
        from kdoctor.archive.writing.raw_array import Copied

        return Copied(self.by_bytes(path)) if path in self.raw else self.stored(path)[0]


def _make(target: Any, made: list[tuple[str, Json]], find: Any) -> None:
    if not made:
        return
    from kdoctor.archive.writing.made_array import make_array
    from kdoctor.recipe_json import from_json

    for path, recipe in made:
        make_array(target, path, from_json(recipe), find)


def _opened(stack: contextlib.ExitStack, place: list[Json], *, lenient: bool) -> Any:
    """The source, or None for one that libhdf5 does not open, of which the arrays are known by their bytes."""
    try:
        return stack.enter_context(source(*place))
    except REFUSALS:
        if not lenient:
            raise
        return None


@contextlib.contextmanager
def source(path: str, start: int, size: int) -> Iterator[Any]:
    """An HDF5 file, or one that stands within another file."""
    if not start:
        with opened(path) as file:
            yield file
        return
    with Slice(path, start, size=size) as piece, opened(piece) as file:
        yield file


@contextlib.contextmanager
def _target(path: str, start: int) -> Iterator[Any]:
    """A new HDF5 file, or one from a byte of a file on that is there."""
    import h5py

    if not start:
        with h5py.File(path, "x") as file:
            yield file
        return
    with Slice(path, start) as piece:
        try:
            with h5py.File(piece, "w") as file:
                yield file
        except (OSError, RuntimeError, ValueError) as error:
            raise piece.refused or error from None
        if piece.refused:
            raise piece.refused


if __name__ == "__main__":
    main()
