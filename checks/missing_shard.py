from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Need, Repair, Safety, Severity, check
from kdoctor.document import Document
from kdoctor.faults import FaultKind
from kdoctor.target import Target


@check("K706", Severity.ERROR, since="0.1.0", mild=Severity.WARNING)
def missing_shard(document: Document, target: Target) -> Iterator[Finding]:
    """The weights are split over several files, and one of them is not there, or is not the one that belongs here.

    ``save_weights("model.weights.json", max_shard_size=5)`` writes a map and ``model_00000.weights.h5``, ``model_00001.weights.h5``, …
    beside it. Copying, or git, took some of them along: "FileNotFoundError: [Errno 2] Unable to synchronously open file (unable to open
    file: name = 'model_00001.weights.h5')". A shard of another save under the right name lacks arrays: "Key '0' not found in any of the
    shards".

    There is no cure but the file itself: put it beside the map. Where a shard holds arrays of a layer that the map leaves out, Keras looks
    for none of them ("Layer 'b' expected 2 variables, but received 0 variables during loading"): the line that the map lacks is told. A shard
    that the map does not name at all may be left of an earlier save, which is a warning; it is of this one where the size that the map states says so.
    """
    yield from _unmapped(document)
    for at, fault in document.faults_of(FaultKind.MISSING_SHARD):
        name, groups = fault.detail["name"], fault.detail["groups"]
        told = "has no" if fault.detail["there"] else "is not beside the map; it holds the"
        yield Finding(
            at,
            f"the shard {name} {told} arrays of {_counted(groups)}",
            repair=Repair(f"put {name} as it was saved beside the map", safety=Safety.ADVICE),
            needs=(Need("FILE", name, "numbers that are not in the files at hand cannot be made up"),),
            keras_says=f"FileNotFoundError: [Errno 2] Unable to synchronously open file (unable to open file: name = '{name}', …)"
            if not fault.detail["there"]
            else f"KeyError: \"Key '0' not found in any of the shards: ['{name}']\"",
        )


def _unmapped(document: Document) -> Iterator[Finding]:
    for at, fault in document.faults_of(FaultKind.UNMAPPED_GROUPS):
        name, groups, sure = fault.detail["name"], fault.detail["groups"], fault.detail["sure"]
        lines = ", ".join(f'"/{group}": ["{name}"]' for group in groups[:3]) + (", …" if len(groups) > 3 else "")
        where = "which the map leaves out" if sure else "and the map does not name it: it may be left of an earlier save"
        yield Finding(
            at,
            f"the shard {name} holds the arrays of {_counted(groups)}, {where}",
            repair=Repair(f"write {lines} into the weight_map of the map", safety=Safety.ADVICE),
            keras_says="ValueError: A total of 1 objects could not be loaded. … Layer '…' expected 2 variables, but received 0 variables during loading."
            if sure
            else None,
            mild=not sure,
        )


def _counted(groups: list[str]) -> str:
    few = ", ".join(group.removesuffix("/vars") or "the model's own" for group in groups[:3]) + (", …" if len(groups) > 3 else "")
    return f"{len(groups)} group{'s' if len(groups) > 1 else ''} ({few})"
