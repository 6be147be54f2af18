"""A new HDF5 file, worked out from two documents: a value that a child process carries out.

See `kdoctor.archive.writing.make_hdf5`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

from kdoctor.archive.writing.h5_container import run_hdf5
from kdoctor.archive.writing.planned_arrays import planned_arrays
from kdoctor.archive.zip.checksums import Summed
from kdoctor.document import ABSENT, Document, Format, Json
from kdoctor.errors import WriteError

HDF5: Final = frozenset({Format.H5_MODEL, Format.H5_WEIGHTS})
Standing: TypeAlias = "tuple[int, tuple[int, ...], str]"  # where the numbers of an array begin, its shape and its dtype
TEXTS: Final = {"config": "model_config", "training": "training_config"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where HDF5 content stands: ``size`` bytes of a file, from byte ``start`` on."""

    path: Path
    start: int
    size: int


@dataclass(frozen=True, slots=True)
class Making:
    """``copies``: a path and that of the array in the original; ``made``: a path and the recipe (as JSON) for its array;

    ``attributes``: group -> name -> value, every group that is named stands there; ``texts``: attributes of the root that hold JSON text;
    ``legacy``: whether texts are stored as bytes, as in the files of Keras 1 and 2; ``raw``: path of an array in the original ->
    where its numbers begin in the content (bytes), its shape and its dtype, for what libhdf5 may not open.
    """

    copies: tuple[tuple[str, str], ...]
    made: tuple[tuple[str, Json], ...]
    attributes: Mapping[str, Mapping[str, Json]]
    texts: Mapping[str, str]
    legacy: bool
    raw: Mapping[str, Standing] = field(default_factory=dict)

    def request(self, sources: Iterable[Place], file: Path, start: int) -> bytes:
        """The making as the child process reads it."""
        places = [(str(place.path.absolute()), place.start, place.size) for place in sources]
        return json.dumps({**asdict(self), "sources": places, "file": str(file.absolute()), "start": start}).encode()


def hdf5_making(before: Document, after: Document, raw: Mapping[str, Standing] | None = None) -> Making:
    """The HDF5 content that the plan describes, in full: nothing that it does not name is taken over.

    ``raw``: arrays of a damaged original, as `Making.raw` has them.

    Raises `WriteError` where the plan asks for numbers that neither stand in the original nor are made from those that do, or has parts
    that the format cannot hold.
    """
    arrays = planned_arrays(before.weights, after.weights)
    texts = {name: json.dumps(after.parts[part]) for part, name in TEXTS.items() if after.parts.get(part, ABSENT) is not ABSENT}
    if after.format is Format.H5_WEIGHTS and texts:
        raise WriteError("a file of weights alone cannot hold a model")
    return Making(
        copies=tuple(arrays.copies.items()),
        made=tuple(arrays.made.items()),
        attributes={group: dict(values) for group, values in after.attributes.items()},
        texts=texts if after.format is Format.H5_MODEL else {},
        legacy=after.format is Format.H5_MODEL or "layer_names" in after.attributes.get("/", {}),
        raw=raw or {},
    )


def make_hdf5(making: Making, sources: Iterable[Place], file: Path, start: int = 0) -> list[Summed]:
    """Make the content at byte ``start`` of ``file``, up to its end; with ``start`` 0 the file must not exist, else it must.

    Returns checksums of parts of it, by their places in the file. Raises `WriteError` when it fails, and OSError for what the system
    refuses.
    """
    places = [*sources]
    answer = run_hdf5("make_hdf5", making.request(places, file, start), sum(place.size for place in places))
    return [Summed(start + place, count, checksum) for place, count, checksum in answer["sums"]]
