"""What the names in a zip directory say: which member is which part, and which names no archive of Keras has."""

from __future__ import annotations

import re
import stat
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from kdoctor.archive.zip.directory import Entry
from kdoctor.document import Fault, Json
from kdoctor.faults import FaultKind

CONFIG: Final = "config.json"
METADATA: Final = "metadata.json"
WEIGHTS: Final = "model.weights.h5"
SHARD_MAP: Final = "model.weights.json"
NUMPY_WEIGHTS: Final = "model.weights.npz"
_ROLES: Final = {CONFIG: "config", METADATA: "metadata", WEIGHTS: "weights", SHARD_MAP: "weights", NUMPY_WEIGHTS: "weights"}
_SHARD: Final = re.compile(r"model_\d{5}\.weights\.h5")
_DRIVE: Final = re.compile(r"[A-Za-z]:")
_HDF5: Final = (".h5", ".hdf5")
_COPY: Final = re.compile(r" ?\(\d+\)(?=\.)")  # what a second download of the same name gets
_ASSETS: Final = re.compile(r"(?:^|/)(assets/.+)", re.IGNORECASE)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_LEAD_OUT: Final = ("absolute", "drive letter", "climbing", "symlink", "device")
_FILES: Final = (0, stat.S_IFREG, stat.S_IFDIR)


def plain(name: str) -> str:
    """The name with the separators of the format (APPNOTE.TXT 4.4.17), which some Windows programs do not write, up to the NUL at which
    Python's zipfile ends it."""
    return name.partition("\0")[0].replace("\\", "/")


def folder_of(names: Iterable[str]) -> str | None:
    """The folder that the parts of a Keras archive stand in: "" for the root, ``my_model/`` below; None when there are no such parts."""
    found: Counter[str] = Counter()
    for name in {plain(name) for name in names}:
        folder, _, base = name.rpartition("/")
        if base in (CONFIG, METADATA, WEIGHTS) and not folder.startswith(("__MACOSX", "assets")):
            found[name.removesuffix(base)] += 1  # "/" for an absolute name: its folder is not the root of the archive
    whole = [folder for folder, count in found.items() if count >= 2]
    return min(whole or found, key=lambda folder: (folder.count("/"), folder), default=None)


def role_of(name: str, folder: str) -> str:
    """config, metadata, weights, asset or stray."""
    inner = plain(name)
    if not inner.startswith(folder):
        return "stray"
    inner = inner[len(folder) :]
    if inner.startswith("assets/"):
        return "asset"
    return "weights" if is_shard(inner) else _ROLES.get(inner, "stray")


def misplaced_parts(names: Sequence[str], folder: str) -> dict[str, str]:
    """Parts that stand in a folder beside the others or under another name, and are nowhere else: name -> where Keras looks for them."""
    there = [name for name in names if not plain(name).startswith(("__MACOSX", f"{folder}assets"))]
    found: dict[str, str] = {}
    for part in (CONFIG, METADATA, WEIGHTS):
        candidates = [name for name in there if _base(name) == part and not leads_out(name)]
        if not candidates:
            candidates = [name for name in there if _is_called_otherwise(name, part) and not leads_out(name)]
        if not candidates and part == CONFIG:
            candidates = [name for name in there if _is_other_json(name)]
        if not candidates and part == WEIGHTS and not any(_base(name) in (NUMPY_WEIGHTS, SHARD_MAP) for name in there):
            candidates = [name for name in there if _base(name).endswith(_HDF5) and not leads_out(name)]
        if len(candidates) == 1 and plain(candidates[0]) != folder + part:
            found[candidates[0]] = part
    return found | _misplaced_assets(names, folder)


def _misplaced_assets(names: Sequence[str], folder: str) -> dict[str, str]:
    """Files of a folder ``assets`` that does not stand beside the other parts, or has lost its case, where it is the only one."""
    files = [name for name in names if not plain(name).endswith("/") and not plain(name).startswith("__MACOSX") and not leads_out(name)]
    if any(role_of(name, folder) == "asset" for name in files):
        return {}
    found = {name: _ASSETS.search(plain(name)) for name in files}
    inside = {name: match for name, match in found.items() if match is not None}
    one = len({plain(name)[: match.start(1)] for name, match in inside.items()}) == 1
    return {name: f"assets/{match[1].partition('/')[2]}" for name, match in inside.items()} if one else {}


def _base(name: str) -> str:
    return plain(name).rpartition("/")[2]


def _is_called_otherwise(name: str, part: str) -> bool:
    """A part that somebody packed by itself and left so, whose name lost its case, or got the ending that an editor or a download adds."""
    base = _base(name).casefold()
    return base in (f"{part}.gz", f"{part}.txt", part) or _COPY.sub("", base) == part


