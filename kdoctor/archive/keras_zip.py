"""Reads a ``.keras`` archive: its members as parts of a document, and everything that the archive does wrong."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Collection, Sequence
from typing import IO, BinaryIO, cast

from kdoctor.archive.compressed_file import unpacked
from kdoctor.archive.keras_parts import JSON_PARTS, Found, json_part, merged, missing, numpy_weights, shard_map, weights_part
from kdoctor.archive.reading import Reading
from kdoctor.archive.shards import shard_faults
from kdoctor.archive.zip.directory import Entry
from kdoctor.archive.zip.integrity import integrity_faults
from kdoctor.archive.zip.member import DEFLATED, STORED, Archive, MemberError
from kdoctor.archive.zip.names import NUMPY_WEIGHTS, SHARD_MAP, WEIGHTS, is_shard, misplaced_parts, naming_faults, plain, role_of
from kdoctor.document import Fault, Format, Json, Member
from kdoctor.faults import FaultKind
from kdoctor.limits import Limits

GZIP = b"\x1f\x8b\x08"


def read_keras_zip(archive: Archive, folder: str, cut: Collection[str] = (), around: Sequence[Fault] = ()) -> Reading:
    """The archive whose parts stand in ``folder``: "" for the root, else with a slash at its end.

    ``cut`` names members that are not whole, ``around`` are faults of the zip around the members.
    """
    moved = misplaced_parts([entry.name for entry in archive.entries], folder)
    roles = [role_of(folder + moved.get(entry.name, "") if entry.name in moved else entry.name, folder) for entry in archive.entries]
    faults = [*around, *naming_faults(archive.entries, folder), *integrity_faults(archive, roles, cut)]
    # of members of one name zipfile, and so Keras, reads the last
    entries = {plain(entry.name)[len(folder) :]: entry for entry in archive.entries if plain(entry.name).startswith(folder)}
    entries |= {moved[entry.name]: entry for entry in archive.entries if entry.name in moved}
    members = {ordinal: _member(entry, role) for ordinal, (entry, role) in enumerate(zip(archive.entries, roles, strict=True))}
    parts: dict[str, Json] = {"members": members}
    for name, part in JSON_PARTS.items():
        found, wrong = _json(archive, entries[name], part, cut) if name in entries else ({}, [missing(name)])
        parts.update(found)
        faults += wrong
    found, wrong = _weights(archive, entries, cut)
    parts.update(found)
    return Reading(Format.KERAS_ZIP, "zip", parts, (*faults, *wrong))


def _member(entry: Entry, role: str) -> Member:
    return Member(entry.name, role, entry.size, entry.packed, entry.method, entry.crc, entry.offset, entry.mode)


def _json(archive: Archive, entry: Entry, part: str, cut: Collection[str]) -> Found:
    if entry.name in cut or archive.over_limits(entry, part) is not None:
        return {}, []  # noted with the archive or its members, as is what cannot be read
    try:
        data = archive.read_what_is_there(entry)
    except MemberError:
        return {}, []
    if not data.startswith(GZIP):
        return json_part(data, part, archive.limits)
    with _unpacked(io.BytesIO(data), len(data), archive.limits, archive.limits.json_bytes) as inside:
        found, faults = json_part(inside.read(), part, archive.limits)
        return found, [_packed(entry, part, inside), *faults]


def _weights(archive: Archive, entries: dict[str, Entry], cut: Collection[str]) -> Found:
    """The weights of model.weights.h5, or of all its shards.

    Of a stored or deflated file that is not whole, what is there is read, to show what could be salvaged.
    """
    parts: dict[str, Json] = {}
    faults: list[Fault] = []
    if WEIGHTS not in entries and NUMPY_WEIGHTS not in entries:
        faults.append(missing(WEIGHTS))
    if NUMPY_WEIGHTS in entries:
        faults += numpy_weights(_numpy(archive, entries[NUMPY_WEIGHTS], cut), WEIGHTS in entries)
    for name, entry in entries.items():
        whole = entry.name not in cut
        readable = entry.method == STORED or (archive.over_limits(entry, "weights") is None and (whole or entry.method == DEFLATED))
        if readable and (name == WEIGHTS or is_shard(name)):
            found, wrong = _hdf5(archive, entry, archive.open if whole or entry.method == STORED else archive.open_beginning)
            merged(parts, found)
            faults += wrong
    if SHARD_MAP in entries:
        data = _shard_map(archive, entries[SHARD_MAP], cut)
        faults += [*shard_map(data, archive.limits), *shard_faults(data, entries.keys(), parts.get("weights", {}), archive.limits)]
    return parts, faults


def _shard_map(archive: Archive, entry: Entry, cut: Collection[str]) -> bytes:
    if entry.name in cut or entry.size > archive.limits.json_bytes or archive.over_limits(entry, "weights") is not None:
        return b"{}"
    try:
        return archive.read(entry)
    except MemberError:
        return b"{}"


def _numpy(archive: Archive, entry: Entry, cut: Collection[str]) -> list[Fault]:
    if entry.name in cut or archive.over_limits(entry, "weights") is not None:
        return []
    from kdoctor.archive.numpy_weights import numpy_faults  # seldom met

    try:
        with archive.open(entry) as stream:
            return [*numpy_faults(cast(BinaryIO, stream), stream.seek(0, os.SEEK_END), archive.limits)]
    except MemberError:
        return []


def _hdf5(archive: Archive, entry: Entry, opened: Callable[[Entry], IO[bytes]]) -> Found:
    try:
        with opened(entry) as stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(0)
            if stream.read(len(GZIP)) != GZIP:
                return weights_part(stream, size, archive.limits)
            with _unpacked(cast(BinaryIO, stream), size, archive.limits, archive.limits.spool_bytes) as inside:
                found, faults = weights_part(inside, inside.seek(0, os.SEEK_END), archive.limits)
                return found, [_packed(entry, "weights", inside), *faults]
    except MemberError:
        return {}, []


def _unpacked(stream: BinaryIO, size: int, limits: Limits, allowed: int) -> IO[bytes]:
    """What a member that is packed with gzip holds; nothing where that cannot be unpacked."""
    return unpacked(stream, size, limits, allowed) or io.BytesIO()


def _packed(entry: Entry, part: str, inside: IO[bytes]) -> Fault:
    """Nothing comes out of a gzip that is damaged or too large."""
    size = inside.seek(0, os.SEEK_END)
    if not size:
        return Fault(FaultKind.UNREADABLE_MEMBER.value, part, {"name": entry.name, "why": "a gzip that breaks off, or is too large"})
    return Fault(FaultKind.PACKED_PART.value, part, {"name": entry.name, "size": size})
