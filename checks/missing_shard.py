from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Need, Repair, Safety, Severity, check
from kdoctor.document import Document
from kdoctor.faults import FaultKind
from kdoctor.target import Target


@check("K706", Severity.ERROR, since="0.1.0")
def missing_shard(document: Document, target: Target) -> Iterator[Finding]:
    """The weights are split over several files, and one of them is not there, or is not the one that belongs here.

    ``save_weights("model.weights.json", max_shard_size=5)`` writes a map and ``model_00000.weights.h5``, ``model_00001.weights.h5``, …
    beside it. Copying, or git, took some of them along: "FileNotFoundError: [Errno 2] Unable to synchronously open file (unable to open
    file: name = 'model_00001.weights.h5')". A shard of another save under the right name lacks arrays: "Key '0' not found in any of the
    shards".

    There is no cure but the file itself: put it beside the map.
    """
    for at, fault in document.faults_of(FaultKind.MISSING_SHARD):
        name, groups = fault.detail["name"], fault.detail["groups"]
        few = ", ".join(group.removesuffix("/vars") or "the model's own" for group in groups[:3]) + (", …" if len(groups) > 3 else "")
        told = "has no" if fault.detail["there"] else "is not beside the map; it holds the"
        yield Finding(
            at,
            f"the shard {name} {told} arrays of {len(groups)} group{'s' if len(groups) > 1 else ''} ({few})",
            repair=Repair(f"put {name} as it was saved beside the map", safety=Safety.ADVICE),
            needs=(Need("FILE", name, "numbers that are not in the files at hand cannot be made up"),),
            keras_says=f"FileNotFoundError: [Errno 2] Unable to synchronously open file (unable to open file: name = '{name}', …)"
            if not fault.detail["there"]
            else f"KeyError: \"Key '0' not found in any of the shards: ['{name}']\"",
        )
