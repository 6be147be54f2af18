"""What survives of a damaged file: a whole model in which every lost number is NaN, and the list of the arrays that did not survive.

A repair never guesses numbers. The model loads, and whatever a lost array takes part in is NaN, so that nobody mistakes it for the model
that was saved: the lost layers can be trained again, or given numbers from elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from typing import Final

from kdoctor.check import Check, Repair, Safety
from kdoctor.document import Document, Fault, Json, Weight
from kdoctor.dtypes import FLOATS
from kdoctor.edit import apply
from kdoctor.engine import Applied, Diagnosis, Lost, Plan, plan
from kdoctor.faults import FaultKind
from kdoctor.keras_api.layouts import layout_of
from kdoctor.keras_api.variables.scaled import INDICES, scales_of
from kdoctor.keras_api.variables.variable import Variable, Variables
from kdoctor.recipe import constant
from kdoctor.structure.objects import Node, model_of
from kdoctor.target import Target
from kdoctor.weights.claims import listed
from kdoctor.weights.optimizer_state import state_arrays, without_state
from kdoctor.weights.stored import accountable, accounts, fits, is_told, written
from kdoctor.weights.stored_h5 import ROOT, ledger, only

# What damages numbers; the faults of a part whose text is lost are others.
DAMAGE: Final = (
    FaultKind.TRUNCATED,
    FaultKind.HDF5_UNREADABLE,
    FaultKind.CRC_MISMATCH,
    FaultKind.UNREADABLE_MEMBER,
    FaultKind.HDF5_UNCLOSED,
)
ALONG: Final = (FaultKind.USER_BLOCK, FaultKind.POLYGLOT)  # what stands beside the content, which is written without it
ORIGIN: Final = ("keras_version", "backend")  # what an `.h5` says twice: at its root, and beside the weights, where the loader reads it
LEFT_BEHIND: Final = "what stood in the file beside its content was left behind"
BROKEN: Final = "the HDF5 structure there is damaged"
OTHER_SHAPE: Final = "the array in the file is of another shape, {}"
UNPROVEN: Final = "the checksum of the file that holds it does not fit: at least one of its numbers is wrong"
UNPROVEN_TEXT: Final = "its checksum does not fit: at least one bit of it is wrong, whether that shows or not"
GONE: Final = "it is not in the file any more"
SHIFTED: Final = "bytes are missing from the middle of the file that holds it: behind the gap all numbers are others"
UNSCALED: Final = "the whole numbers that it scales are lost, and nothing but NaN here shows it"
UNWRITTEN: Final = "the file was never closed: what was written last may not be in it"


def salvaged(made: Plan, target: Target, checks: Sequence[Check], *, unsafe: bool) -> Plan | None:
    """The plan of what can be saved of a damaged file, where its repair fails for the damage; None where there is no architecture to
    put the rest into, or a layer does not tell what it has lost."""
    document, path = made.before.document, made.before.path
    beside = [found for found in made.after.errors if _is_of(ALONG, document, found)]
    causes = [found for found in made.after.errors if _is_damage(document, found)] + beside
    if not causes or model_of(document) is None:
        return None
    left, gone = _left(document)
    first = plan(left, target, checks, path, unsafe=unsafe)
    filled = _filled(first.after.document, target)
    if filled is None:
        return None
    whole, lost = filled
    lost = [*gone, *lost]
    last = plan(whole, target, checks, path, unsafe=unsafe)
    said = Repair("write what survived; every lost number is NaN", safety=Safety.UNSAFE)
    cures = {found.check.code: Applied(found.check, found.finding.repair or said if found in beside else said) for found in causes}
    notes = (*first.notes, *last.notes, *((LEFT_BEHIND,) if beside else ()))
    return Plan(
        made.before, last.after, (*first.applied, *cures.values(), *last.applied), notes=notes, lost=(*lost, *_unseen(document, lost))
    )


def completed(made: Plan, target: Target, checks: Sequence[Check], *, unsafe: bool) -> Plan | None:
    """The plan of a model whose missing arrays, and those of other shapes than its layers have, are NaN; None where nothing is missing,
    or the result would not load all the same."""
    document, path = made.after.document, made.before.path
    if model_of(document) is None or not accountable(document):
        return None
    misfits = dict(_misfits(document, target))
    kept = {name: weight for name, weight in document.weights.items() if name not in misfits}
    filled = _filled(document.replacing({**document.parts, "weights": kept}), target)
    if filled is None or not filled[1]:
        return None
    whole, lost = filled
    lost = [replace(one, why=OTHER_SHAPE.format(written(misfits[one.path].shape))) if one.path in misfits else one for one in lost]
    last = plan(whole, target, checks, path, unsafe=unsafe)
    if not last.after.loads_prepared:
        return None
    said = Repair("write NaN for every number that is not there", safety=Safety.UNSAFE)
    cures = {found.check.code: Applied(found.check, said) for found in made.after.errors}
    return Plan(
        made.before, last.after, (*made.applied, *cures.values(), *last.applied), notes=(*made.notes, *last.notes), lost=tuple(lost)
    )


def _misfits(document: Document, target: Target) -> Iterator[tuple[str, Weight]]:
    """Stored arrays of another shape than the variables that Keras gives them to, by their paths."""
    for account in accounts(document, layout_of(target)):
        yield from ((name, weight) for _, name, weight in account.mismatched)
    found = ledger(document)
    for row, group in found.pairs if found is not None else ():
        for variable, name, weight in zip(row.variables or (), group.names, group.weights, strict=False):
            if weight is not None and len(row.variables or ()) == len(group.names) and not fits(variable.shape, weight.shape):
                yield f"{group.path[1:]}/{name}", weight


def _is_damage(document: Document, found: Diagnosis) -> bool:
    fault = document.at(found.finding.at)
    return _is_of(DAMAGE, document, found) or (isinstance(fault, Fault) and _weights_are_gone(fault))


def _is_of(kinds: Sequence[FaultKind], document: Document, found: Diagnosis) -> bool:
    fault = document.at(found.finding.at)
    return isinstance(fault, Fault) and fault.kind in kinds


def _weights_are_gone(fault: Fault) -> bool:
    return fault.kind == FaultKind.MISSING_PART and fault.detail.get("name") in ("model.weights.h5", "model_weights")


def _left(document: Document) -> tuple[Document, list[Lost]]:
    """The document without its damage and without the arrays that are not whole for certain, and what is lost beside arrays of layers."""
    faults = {key: fault for key, fault in document.faults.items() if fault.kind not in (*DAMAGE, *ALONG) and not _weights_are_gone(fault)}
    cut = bool(document.faults_of(FaultKind.TRUNCATED))
    whole = {path: weight for path, weight in document.weights.items() if not cut or weight.start >= 0 or not weight.parameters}
    attributes = _twice_said(document.attributes or {"/": {}})
    left = document.replacing({**document.parts, "faults": faults, "weights": whole, "attributes": attributes})
    members = [name for _, fault in document.faults_of(FaultKind.TRUNCATED) for name in fault.detail.get("lost") or () if "asset" in name]
    lost = [Lost(name, why=GONE) for name in members]
    unproven = {fault.detail.get("name"): fault.part for _, fault in document.faults_of(FaultKind.CRC_MISMATCH)}
    lost += [Lost(str(name), why=UNPROVEN_TEXT) for name, part in unproven.items() if part != "weights"]
    doubt = UNPROVEN if "weights" in unproven.values() else SHIFTED if _is_shifted(document) else ""
    if doubt:
        lost += [Lost(path, shape=weight.shape, dtype=weight.dtype, why=doubt) for path, weight in whole.items()]
        return left, lost
    if any(not fault.detail.get("settled") for _, fault in document.faults_of(FaultKind.HDF5_UNCLOSED)):
        lost += [Lost(path, shape=weight.shape, dtype=weight.dtype, why=UNWRITTEN) for path, weight in whole.items()]
    state = state_arrays(document) if any(fault.kind in DAMAGE or _weights_are_gone(fault) for fault in document.faults.values()) else {}
    if state and (edits := without_state(left)):
        left = apply(left, edits)
        lost += [
            Lost(path, role="optimizer", shape=weight.shape, dtype=weight.dtype, why="it is left out") for path, weight in state.items()
        ]
    known = {one.path for one in lost}
    named = (str(name) for _, fault in document.faults_of(FaultKind.TRUNCATED) for name in fault.detail.get("lost") or ())
    return left, [*lost, *(Lost(name, role="optimizer", why=GONE) for name in named if name.startswith("optimizer") and name not in known)]


def _is_shifted(document: Document) -> bool:
    """Whether bytes are missing from the middle of the weights, so that arrays of the right length hold the wrong part of them."""
    holders = {member.name for member in document.members.values() if member.role == "weights"}
    cuts = (fault.detail for _, fault in document.faults_of(FaultKind.TRUNCATED))
    return any(cut.get("within") and (cut["content"] == "hdf5" or not holders.isdisjoint(cut.get("lost") or ())) for cut in cuts)


def _twice_said(attributes: Mapping[str, Mapping[str, Json]]) -> Json:
    """Release and backend of an ``.h5``, where one of the two places that say them is damaged."""
    if ROOT not in attributes:
        return attributes
    said = {key: attributes[group][key] for group in ("/", ROOT) for key in ORIGIN if key in attributes.get(group, {})}
    return {**attributes, "/": {**said, **attributes.get("/", {})}, ROOT: {**said, **attributes[ROOT]}}


def _unseen(document: Document, known: Sequence[Lost]) -> list[Lost]:
    """The groups that cannot be read and of which no array is known: what an optimizer or a layer of somebody's own kept there."""
    groups = (str(fault.detail.get("group") or "").strip("/") for _, fault in document.faults_of(FaultKind.HDF5_UNREADABLE))
    unseen = [group for group in dict.fromkeys(groups) if group and not any(one.path.startswith(f"{group}/") for one in known)]
    return [Lost(group, role="optimizer" if group.startswith("optimizer") else "", why=BROKEN) for group in unseen]


