"""A `.keras` archive written anew: what the plan leaves alone is copied as it is packed, byte for byte."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from kdoctor.archive.writing.brought import brought_assets
from kdoctor.archive.writing.h5_container import Cut, cut_of, edit_hdf5, pieces
from kdoctor.archive.writing.hdf5_job import JSON_FAULTS, Job, hdf5_job, lost_faults
from kdoctor.archive.writing.planned_names import planned_names
from kdoctor.archive.writing.system_copy import copy_and_sum, on_disk
from kdoctor.archive.writing.unwrapped import decompressed
from kdoctor.archive.zip.directory import ENCRYPTED, decoded_name
from kdoctor.archive.zip.member import DEFLATED, STORED
from kdoctor.archive.zip.names import CONFIG, METADATA, WEIGHTS, plain
from kdoctor.archive.zip.output import ZipOutput, packed_bytes, plain_bytes, verified
from kdoctor.archive.zip.record import Marks, Record, read_marks, read_record
from kdoctor.document import ABSENT, Document, Json, Member
from kdoctor.edit import same
from kdoctor.errors import WriteError
from kdoctor.faults import FaultKind

FILES = {"metadata": METADATA, "config": CONFIG}  # in the order in which Keras writes them
GZIP = b"\x1f\x8b\x08"
DAMAGED = (FaultKind.CRC_MISMATCH, FaultKind.UNREADABLE_MEMBER)


@dataclass(frozen=True, slots=True)
class ZipSource:
    """The archive that is copied from; ``marks`` by the offset of the local header, ``folder`` is room for work files."""

    stream: BinaryIO
    marks: dict[int, Marks]
    folder: Path

    def locate(self, member: Member) -> tuple[Record, int]:
        """The member's own headers, with sizes and checksum as the directory states them, and where its data begins."""
        found = read_record(self.stream, member.offset)
        if found is None:
            raise WriteError(f"{member.name!r} is not where the archive says")
        record, start = found
        marks = self.marks.get(member.offset, Marks(external=(member.mode or 0o600) << 16))
        sizes = {"crc": member.crc, "packed": member.packed, "size": member.size, "method": member.method}
        return replace(record, marks=marks, **sizes), start  # type: ignore[arg-type]

    def content(self, member: Member) -> Iterator[bytes]:
        """What the member unpacks to, checked."""
        record, start = self.locate(member)
        packed = packed_bytes(self.stream, start, member.packed, member.name)
        return verified(plain_bytes(packed, record.method, member.name), member.size, member.crc, member.name)

    def hdf5(self, member: Member) -> Iterator[bytes]:
        """The HDF5 content of a member, which somebody may have packed with gzip before it was put into the archive."""
        content = self.content(member)
        first = next(content, b"")
        whole = chain([first], content)
        return decompressed(whole, "gzip") if first.startswith(GZIP) else whole


def write_zip(before: Document, after: Document, stream: BinaryIO, size: int, out: Path, folder: Path) -> None:
    """Write the planned archive to ``out``, which does not exist yet. ``stream``: the archive itself, unwrapped, of ``size`` bytes.

    Raises `WriteError` when a member cannot be copied whole, or the plan asks for something that the archive cannot hold.
    """
    source = ZipSource(stream, read_marks(stream, size), folder)
    names = planned_names(before, after)
    texts = planned_texts(before, after)
    job, cut = hdf5_job(before, after, texts=False), cut_of(before, after, "weights")
    holders = _holders(before, names)
    packed = FaultKind.PACKED_PART in lost_faults(before, after, "weights")
    weights = holders.get("weights") if job or cut or packed else None
    if (job or cut) and weights is None:
        raise WriteError(f"cannot change weights or attributes: the archive has no {WEIGHTS}")
    with open(out, "xb") as target:
        output = ZipOutput(target)
        _add_missing(output, texts, holders)
        for key, name in names.items():
            member = before.members[key]
            role = member.role if holders.get(member.role) == key else ""
            if role in texts:
                _add_text(output, source, member, name, texts[role])
            elif key == weights:
                _add_weights(output, source, member, name, job, cut, after, packed)
            else:
                _copy(output, source, member, name, before, after)
        for asset in brought_assets(after):
            output.add_plain(Record(b"").named(asset.name), asset.content, asset.size)
        output.finish()


