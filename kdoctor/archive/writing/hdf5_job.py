"""What has to change inside an HDF5 file, worked out from two documents: a value that a child process carries out.

Arrays are read and written only where a recipe asks for new numbers: else a weight is a link, and a link gets another name.
See `kdoctor.archive.writing.edit_hdf5`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field

from kdoctor.archive.writing.planned_arrays import planned_arrays
from kdoctor.document import ABSENT, EMPTY, Document, Format, Json
from kdoctor.edit import same
from kdoctor.faults import FaultKind

JSON_FAULTS = frozenset(kind.value for kind in FaultKind if kind.value.startswith("json-"))


@dataclass(frozen=True, slots=True)
class Job:
    """Paths have no leading slash, groups have one.

    ``moves``: old and new path of a link; ``twins``: a path and another that names the same array; ``removes``: links to cut;
    ``made``: a path and the recipe (as JSON) for its array; ``groups``: those that the plan adds, with or without attributes;
    ``attributes``: group -> name -> value to store, None for one to remove; ``texts``: attributes of the root that hold JSON text;
    ``prune``: groups that go, with those above them, if nothing is left in them; ``legacy``: texts are stored as bytes, as Keras 1 and 2 do.
    """

    moves: tuple[tuple[str, str], ...] = ()
    twins: tuple[tuple[str, str], ...] = ()
    removes: tuple[str, ...] = ()
    made: tuple[tuple[str, Json], ...] = ()
    groups: tuple[str, ...] = ()
    attributes: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    texts: Mapping[str, str | None] = field(default_factory=dict)
    prune: tuple[str, ...] = ()
    legacy: bool = False

    def __bool__(self) -> bool:
        return bool(self.moves or self.twins or self.removes or self.made or self.groups or self.attributes or self.texts)

    def request(self, file: str, keep: Mapping[str, Mapping[str, Json]]) -> bytes:
        """The job as the child process reads it; ``keep`` are the attributes that the plan lists: such groups stay."""
        kept = sorted({*(group for group, values in keep.items() if values), *self.groups})
        return json.dumps({**asdict(self), "file": file, "keep": kept}).encode()


def hdf5_job(before: Document, after: Document, *, texts: bool) -> Job:
    """The job that leads from one document to the other; ``texts``: config and training are attributes of this file too.

    Raises `WriteError` where the plan asks for numbers that neither stand in the file nor are made from those that do.
    """
    arrays = planned_arrays(before.weights, after.weights)
    moves, twins = _moves(arrays.copies)
    copied = {*arrays.copies.values()}
    removes = (*(path for path in before.weights if path not in copied), *_cut_links(before, after))
    gone = [group for group, values in before.attributes.items() if values and group not in after.attributes]
    emptied = [f"/{path}".rpartition("/")[0] for path in (*(old for old, _ in moves), *removes)]
    return Job(
        moves=moves,
        twins=twins,
        removes=removes,
        made=tuple(arrays.made.items()),
        groups=tuple(group for group in after.attributes if group not in before.attributes),
        attributes=dict(_attributes(before.attributes, after.attributes)),
        texts=dict(_texts(before, after)) if texts else {},
        prune=tuple(dict.fromkeys([*gone, *emptied])),
        legacy=texts and (after.format is Format.H5_MODEL or "layer_names" in after.attributes.get("/", {})),
    )


def _moves(copies: Mapping[str, str]) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    moves: list[tuple[str, str]] = []
    twins: list[tuple[str, str]] = []
    homes = {source: path for path, source in copies.items() if path == source}
    for path, source in copies.items():
        if path == source:
            continue
        if source in homes:
            twins.append((homes[source], path))
        else:
            homes[source] = path
            moves.append((source, path))
    return tuple(moves), tuple(twins)


def _cut_links(before: Document, after: Document) -> list[str]:
    """Soft and external links whose fault was removed; those that stand for a weight go with the weight."""
    left = {fault.detail.get("name") for fault in after.faults.values() if fault.kind == FaultKind.HDF5_LINK}
    names = [fault.detail.get("name") for fault in before.faults.values() if fault.kind == FaultKind.HDF5_LINK]
    links = [name.strip("/") for name in names if isinstance(name, str) and name not in left]
    return [name for name in links if name not in before.weights]


def _attributes(old: Mapping[str, Mapping[str, Json]], new: Mapping[str, Mapping[str, Json]]) -> Iterator[tuple[str, dict[str, Json]]]:
    for group in sorted({*old, *new}):
        was, shall = old.get(group, EMPTY), new.get(group, EMPTY)
        changed = {name: shall.get(name) for name in sorted({*was, *shall}) if not same(was.get(name, ABSENT), shall.get(name, ABSENT))}
        if changed:
            yield group, changed


def _texts(before: Document, after: Document) -> Iterator[tuple[str, str | None]]:
    for part, attribute in (("config", "model_config"), ("training", "training_config")):
        was, shall = before.parts.get(part, ABSENT), after.parts.get(part, ABSENT)
        cured = lost_faults(before, after, part) & JSON_FAULTS
        if cured or not same(was, shall):
            yield attribute, None if shall is ABSENT else json.dumps(shall)


def lost_faults(before: Document, after: Document, part: str | None = None) -> frozenset[str]:
    """Kinds of the faults of one part (or of any) that the plan removes: what must be regular in the output."""
    removed = [before.faults[key] for key in before.faults if key not in after.faults]
    return frozenset(str(getattr(fault.kind, "value", fault.kind)) for fault in removed if part in (None, fault.part))
