"""From a planned repair to the same model in another container or dialect: what is cured before, what is cured after, what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kdoctor.check import Check, Repair
from kdoctor.container import Container
from kdoctor.convert.conversion import convert
from kdoctor.convert.refusal import NotConvertible
from kdoctor.document import Document
from kdoctor.engine import Applied, Plan, examine, plan, settled
from kdoctor.faults import FaultKind
from kdoctor.target import Target


def migrated(repaired: Plan, target: Target, checks: Sequence[Check], container: Container) -> Plan:
    """The plan of a conversion, from that of the file's repair: the repaired document in the container, examined and cured again there.

    A document that is in it already is left as the repair has it.
    """
    if repaired.after.obstacles or repaired.after.failures or repaired.refused:
        return repaired
    path, document = repaired.after.path, repaired.after.document
    stored, document = document, document if target.keras_3 else _named_anew(document)
    if not target.keras_3 and document.faults:
        return replace(repaired, refused="the file itself is damaged: see `kdoctor inspect`")
    try:
        made = convert(document, target, container)
    except NotConvertible as refusal:
        return replace(repaired, refused=str(refusal))
    if lost := made.unwanted(target):
        return replace(repaired, refused=lost)
    if made.document is stored:
        kind = "an .h5" if container is Container.H5 else "a .keras"
        already = f"it is {kind} of Keras {target.minor[0]} already: there is nothing to convert"
        return repaired if target.keras_3 or repaired.changes else replace(repaired, refused=already, pointless=True)
    again = plan(made.document, target, checks, path)
    found = Plan(repaired.before, again.after, (*repaired.applied, *again.applied), True, (*repaired.notes, *made.notes))
    if again.after.document.format is container.format:
        return found
    title = next((one.repair.title for one in again.applied if one.repair.native), "it needs the other container")
    return replace(found, refused=f"the model cannot live in an .{container.value}: {title}")


def _named_anew(document: Document) -> Document:
    """The document without the offence of a name that says another kind, which Keras 2 forgives and what is written does not have."""
    kept = {at: fault for at, fault in document.faults.items() if fault.kind != FaultKind.WRONG_EXTENSION}
    return document if len(kept) == len(document.faults) else document.replacing({**document.parts, "faults": kept})


def with_its_numbers(repaired: Plan, target: Target, checks: Sequence[Check], *, unsafe: bool) -> Plan:
    """The plan of a file's repair, and with it what lets the target compute the same, which other words alone do not; refused without that."""
    path, document = repaired.after.path, repaired.after.document
    found = [one for one in examine(document, target, checks, path).errors if one.finding.other_numbers]
    document, made = settled(document, found, unsafe=unsafe)
    cures = [each.repair for each in made]
    refused = next((one.finding.message for one in found if one.finding.repair not in cures), "")
    return replace(repaired, after=replace(repaired.after, document=document), applied=(*repaired.applied, *made), refused=refused)


def told_for(conversion: Plan, target: Target, checks: Sequence[Check]) -> Plan:
    """A conversion that went by way of the newest Keras, with what is found said of the target that was asked about: what its words cure,
    or of what keeps the newest from loading the file, that which keeps the target, too."""
    known = conversion.before
    asked = replace(examine(known.document, target, checks, known.path), seconds=known.seconds)
    if conversion.converted:
        return replace(as_repair(replace(conversion, before=asked), conversion), converted=True)
    codes = {found.check.code for found in conversion.after.obstacles}
    shared = tuple(found for found in asked.obstacles if found.check.code in codes)
    after = replace(asked, findings=shared) if shared and not conversion.after.failures else conversion.after
    return replace(conversion, before=asked, after=after)


def as_repair(planned: Plan, conversion: Plan) -> Plan:
    """A conversion as the repair of what was found wrong with the file; ``planned`` is the repair that does not suffice."""
    causes = {error.check.code: error.check for error in planned.before.obstacles if not error.finding.other_numbers}
    said = Repair(f"write the model in the words of {planned.before.target}")
    applied = (*conversion.applied, *(Applied(check, said) for check in causes.values()))
    return replace(conversion, before=planned.before, applied=applied, converted=False)