def planned_texts(before: Document, after: Document) -> dict[str, str | None]:
    """Part -> the text of its JSON file, for those that have to be written anew; None for one that goes."""
    texts: dict[str, str | None] = {}
    for part, kinds in (("metadata", ("metadata",)), ("config", ("config", "training"))):
        changed = any(not same(before.parts.get(kind, ABSENT), after.parts.get(kind, ABSENT)) for kind in kinds)
        cured = part in after.parts and any(lost_faults(before, after, kind) & {*JSON_FAULTS, FaultKind.PACKED_PART} for kind in kinds)
        if changed or cured:
            texts[part] = text_of(part, after)
    return texts


def text_of(part: str, after: Document) -> str | None:
    """The text of config.json (``config``) or metadata.json (``metadata``) as planned; None where the plan has no such part."""
    root: Json = after.parts.get(part, ABSENT)
    if part == "config" and after.training is not ABSENT:
        if not isinstance(root, dict):
            raise WriteError("cannot write a training state without a model beside it")
        root = {**root, "compile_config": after.training}
    return None if root is ABSENT else json.dumps(root)


def _holders(before: Document, names: dict[int, str]) -> dict[str, int]:
    """Role -> ordinal of the member that Keras reads for it: of several the last."""
    found = {before.members[key].role: key for key in names if before.members[key].role in FILES}
    for key, name in names.items():
        if before.members[key].role == "weights" and plain(name).rpartition("/")[2] == WEIGHTS:
            found["weights"] = key
    return found


def _add_missing(output: ZipOutput, texts: dict[str, str | None], holders: dict[str, int]) -> None:
    for part, file in FILES.items():
        text = texts.get(part)
        if text is not None and part not in holders:
            data = text.encode()
            output.add_plain(Record(file.encode()), [data], len(data))


def _add_text(output: ZipOutput, source: ZipSource, member: Member, name: str, text: str | None) -> None:
    if text is None:
        return
    data = text.encode()
    record, _ = source.locate(member)
    output.add_plain(_under(record, member, name), [data], len(data))


def _add_weights(
    output: ZipOutput, source: ZipSource, member: Member, name: str, job: Job, cut: Cut | None, after: Document, packed: bool
) -> None:
    """The HDF5 member, edited on a copy of its own."""
    copy = source.folder / WEIGHTS
    content, size = source.content(member), member.size
    if packed:
        content, size = source.hdf5(member), sys.maxsize  # what stands behind the content in a gzip is left where it is
    with open(copy, "xb") as file:
        for chunk in (cut or Cut()).applied(content, size):
            file.write(chunk)
    edit_hdf5(copy, job, after)
    record, _ = source.locate(member)
    with open(copy, "rb") as file:
        output.add_plain(_under(record, member, name), pieces(file), copy.stat().st_size)
    copy.unlink()


def _copy(output: ZipOutput, source: ZipSource, member: Member, name: str, before: Document, after: Document) -> None:
    record, start = source.locate(member)
    record = _under(record, member, name)
    packed = packed_bytes(source.stream, start, member.packed, member.name)
    damaged = any(fault.kind in DAMAGED and fault.detail.get("name") == member.name for fault in after.faults.values())
    if damaged or record.flags & ENCRYPTED or record.method not in (STORED, DEFLATED):
        output.add_packed(record, packed)  # the plan says so, or nobody can look inside
    elif record.method == STORED and record.packed == record.size and on_disk(source.stream, record.size):
        output.add_moved(record, lambda out, place: _moved(source, start, record, member.name, out, place))
    else:
        output.add_packed(record, _checked(packed, record, member.name))


def _moved(source: ZipSource, start: int, record: Record, name: str, out: Path, place: int) -> None:
    """A stored member by the system itself, checked as one that is read."""
    if copy_and_sum(source.stream, start, record.size, out, place) != record.crc:
        raise WriteError(f"the content of {name!r} does not fit its checksum: it was damaged after it was saved")


def _checked(packed: Iterable[bytes], record: Record, name: str) -> Iterator[bytes]:
    """The packed bytes themselves; what they unpack to is checked on the way."""
    passed: list[bytes] = []

    def noted() -> Iterator[bytes]:
        for chunk in packed:
            passed.append(chunk)
            yield chunk

    for _ in verified(plain_bytes(noted(), record.method, name), record.size, record.crc, name):
        yield from passed
        passed.clear()
    yield from passed


def _under(record: Record, member: Member, name: str) -> Record:
    """Headers with the planned name; the bytes of the name stay where it does."""
    unchanged = name == member.name and decoded_name(record.name, record.flags) == name
    return record if unchanged else record.named(name)