def _filled(document: Document, target: Target) -> tuple[Document, list[Lost]] | None:
    """The document with an array for every variable that has none; None where the shape of one is not told."""
    made = _in_archive(document, target) if document.format.native else _in_h5(document)
    if made is None:
        return None
    attributes, lost = made
    arrays = {one.path: _nothing(one) for one in lost}
    return document.replacing({**document.parts, "weights": {**document.weights, **arrays}, "attributes": attributes}), lost


def _nothing(one: Lost) -> Weight:
    assert one.shape is not None
    return Weight.made(constant(math.nan if one.dtype in FLOATS and one.role != INDICES else 0, one.shape, one.dtype))


def _in_archive(document: Document, target: Target) -> tuple[Json, list[Lost]] | None:
    lost: list[Lost] = []
    for account in accounts(document, layout_of(target)):
        paths = {one.path: f"{account.group}/vars/{one.path.rpartition('/')[2]}" for one in account.expected}
        found = _lost(account.claim.node, account.expected, paths, {one.path for one in account.missing})
        if found is None:
            return None
        lost += found
    return document.attributes, lost


def _in_h5(document: Document) -> tuple[Json, list[Lost]] | None:
    """The groups that the loader opens, in the order of the layers, each with the list of its arrays."""
    said = {key: value for key, value in document.attributes.get("/", {}).items() if key in ORIGIN}
    root = {**said, **document.attributes.get(ROOT, {})}
    known = root.get("layer_names")
    names = [str(name) for name in known] if isinstance(known, list) else []
    groups: dict[str, Json] = {}
    lost: list[Lost] = []
    for row in listed(document):
        own = document.attributes.get(f"{ROOT}/{row.name}", {})
        listing = own.get("weight_names")
        if row.variables is None:
            if not isinstance(listing, list) or any(f"{ROOT[1:]}/{row.name}/{name}" not in document.weights for name in listing):
                return None
            continue
        labels = [_label(row.name, variable, row.variables) for variable in row.variables]
        if isinstance(listing, list) and len(listing) == len(labels):
            labels = [str(name) for name in listing]
        elif isinstance(listing, list):
            stored = {str(name): array for name in listing if (array := document.weights.get(f"{ROOT[1:]}/{row.name}/{name}"))}
            labels = [only(variable, stored) or label for label, variable in zip(labels, row.variables, strict=True)]
        paths = {one.path: f"{ROOT[1:]}/{row.name}/{label}" for label, one in zip(labels, row.variables, strict=True)}
        found = _lost(row.node, row.variables, paths, {key for key, path in paths.items() if path not in document.weights})
        if found is None:
            return None
        lost += found
        if row.variables or row.name in names:
            groups[f"{ROOT}/{row.name}"] = {**own, "weight_names": labels}
    order = [row.name for row in listed(document) if row.name in names or f"{ROOT}/{row.name}" in groups]
    kept = names if set(order) <= set(names) else order
    absent: dict[str, Json] = {f"{ROOT}/{name}": {"weight_names": []} for name in kept if f"{ROOT}/{name}" not in document.attributes}
    return {**document.attributes, **absent, ROOT: {**root, "layer_names": kept}, **groups}, lost


