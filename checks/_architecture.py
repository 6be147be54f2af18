"""The cure of a whole file that has lost its architecture: the one that its user has, if it is that of the weights."""

from __future__ import annotations

from kdoctor.check import Need, Repair, Safety
from kdoctor.convert.refusal import NotConvertible
from kdoctor.document import ABSENT, Document, Fault
from kdoctor.edit import Edit
from kdoctor.pointer import Pointer
from kdoctor.target import Target

from ._fitting import fitting

CONFIG = Pointer("config")
UNTOLD = "no array tells activations, strides, or which layer is called behind which: they are as your architecture has them"


def architecture(document: Document, target: Target, at: Pointer, fault: Fault) -> tuple[str, Repair | None, tuple[Need, ...]]:
    """What to add to the message of a finding about the fault, the cure, and what is needed for one; nothing without weights."""
    if not document.weights or document.config is not ABSENT:
        return "", None, ()
    fits, needs = fitting(document)
    given = target.given.architecture
    if given is None:
        return fits, None, needs
    from kdoctor.convert.assembly import restored  # few files have lost their architecture, and the converter is dear to import

    try:
        whole = restored(document, target)
    except NotConvertible as refusal:
        return f"{fits}; the one you gave does not fit: {refusal}", None, needs
    edits = (Edit(CONFIG, old=ABSENT, new=whole.config), Edit(at, old=fault, new=ABSENT))
    told, safety = against(document, whole, target)
    return (
        f"{fits}{told}",
        Repair(f"write the architecture you gave: every variable of its layers has its array; {UNTOLD}", edits, safety),
        (),
    )


def against(weights: Document, whole: Document, target: Target) -> tuple[str, Safety]:
    """What the file tells against an architecture that every array fits, for the end of a message, and whether to write it unasked all the same."""
    from kdoctor.convert.contradictions import contradictions

    found = contradictions(weights, whole, target)
    if not found:
        return "", Safety.SAFE
    return f"; every array fits the one you gave, but it is another: {', and '.join(found)}", Safety.UNSAFE
