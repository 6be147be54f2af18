from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Need, Repair, Safety, Severity, check
from kdoctor.document import Document
from kdoctor.faults import FaultKind
from kdoctor.target import Target

ENDING = ".weights.json"
MISSING = "FileNotFoundError: [Errno 2] Unable to synchronously open file (unable to open file: name = '{}', …)"
OTHER = "KeyError: \"Key '0' not found in any of the shards: ['{}']\""


@check("K706", Severity.ERROR, since="0.1.0", mild=Severity.WARNING)
def missing_shard(document: Document, target: Target) -> Iterator[Finding]:
    """The weights are split over several files, and one of them is not there, or is not the one that belongs here.

    ``save_weights("model.weights.json", max_shard_size=5)`` writes a map and ``model_00000.weights.h5``, ``model_00001.weights.h5``, …
    beside it. Copying, or git, took some of them along: "FileNotFoundError: [Errno 2] Unable to synchronously open file (unable to open
    file: name = 'model_00001.weights.h5')". A shard of another save under the right name lacks arrays: "Key '0' not found in any of the
    shards".

    There is no cure but the file itself: put it beside the map. Shards that bear each other's names, or all names of another kind, are told from each other by
    the groups in them; a single file under another name is named, but may be of another save. Keras opens the first shard by the name of the map, and the others by their names
    in it: a map that was renamed finds none, alone or together with its shards, and what it has to be called, or to say, is told. Where a shard holds arrays of a layer that the map leaves out, Keras looks
    for none of them ("Layer 'b' expected 2 variables, but received 0 variables during loading"): the line that the map lacks is told. A shard
    that the map does not name at all may be left of an earlier save, which is a warning; it is of this one where the size that the map states says so. With ``--architecture`` the whole model
    is written from the shards, whatever the map is called or leaves out, where every variable has its array.
    """
    yield from _renamed(document)
    yield from _unmapped(document)
    yield from _under_another_name(document)
    for at, fault in document.faults_of(FaultKind.MISSING_SHARD):
        name, groups = fault.detail["name"], fault.detail["groups"]
        perhaps = fault.detail.get("perhaps", [])
        told = "has no" if fault.detail["there"] else "is not beside the map; it holds the"
        yield Finding(
            at,
            f"the shard {name} {told} arrays of {_counted(groups)}{_beside(perhaps)}",
            repair=Repair(
                f"call {perhaps[0]} {name}, if it is of this save" if len(perhaps) == 1 else f"put {name} as it was saved beside the map",
                safety=Safety.ADVICE,
            ),
            needs=(Need("FILE", name, "numbers that are not in the files at hand cannot be made up"),),
            keras_says=MISSING.format(name) if not fault.detail["there"] else OTHER.format(name),
        )


def _beside(perhaps: list[str]) -> str:
    """Files that may be the one that is missing: nothing in them tells of which save they are."""
    if not perhaps:
        return ""
    return f"; {_few(perhaps)} beside it hold{'s' * (len(perhaps) == 1)} just these, and may be {'it' if len(perhaps) == 1 else 'it, one of them,'} under another name"


def _under_another_name(document: Document) -> Iterator[Finding]:
    found = document.faults_of(FaultKind.RENAMED_SHARD)
    files = {fault.detail["file"] for _, fault in found}
    for at, fault in found:
        name, file = fault.detail["name"], fault.detail["file"]
        yield Finding(
            at,
            f"the shard {name} is called {file}: that file alone holds exactly what the map has there",
            repair=Repair(f"call {file} {name}", safety=Safety.ADVICE),
            keras_says=OTHER.format(name) if name in files else MISSING.format(name),
        )


def _renamed(document: Document) -> Iterator[Finding]:
    for at, fault in document.faults_of(FaultKind.RENAMED_MAP):
        name, opened, right, beside = (fault.detail[key] for key in ("name", "opened", "right", "beside"))
        named = ", ".join(f"{new} instead of {old}" for old, new in beside[:3]) + (", …" if len(beside) > 3 else "")
        if beside:
            why, cure = "the map was renamed together with its shards, and has their old names", f"write {named} into the map"
        elif not name.endswith(ENDING):
            why, cure = f"Keras takes a map by the ending {ENDING} alone", f"call the map {right}"
        else:
            why, cure = "Keras opens the first shard by the map's own name, and the map was renamed", f"call the map {right}"
        says = (
            f"ValueError: File format not supported: filepath={name}."
            if name != right and not name.endswith(ENDING)
            else MISSING.format(opened)
        )
        yield Finding(at, f"{why}: it looks for {opened}", repair=Repair(cure, safety=Safety.ADVICE), keras_says=says)


def _unmapped(document: Document) -> Iterator[Finding]:
    for at, fault in document.faults_of(FaultKind.UNMAPPED_GROUPS):
        groups, sure = fault.detail["groups"], fault.detail["sure"]
        shards = list(dict.fromkeys(name for names in groups.values() for name in names))
        lines = ", ".join(f'"/{group}": [{_quoted(names)}]' for group, names in list(groups.items())[:3]) + (
            ", …" if len(groups) > 3 else ""
        )
        held = f"the shard{'s' if len(shards) > 1 else ''} {_few(shards)} hold{'' if len(shards) > 1 else 's'} the arrays of {_counted(list(groups))}"
        where = "which the map leaves out" if sure else "and the map does not name it: it may be left of an earlier save"
        yield Finding(
            at,
            f"{held}, {where}",
            repair=Repair(f"write {lines} into the weight_map of the map", safety=Safety.ADVICE),
            keras_says="ValueError: A total of 1 objects could not be loaded. … Layer '…' expected … variables, but received … variables during loading."
            if sure
            else None,
            mild=not sure,
        )


def _quoted(names: list[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _few(names: list[str]) -> str:
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "")


def _counted(groups: list[str]) -> str:
    few = ", ".join(group.removesuffix("/vars") or "the model's own" for group in groups[:3]) + (", …" if len(groups) > 3 else "")
    return f"{len(groups)} group{'s' if len(groups) > 1 else ''} ({few})"