def _label(layer: str, variable: Variable, others: Sequence[Variable]) -> str:
    twice = sum(other.role == variable.role for other in others) > 1
    return f"{layer}/{variable.path}/{variable.role}:0" if twice else f"{layer}/{variable.role}:0"


def _lost(layer: Node, variables: Variables, paths: Mapping[str, str], missing: Set[str]) -> list[Lost] | None:
    """What a layer has lost: what is ``missing`` (by the paths of variables), and the scales of whole numbers, which cannot be NaN
    themselves; ``paths`` tells where the file keeps each. None where a shape is not told."""
    scaled = scales_of(variables)
    unscaled = {scale.path for path in missing for scale in scaled.get(path, ())}
    gone = [one for one in variables if one.path in missing or one.path in unscaled]
    if not all(is_told(one.shape) for one in gone):
        return None
    whys = {one.path: GONE if one.path in missing else UNSCALED for one in gone}
    return [
        Lost(paths[one.path], layer.name or "", one.role, one.shape, _dtype(layer, one, scaled), whys[one.path])  # type: ignore[arg-type]
        for one in gone
    ]


def _dtype(layer: Node, variable: Variable, scaled: Container[str]) -> str:
    """What Keras keeps the variable as: counts are whole numbers, and a mixed policy computes in half and keeps float32."""
    said = layer.config.get("dtype")
    said = said["config"].get("name") if isinstance(said, Mapping) and isinstance(said.get("config"), Mapping) else said
    if variable.role == "count":
        return "int32"
    if variable.path in scaled and variable.role != INDICES:
        return "int8"
    return said if isinstance(said, str) and said in FLOATS else "float32"
