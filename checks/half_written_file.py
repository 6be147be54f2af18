from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from kdoctor.check import Finding, Need, Repair, Safety, Severity, check
from kdoctor.document import Document
from kdoctor.target import Target
from kdoctor.weights.stored_h5 import Group, ledger


@check("K612", Severity.ERROR, since="0.1.0")
def half_written_file(document: Document, target: Target) -> Iterator[Finding]:
    """A save that crashed left the file behind: it opens, and parts of it were never written.

    An ``.h5`` is written in place, group by group. Keras 3.0 gave both directions of a Bidirectional the same names, and failed at the
    second one: "Unable to synchronously create dataset (name already exists)". The file has the list of all weights, the arrays of the
    first direction alone, and nothing of the layers after it; Keras 3.15 loads such a model, and it computes something else.

    There is no cure: the numbers are not in the file. Save the model again, as ``.keras``.
    """
    found = None if document.format.native else ledger(document)
    for group in found.groups if found is not None else ():
        twice = [name for name, count in Counter(group.names).items() if count > 1]
        if twice:
            rest = sum(not other.there for other in found.groups) if found is not None else 0
            yield _finding(group, twice[0], rest)


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
