from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Repair, Safety, Severity, check, remove_faults
from kdoctor.document import Document, Fault
from kdoctor.faults import FaultKind
from kdoctor.pointer import Pointer
from kdoctor.target import Target

NO_CONFIG = "KeyError: \"There is no item named 'config.json' in the archive\""


@check("K107", Severity.ERROR, mild=Severity.INFO, since="0.1.0")
def irregular_members(document: Document, target: Target) -> Iterator[Finding]:
    r"""The zip directory holds entries that do not belong, or names that Keras does not find.

    Backslashes in member names (zipped by an old Windows tool) hide every part from Keras: an error. Duplicate members, of which
    Keras reads the last, and stray files such as ``__MACOSX/`` are harmless: an info. Names that are absolute or climb (``..``)
    are an error, whoever reads the archive.

    The cure writes the archive with plain names, one member for each part.
    """
    for at, fault in document.faults_of(FaultKind.BACKSLASH_NAMES):
        yield Finding(
            at,
            f"member names are written with backslashes ({_some(fault)}), so Keras finds none of them",
            repair=remove_faults("write the names with slashes", (at, fault)),
            keras_says=NO_CONFIG,
        )
    for at, fault in document.faults_of(FaultKind.DUPLICATE_MEMBER):
        yield _duplicate(at, fault)
    for at, fault in document.faults_of(FaultKind.STRAY_MEMBERS):
        yield Finding(at, f"entries that are no part of a Keras archive: {_some(fault)}", repair=_drop(at, fault), mild=True)
    for at, fault in document.faults_of(FaultKind.IRREGULAR_NAMES):
        yield Finding(at, f"member names that lead out of the archive or hide something: {_some(fault)}", repair=_drop(at, fault))
    for at, fault in () if document.faults_of(FaultKind.TRUNCATED) else document.faults_of(FaultKind.UNREADABLE_MEMBER):
        advice = Repair("get the file again from whoever wrote it", safety=Safety.ADVICE)
        yield Finding(at, f"the member {fault.detail.get('name')!r} cannot be read: {fault.detail.get('why')}", repair=advice)


def _duplicate(at: Pointer, fault: Fault) -> Finding:
    name, identical = fault.detail.get("name"), bool(fault.detail.get("identical"))
    told = "all the same" if identical else "with different content; Keras reads the last"
    title = f"keep the last {name!r}, as Keras does"
    return Finding(
        at,
        f"{name!r} stands {fault.detail.get('count')} times in the archive, {told}",
        repair=remove_faults(title, (at, fault)),
        mild=identical,
    )


def _drop(at: Pointer, fault: Fault) -> Repair:
    return remove_faults("leave them out", (at, fault))


def _some(fault: Fault) -> str:
    names = list(fault.detail.get("names") or ())
    shown = ", ".join(repr(name) for name in names[:3])
    return shown + (f" and {len(names) - 3} more" if len(names) > 3 else "")
