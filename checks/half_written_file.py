from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from kdoctor.check import Finding, Need, Repair, Safety, Severity, check, remove_faults
from kdoctor.document import Document, Fault, Format
from kdoctor.faults import FaultKind
from kdoctor.pointer import Pointer
from kdoctor.target import Target
from kdoctor.weights.stored_h5 import Group, ledger

OPEN_FOR_WRITING = (
    "OSError: Unable to synchronously open file (file is already open for write (may use <h5clear file> to clear file consistency flags))"
)


@check("K612", Severity.ERROR, mild=Severity.INFO, since="0.1.0")
def half_written_file(document: Document, target: Target) -> Iterator[Finding]:
    """A save that crashed left the file behind: it opens, and parts of it were never written.

    An ``.h5`` is written in place, group by group. Keras 3.0 gave both directions of a Bidirectional the same names, and failed at the
    second one: "Unable to synchronously create dataset (name already exists)". The file has the list of all weights, the arrays of the
    first direction alone, and nothing of the layers after it; Keras 3.15 loads such a model, and it computes something else.

    There is no cure: the numbers are not in the file. Save the model again, as ``.keras``.

    HDF5 of the newer kind (``libver="latest"``) carries a mark while a program writes it. Where that program was killed, or never closed
    the file, the mark is still there, and ``load_model`` says "file is already open for write (may use <h5clear file> to clear file
    consistency flags)". Where the file ends where it says, and all of it can be read, everything was written out: the cure writes the
    file anew, without the mark. Else nobody knows what is missing, and ``--partial`` keeps what is there. Within a ``.keras`` archive Keras
    does not mind the mark, unless it unpacks the weights first.
    """
    for at, fault in document.faults_of(FaultKind.HDF5_UNCLOSED):
        yield _unclosed(document, at, fault)
    found = None if document.format.native else ledger(document)
    for group in found.groups if found is not None else ():
        twice = [name for name, count in Counter(group.names).items() if count > 1]
        if twice:
            rest = sum(not other.there for other in found.groups) if found is not None else 0
            yield _finding(group, twice[0], rest)


def _unclosed(document: Document, at: Pointer, fault: Fault) -> Finding:
    settled, packed = bool(fault.detail.get("settled")), document.format is Format.KERAS_ZIP
    told = "all of it was written out" if settled else "what it wrote last may be missing"
    what, it = ("the weights", "them") if packed else ("this file", "it")
    return Finding(
        at,
        f"the program that wrote {what} never closed {it}, or is at it still; {told}",
        repair=remove_faults("write it anew, closed", (at, fault))
        if settled
        else Repair("save the model again (--partial keeps what is there)", safety=Safety.ADVICE),
        needs=() if settled else (Need("FILE", "the whole model", "numbers that are not in the file cannot be made up"),),
        keras_says=OPEN_FOR_WRITING,
        mild=packed and settled,
    )


def _finding(group: Group, twice: str, rest: int) -> Finding:
    after = f", and the groups of {rest} layers after it are not there" if rest else ""
    return Finding(
        group.at,
        f"the save that wrote this file crashed in the layer {group.name!r}: it lists {len(group.names)} arrays, {twice!r} more than once, "
        f"and holds {len(group.arrays)}{after}",
        repair=Repair("save the model again, as .keras", safety=Safety.ADVICE),
        needs=(Need("FILE", "the whole model", "numbers that are not in the file cannot be made up"),),
        layer=group.name,
    )