def _is_other_json(name: str) -> bool:
    """A JSON file that is no part by its name: model.json, architecture.json."""
    base = _base(name).casefold()
    return base.endswith(".json") and base not in (METADATA, SHARD_MAP) and _COPY.sub("", base) != METADATA


def is_shard(name: str) -> bool:
    """Whether the name is one of the HDF5 files that ``max_shard_size`` splits the weights into."""
    return _SHARD.fullmatch(name) is not None


def leads_out(name: str) -> str:
    """Why a name leads out of the folder that it is taken from; empty where it stays there."""
    steps = plain(name).split("/")
    if steps[0] == "" and len(steps) > 1:
        return "absolute"
    return "drive letter" if _DRIVE.match(name) else "climbing" if ".." in steps else ""


def naming_faults(entries: Sequence[Entry], folder: str) -> list[Fault]:
    """Everything that the names alone do wrong."""
    faults = []
    if folder:
        faults.append(_fault(FaultKind.WRAPPED, how="folder", name=folder.rstrip("/")))
    if backslashed := [entry.name for entry in entries if "\\" in entry.name]:
        faults.append(_fault(FaultKind.BACKSLASH_NAMES, names=backslashed))
    faults += _duplicates(entries)
    if collisions := _collisions(entries, folder):
        faults.append(_fault(FaultKind.COLLIDING_NAMES, names=collisions))
    moved = misplaced_parts([entry.name for entry in entries], folder)
    if moved:
        faults.append(_fault(FaultKind.MISPLACED, names=moved))
    wrong = {entry.name: why for entry in entries if (why := _irregular(entry))}
    leading_out = {name: why for name, why in wrong.items() if why in _LEAD_OUT and _is_no_part(name, folder, why)}
    irregular = {name: why for name, why in wrong.items() if name not in leading_out}
    for kind, found in ((FaultKind.IRREGULAR_NAMES, irregular), (FaultKind.PATH_TRAVERSAL, leading_out)):
        if found:
            faults.append(_fault(kind, names=list(found), why=found))
    stray = [entry.name for entry in entries if entry.name not in wrong and entry.name not in moved and _is_stray(entry.name, folder)]
    if stray:
        faults.append(_fault(FaultKind.STRAY_MEMBERS, names=stray))
    return faults


def _duplicates(entries: Sequence[Entry]) -> list[Fault]:
    by_name: dict[str, list[Entry]] = {}
    for entry in entries:
        by_name.setdefault(plain(entry.name), []).append(entry)
    return [
        _fault(FaultKind.DUPLICATE_MEMBER, name=name, count=len(same), identical=len({(entry.size, entry.crc) for entry in same}) == 1)
        for name, same in by_name.items()
        if len(same) > 1
    ]


def _collisions(entries: Sequence[Entry], folder: str) -> dict[str, str]:
    """Members that are another part's where the archive is unpacked: by case, by letters that are composed, by steps that lead nowhere."""
    parts = {_unpacked(entry.name): entry.name for entry in entries if role_of(entry.name, folder) in ("config", "metadata", "weights")}
    found = ((entry.name, parts.get(_unpacked(entry.name))) for entry in entries)
    return {name: part for name, part in found if part is not None and plain(name) != plain(part)}


def _unpacked(name: str) -> str:
    """The file that a member becomes on a file system that ignores case, as Windows and macOS have it."""
    steps = (step.rstrip(" .") if step.strip(".") else step for step in plain(name).split("/"))
    return "/".join(step for step in steps if step not in ("", ".")).casefold()


def _irregular(entry: Entry) -> str:
    if _CONTROL.search(entry.name):
        return "control character"
    if entry.other_name:
        return f"a second name, {entry.other_name!r}"
    if why := leads_out(entry.name):
        return why
    return "symlink" if stat.S_ISLNK(entry.mode) else "device" if stat.S_IFMT(entry.mode) not in _FILES else ""


def _is_no_part(name: str, folder: str, why: str) -> bool:
    """A vocabulary behind a slash or a drive is only misplaced: it belongs to the model."""
    role = role_of(name, folder)
    return role == "stray" or (role == "asset" and why in ("climbing", "symlink", "device"))


def _is_stray(name: str, folder: str) -> bool:
    inner = plain(name)
    return role_of(name, folder) == "stray" and not (inner.endswith("/") and folder.startswith(inner))


def _fault(kind: FaultKind, **detail: Json) -> Fault:
    return Fault(kind.value, "file", detail)
