"""A document written into another kind of container: the HDF5 content is made anew, the JSON parts as the plan has them, assets copied."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import partial
from itertools import chain
from pathlib import Path

from kdoctor.archive.shards import MAP, shard_files
from kdoctor.archive.snapshots import leads_elsewhere
from kdoctor.archive.writing.assets import folder_assets, zip_assets
from kdoctor.archive.writing.brought import Asset, brought_assets, write_assets
from kdoctor.archive.writing.draft import Draft
from kdoctor.archive.writing.hdf5_making import HDF5, Making, Place, Standing, hdf5_making, make_hdf5
from kdoctor.archive.writing.planned_names import planned_names
from kdoctor.archive.writing.unwrapped import unwrapped
from kdoctor.archive.writing.zip_container import FILES, ZipSource, text_of
from kdoctor.archive.zip.member import STORED
from kdoctor.archive.zip.names import NUMPY_WEIGHTS, SHARD_MAP, WEIGHTS, plain
from kdoctor.archive.zip.output import ZipOutput
from kdoctor.archive.zip.record import Record, read_marks
from kdoctor.document import Document, Format, Member, Origin
from kdoctor.dtypes import NUMBERS
from kdoctor.errors import WriteError
from kdoctor.faults import FaultKind
from kdoctor.limits import Limits

BRAIN = "bfloat16"  # which numpy has no name for


def write_changed(before: Document, after: Document, origin: Origin, draft: Draft, *, damaged: bool = False) -> None:
    """Write the planned document to the draft, in the container that its format names and the original's does not.

    ``damaged``: what survived of the numbers is taken from a copy of the original that is mended as far as it goes.

    Raises `WriteError` where the plan asks for something that the container cannot hold, or the original cannot give.
    """
    making = hdf5_making(before, after, dict(_standing(before)) if damaged and len(holders(before)) <= 1 else None)
    names = _asset_names(before, after)
    if names and after.format in HDF5:
        raise WriteError(f"a .h5 file cannot hold the assets of the model: {_few([*names.values()])}")
    sources = _damaged_sources if damaged else opened_sources
    try:
        with sources(before, origin, draft.folder, names) as (places, assets):
            _write(after, making, places, chain(assets, brought_assets(after)), draft.path)
    except WriteError as error:
        if damaged:
            raise WriteError(f"what survived of the file cannot be taken from it: {error}") from None
        raise


def _standing(before: Document) -> Iterator[tuple[str, Standing]]:
    """Arrays of which reading found out where their numbers stand."""
    ahead = in_front(before)
    for path, weight in before.weights.items():
        if (weight.start >= 0 or not weight.parameters) and weight.dtype in NUMBERS - {BRAIN}:
            yield path, (ahead + max(0, weight.start), weight.shape, weight.dtype)


def _write(after: Document, making: Making, places: list[Place], assets: Iterator[Asset], out: Path) -> None:
    if after.format in HDF5:
        make_hdf5(making, places, out)
    elif after.format is Format.KERAS_DIR:
        _write_folder(after, making, places, assets, out)
    else:
        _write_archive(after, making, places, assets, out)


def _asset_names(before: Document, after: Document) -> dict[int, str]:
    """Ordinal -> name of the assets that the plan keeps: those on its list, or all where it has none."""
    plan = after if "members" in after.parts else after.replacing({**after.parts, "members": before.members})
    names = planned_names(before, plan)
    return {key: name for key, name in names.items() if before.members[key].role == "asset" and not name.endswith("/")}


@contextlib.contextmanager
def opened_sources(before: Document, origin: Origin, folder: Path, names: dict[int, str]) -> Iterator[tuple[list[Place], Iterator[Asset]]]:
    """Where the HDF5 content of the original stands, and the assets. The checksum of a member of an archive has to fit."""
    if before.format is Format.KERAS_DIR:
        files = [origin.path / member.name for member in holders(before)]
        if any(map(leads_elsewhere, files)):
            raise WriteError(f"{origin.path} holds a link instead of its weights")
        yield [Place(file, 0, file.stat().st_size) for file in files], folder_assets(before, origin.path, names)
        return
    if before.file.get("content") == MAP:
        yield [Place(file, 0, file.stat().st_size) for file in shard_files(origin.path, Limits())], iter(())
        return
    with unwrapped(origin, folder, Limits()) as (stream, size):
        if before.format in HDF5 or before.file.get("content") == "hdf5":  # of any framework
            path = _spooled(folder / "source.h5", iter(partial(stream.read, 1 << 20), b"")) if origin.wrapping else origin.path
            ahead = in_front(before)
            yield [Place(path, ahead, size - ahead)], iter(())
        else:
            source = ZipSource(stream, read_marks(stream, size), folder)
            yield [_place(before, source, member, origin) for member in holders(before)], zip_assets(before, source, names)


def holders(before: Document) -> list[Member]:
    """The members that hold the weights, shards in their order: of equal names the last, which Keras reads."""
    found = {plain(member.name): member for member in before.members.values() if member.role == "weights"}
    return [found[name] for name in sorted(found) if name.rpartition("/")[2] not in (SHARD_MAP, NUMPY_WEIGHTS)]


def in_front(before: Document) -> int:
    """How many bytes stand before the HDF5 content, where it does not allow any; `Weight.start` leaves them out."""
    faults = (fault for _, fault in before.faults_of(FaultKind.LEADING_BYTES))
    return next((int(fault.detail["count"]) for fault in faults if fault.detail.get("content") == "hdf5"), 0)


def is_packed(before: Document, member: Member) -> bool:
    """Whether somebody packed the member with gzip before it was put into the archive."""
    return any(fault.detail.get("name") == member.name for _, fault in before.faults_of(FaultKind.PACKED_PART))


@contextlib.contextmanager
def _damaged_sources(
    before: Document, origin: Origin, folder: Path, names: dict[int, str]
) -> Iterator[tuple[list[Place], Iterator[Asset]]]:
    from kdoctor.archive.writing.mended import mended_sources

    with mended_sources(before, origin, folder) as places:
        if before.format is Format.KERAS_DIR:
            yield places, folder_assets(before, origin.path, names)
            return
        with unwrapped(origin, folder, Limits(), whole=False) as (stream, size):
            source = ZipSource(stream, read_marks(stream, size) if before.format.native else {}, folder)
            yield places, zip_assets(before, source, names)


def _place(before: Document, source: ZipSource, member: Member, origin: Origin) -> Place:
    """A stored member is read where it stands, once its checksum was seen to fit; another one is unpacked."""
    record, start = source.locate(member)
    ahead = in_front(before)
    if record.method != STORED or origin.wrapping or is_packed(before, member):
        path = _spooled(source.folder / f"source{member.offset}.h5", source.hdf5(member))
        return Place(path, ahead, path.stat().st_size - ahead)
    for _ in source.content(member):
        pass
    return Place(origin.path, start + ahead, member.size - ahead)


def _spooled(path: Path, content: Iterator[bytes]) -> Path:
    with open(path, "xb") as file:
        file.writelines(content)
    return path


def _write_archive(after: Document, making: Making, places: list[Place], assets: Iterator[Asset], out: Path) -> None:
    """In the order in which Keras writes, everything stored; the weights are made where they shall stand."""
    with open(out, "x+b") as target:
        output = ZipOutput(target)
        for part, file in FILES.items():
            text = text_of(part, after)
            if text is not None:
                output.add_plain(Record(file.encode()), [text.encode()], len(text.encode()))
        output.add_made(Record(WEIGHTS.encode()), lambda start: make_hdf5(making, places, out, start))
        for asset in assets:
            output.add_plain(Record(b"").named(asset.name), asset.content, asset.size)
        output.finish()


def _write_folder(after: Document, making: Making, places: list[Place], assets: Iterator[Asset], out: Path) -> None:
    out.mkdir()
    for part, file in FILES.items():
        text = text_of(part, after)
        if text is not None:
            (out / file).write_text(text, encoding="utf-8")
    make_hdf5(making, places, out / WEIGHTS)
    write_assets(assets, out)


def _few(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
