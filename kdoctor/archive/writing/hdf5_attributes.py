"""Stores attributes of HDF5 groups as Keras stores them: long lists of names in pieces. For the processes that write HDF5."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from kdoctor.document import Json

HEADER_BYTES = 64512  # what one attribute may hold: keras/src/legacy/saving/legacy_h5_format.py, HDF5_OBJECT_HEADER_LIMIT
CHUNKED = re.compile(r"(weight_names|layer_names|model_config|training_config)\Z")


def store_all(owner: Any, values: dict[str, Json]) -> None:
    """Store attributes of an open group; None removes one."""
    for name, value in values.items():
        store(owner, name, value)


def as_bytes(values: dict[str, Json]) -> dict[str, Json]:
    """Texts as Keras stores them in a legacy file: before Keras 2.4 nothing else is understood."""
    return {name: value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value for name, value in values.items()}


def store(owner: Any, name: str, value: Any) -> None:
    """Store one attribute; the pieces of one that was stored in several go with it."""
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
