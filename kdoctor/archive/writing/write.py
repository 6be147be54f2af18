"""Writes a planned document: beside its target, read back, compared with the plan, and only then put in place.

Whatever goes wrong on the way, the original is untouched and nothing is left behind.
"""

from __future__ import annotations

import errno
import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from kdoctor.archive import open_document
from kdoctor.archive.writing.container_change import write_changed
from kdoctor.archive.writing.draft import Draft, draft_beside, give_mode_of, publish, secure
from kdoctor.archive.writing.folder import write_dir
from kdoctor.archive.writing.h5_container import Hdf5Refused, write_h5
from kdoctor.archive.writing.hdf5_making import HDF5
from kdoctor.archive.writing.mended import outlived
from kdoctor.archive.writing.unwrapped import unwrapped
from kdoctor.archive.writing.zip_container import write_zip
from kdoctor.document import ABSENT, Document, Fault, Format, Json, Origin
from kdoctor.edit import same
from kdoctor.errors import ReadError, WriteError
from kdoctor.faults import FaultKind
from kdoctor.limits import Limits

Reread: TypeAlias = Callable[[Path], Document]
EXTENSIONS: Final = (".weights.h5", ".h5", ".hdf5", ".keras", ".gz", ".zip")
# errno -> what the system refused; {out} is the file to write, {folder} where it shall stand
REFUSALS: Final = {
    errno.ENOSPC: "no space is left on the disk for {out}",
    errno.EDQUOT: "the disk quota does not allow for {out}",
    errno.EFBIG: "{out} would be larger than this system allows",
    errno.EACCES: "no permission to write {out}",
    errno.EPERM: "no permission to write {out}",
    errno.EROFS: "{folder} is on a file system that is read-only",
    errno.ENOENT: "the folder {folder} does not exist",
    errno.ENOTDIR: "{folder} is not a folder",
    errno.EEXIST: "{out} already exists",
    errno.ENAMETOOLONG: "the name {out} is too long for this system",
}


@dataclass(frozen=True, slots=True)
class Written:
    """The file (or folder) that stands there now, its size in bytes, and the backup of what stood there before, if one was asked for."""

    path: Path
    bytes: int
    backup: Path | None = None


def write_document(
    before: Document,
    after: Document,
    out: Path,
    *,
    replace: bool = False,
    backup: bool = False,
    survivors: bool = False,
    reread: Reread = open_document,
) -> Written:
    """Write the planned document ``after`` to ``out``, in the container that its format names.

    before: the document as it was read; its origin names the file that everything else is copied from.
    replace: a file that stands at ``out`` may go (the original itself, too); otherwise it is never overwritten.
    backup: what is replaced stays as FILE.bak, or FILE.bak.1 and so on where that is taken.
    survivors: the original is damaged, and the plan has of its arrays those that survived.
    reread: reads the draft back; what it finds must be the plan.

    Raises `WriteError`, in one sentence; then nothing was changed and nothing is left behind.
    """
    origin = before.origin
    if origin is None:
        raise WriteError("cannot write a document that was not read from a file")
    if before.format is Format.OTHER:
        raise WriteError(f"{origin.path} is no saved Keras model: there is nothing to write")
    if after.format is Format.OTHER:
        raise WriteError(f"cannot write {after.format.value} content")
    target = Path(os.path.realpath(out)) if replace else out  # a symbolic link goes on pointing to the file
    try:
        if not replace and os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, "exists")
        _unchanged(origin)
        with draft_beside(target) as draft:
            return _write(before, after, origin, draft, replace, backup, reread, survivors)
    except OSError as error:
        raise WriteError(_refusal(error, out)) from error


def extension_for(document: Document) -> str:
    """The extension by which Keras chooses the right loader for this content; folders keep theirs."""
    shown = document.file.get("extension") or ""
    if document.format is Format.KERAS_ZIP:
        return ".keras"
    if document.format is Format.OTHER:
        return str(shown)
    if document.format is Format.KERAS_DIR:
        return str(shown) if document.file.get("content", "directory") == "directory" else ""
    legacy = document.format is Format.H5_MODEL or "layer_names" in document.attributes.get("/", {})
    if shown in ((".h5", ".hdf5") if legacy else (".weights.h5",)):
        return str(shown)
    return ".h5" if legacy else ".weights.h5"


def default_output(path: Path, document: Document) -> Path:
    """FILE.fixed.EXT beside the original, with the extension that its content needs."""
    return path.with_name(f"{_stem(path)}.fixed{extension_for(document)}")


