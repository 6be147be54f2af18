"""Which members a written archive has, and under which names."""

from __future__ import annotations

import re
from collections.abc import Mapping

from kdoctor.archive.writing.hdf5_job import lost_faults
from kdoctor.archive.zip.names import plain
from kdoctor.document import Document, Member
from kdoctor.faults import FaultKind

PARTS = frozenset({"config", "metadata", "weights"})
HIDDEN = re.compile(r"[\x00-\x1f\x7f]")
DRIVE = re.compile(r"^[A-Za-z]:")


def planned_names(before: Document, after: Document) -> dict[int, str]:
    """Ordinal -> name of every member to write, in the original order.

    A name changes, or a member goes, only where the plan takes the member from the list or removes the fault that its name is.
    """
    cured = lost_faults(before, after)
    plan = {key: after.members[key] for key in before.members if key in after.members}
    plan = {key: member for key, member in plan.items() if not _left_out(member, before, cured)}
    names = {key: _plain_name(member, before, cured) for key, member in plan.items()}
    names = {key: name for key, name in names.items() if name}
    return _last_only(names) if FaultKind.DUPLICATE_MEMBER in cured else names


def _left_out(member: Member, before: Document, cured: frozenset[str]) -> bool:
    """Strays, names that lead elsewhere, and what a cut archive does not hold whole; the parts of the model always stay.

    So do assets that are only misplaced by a slash or a drive in front: a layer without its vocabulary loads, and fails when called.
    """
    if FaultKind.TRUNCATED in cured and member.name in _named(before, FaultKind.TRUNCATED, "lost"):
        return True
    if member.role in PARTS or _misplaced_asset(member, before):
        return False
    stray = member.role == "stray" or member.name in _named(before, FaultKind.STRAY_MEMBERS, "names")
    irregular = member.name in _named(before, FaultKind.IRREGULAR_NAMES, "names")
    leads_out = member.name in _named(before, FaultKind.PATH_TRAVERSAL, "names")
    faults = ((stray, FaultKind.STRAY_MEMBERS), (irregular, FaultKind.IRREGULAR_NAMES), (leads_out, FaultKind.PATH_TRAVERSAL))
    return any(is_one and kind in cured for is_one, kind in faults)


def _misplaced_asset(member: Member, before: Document) -> bool:
    reasons = [fault.detail.get("why", {}).get(member.name) for fault in before.faults.values() if fault.kind == FaultKind.IRREGULAR_NAMES]
    return member.role == "asset" and any(reason in ("absolute", "drive letter") for reason in reasons)


def _named(document: Document, kind: FaultKind, key: str) -> frozenset[str]:
    return frozenset(name for fault in document.faults.values() if fault.kind == kind for name in fault.detail.get(key) or ())


def _plain_name(member: Member, before: Document, cured: frozenset[str]) -> str:
    """The empty text for the entries of the folder itself, when the folder goes."""
    name = plain(member.name) if FaultKind.BACKSLASH_NAMES in cured else member.name
    if FaultKind.MISPLACED in cured:
        moved = (fault.detail["names"].get(member.name) for fault in before.faults.values() if fault.kind == FaultKind.MISPLACED)
        if found := next(filter(None, moved), ""):
            return found if FaultKind.WRAPPED in cured else _folder(before) + found
    if FaultKind.WRAPPED in cured:
        name = _unfolded(name, _folder(before))
    if FaultKind.IRREGULAR_NAMES in cured and (member.role in PARTS or _misplaced_asset(member, before)):
        steps = DRIVE.sub("", HIDDEN.sub("", plain(name))).split("/")
        name = "/".join(step for step in steps if step not in ("", ".", ".."))
    return name


def _folder(before: Document) -> str:
    """The folder that the parts stand in, with a slash at its end, or the empty text."""
    names = [
        fault.detail.get("name")
        for fault in before.faults.values()
        if fault.kind == FaultKind.WRAPPED and fault.detail.get("how") == "folder"
    ]
    return f"{names[0]}/" if names else ""


def _unfolded(name: str, folder: str) -> str:
    if plain(name).startswith(folder):
        return name[len(folder) :]
    return "" if name.endswith(("/", "\\")) and folder.startswith(plain(name)) else name


def _last_only(names: Mapping[int, str]) -> dict[int, str]:
    """Of equal names the last, which Python's zipfile (and so Keras) reads."""
    last = {name: key for key, name in names.items()}
    return {key: name for key, name in names.items() if last[name] == key}
