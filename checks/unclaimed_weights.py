from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Need, Repair, Severity, check
from kdoctor.document import Document
from kdoctor.keras_api.layouts import layout_of
from kdoctor.pointer import Pointer
from kdoctor.structure.manifest import LEGACY_ROOT
from kdoctor.target import Target
from kdoctor.weights.accounting import Holding, Owner, holdings
from kdoctor.weights.rearrange import Rearrangement, edits
from kdoctor.weights.renames import renames
from kdoctor.weights.stored import accountable, written
from kdoctor.weights.stored_h5 import ledger, relisting, renamed_groups
from kdoctor.weights.taken_out import left_behind
from kdoctor.weights.unlisted import regained

GONE = Need("FILE", "the model as it was saved", "which layer it was, and between which others, is not in the file")


@check("K703", Severity.ERROR, mild=Severity.WARNING, since="0.1.0")
def unclaimed_weights(document: Document, target: Target) -> Iterator[Finding]:
    """Arrays in the file belong to no layer of the model, and nobody opens the place where they stand.

    A layer was taken out of the config, or renamed on one side; or a program that edits HDF5 left a copy. Keras loads the model and
    passes over them without a word: they only make the file larger, unless a layer lacks exactly these (then K701 tells that it does).
    An error where they prove that a layer is gone: Keras writes no ``layers/dense_2`` for a model of two Dense layers, so that the model
    that is loaded is not the one that was saved.

    The cure moves them to the layer that lacks exactly these arrays, where there is one such layer and one such group. Otherwise they
    are left alone: what nobody opens harms nobody.
    """
    if not accountable(document):
        return
    cures = {old: _moved(document, found) for found in renames(document, layout_of(target)) for old, _ in found.moves}
    in_h5 = ledger(document)
    if in_h5 is not None:
        for lost, present in renamed_groups(in_h5).items():
            repair = Repair(f"list it in the place of {lost!r}, which is not there", (relisting(in_h5, {lost: present}),), first=True)
            cures |= {f"{LEGACY_ROOT}{present.name}/{name}": repair for name in present.arrays}
    listed_again = {f"{LEGACY_ROOT}{group}/{name}" for group, order in regained(document).items() for name in order}  # by K701
    groups: dict[str, list[Holding]] = {}
    for holding in holdings(document, layout_of(target)):
        if (holding.owner is Owner.STRAY and holding.path not in listed_again) or holding.path in cures:
            groups.setdefault(holding.path.rpartition("/")[0].removesuffix("/vars"), []).append(holding)
    behind = left_behind(document, layout_of(target)) if groups else frozenset()
    for group, found in groups.items():
        cure = cures.get(found[0].path)
        gone = cure is None and "/".join(group.split("/")[:2]) in behind
        yield Finding(
            Pointer("weights", (found[0].path,)),
            f"{group or 'the root'} holds {_told(found)}, which no layer of the model owns"
            + (": the config has lost the layer that was saved with them" if gone else ""),
            repair=cure,
            needs=(GONE,) if gone else (),
            mild=not gone,
        )


def _moved(document: Document, found: Rearrangement) -> Repair:
    return Repair(f"move them to {found.accounts[0].claim.name!r}, which lacks exactly these", edits(document, found.moves), first=True)


def _told(found: list[Holding]) -> str:
    shapes = ", ".join(written(holding.weight.shape) for holding in found[:3])
    return f"{len(found)} array{'s' if len(found) > 1 else ''} {shapes}" + (", …" if len(found) > 3 else "")