def converted_output(path: Path, document: Document) -> Path:
    """FILE.EXT beside the original, with the extension that its content needs; FILE.converted.EXT where that is the original."""
    out = path.with_name(f"{_stem(path)}{extension_for(document)}")
    return out if out.name.lower() != path.name.lower() else path.with_name(f"{_stem(path)}.converted{extension_for(document)}")


def _stem(path: Path) -> str:
    """The name without extensions."""
    stem, found = path.name, True
    while found:
        ending = next((ending for ending in EXTENSIONS if stem.lower().endswith(ending) and len(stem) > len(ending)), "")
        stem, found = stem[: len(stem) - len(ending)], bool(ending)
    return stem


def _write(
    before: Document, after: Document, origin: Origin, draft: Draft, replace: bool, backup: bool, reread: Reread, survivors: bool
) -> Written:
    damaged = survivors or outlived(before, after)
    try:
        _carry_out(before, after, origin, draft, damaged)
    except Hdf5Refused:
        if damaged or before.format not in HDF5 or after.format not in HDF5:
            raise
        draft.path.unlink()
        write_changed(before, after, origin, draft, damaged=True)
    _as_planned(after, draft.path, reread)
    secure(draft.path)
    give_mode_of(origin.path, draft)
    _unchanged(origin)
    size = _size(draft.path)
    return Written(draft.target, size, publish(draft, replace=replace, backup=backup))


def _carry_out(before: Document, after: Document, origin: Origin, draft: Draft, damaged: bool) -> None:
    if after.format is not before.format or damaged:
        write_changed(before, after, origin, draft, damaged=damaged)
    elif after.format is Format.KERAS_DIR:
        write_dir(before, after, origin.path, draft.path)
    else:
        with unwrapped(origin, draft.folder, Limits()) as (stream, size):
            if after.format in HDF5:
                write_h5(before, after, stream, size, draft.path)
            else:
                write_zip(before, after, stream, size, draft.path, draft.folder)


def _unchanged(origin: Origin) -> None:
    try:
        now = os.stat(origin.path)
    except FileNotFoundError:
        raise WriteError(f"{origin.path} has disappeared since it was read") from None
    changed = now.st_mtime_ns != origin.modified_ns or (origin.path.is_file() and now.st_size != origin.size)
    if changed:
        raise WriteError(f"{origin.path} has changed since it was read: nothing was written")


def _as_planned(plan: Document, path: Path, reread: Reread) -> None:
    try:
        found = reread(path)
    except ReadError as error:
        raise WriteError(f"what was written cannot be read back: {error}") from error
    wrong = next(_differences(plan, found), None)
    if wrong is not None:
        raise WriteError(f"what was written is not what was planned: {wrong}")


def _differences(plan: Document, found: Document) -> Iterator[str]:
    if found.format is not plan.format:
        yield f"the format is {found.format.value}, not {plan.format.value}"
    for part in ("config", "training", "metadata"):
        if not same(plan.parts.get(part, ABSENT), found.parts.get(part, ABSENT)):
            yield f"{part} differs"
    if not same(_filled(plan), _filled(found)):
        yield "the HDF5 attributes differ"
    if _arrays(plan) != _arrays(found):
        yield "the weights differ"
    stands = {(member.name, member.size) for member in found.members.values()}
    yield from (
        f"{member.name} is not there" for member in plan.members.values() if member.brought and (member.name, member.size) not in stands
    )
    added = Counter(map(_identity, found.faults.values())) - Counter(map(_identity, plan.faults.values()))
    for kind, part, name in added:
        if kind == FaultKind.NON_FINITE.value:
            continue  # the numbers are those of the original, under other names
        if kind == FaultKind.WRONG_EXTENSION.value:
            yield f"this content needs the extension {extension_for(plan)}"
        yield f"{kind} in {part}" + (f" ({name})" if name else "")


def _filled(document: Document) -> dict[str, Json]:
    return {group: values for group, values in document.attributes.items() if values}


def _arrays(document: Document) -> dict[str, Json]:
    return {path: (weight.shape, weight.dtype) for path, weight in document.weights.items()}


def _identity(fault: Fault) -> tuple[str, str, str]:
    """What makes two faults the same one; where it stands in the bytes does not."""
    return FaultKind(fault.kind).value, fault.part, str(fault.detail.get("name") or "")


def _refusal(error: OSError, out: Path) -> str:
    known = REFUSALS.get(error.errno or 0)
    if known is None:
        return f"{out} could not be written: {error.strerror or error}"
    return known.format(out=out, folder=out.parent)


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
