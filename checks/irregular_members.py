from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Repair, Safety, Severity, check, remove_faults
from kdoctor.document import Document, Fault
from kdoctor.faults import FaultKind
from kdoctor.pointer import Pointer
from kdoctor.target import Target

NO_CONFIG = "KeyError: \"There is no item named 'config.json' in the archive\""
NO_WEIGHTS = "ValueError: Expected a model.weights.h5 or model.weights.npz file."
NOT_LOADED = "ValueError: A total of … objects could not be loaded"


@check("K107", Severity.ERROR, mild=Severity.INFO, since="0.1.0")
def irregular_members(document: Document, target: Target) -> Iterator[Finding]:
    r"""The zip directory holds entries that do not belong, or names that Keras does not find.

    Backslashes in member names (zipped by an old Windows tool) hide every part from Keras: an error. Equal copies of a
    member and stray files such as ``__MACOSX/`` are harmless: an info. Parts of the model under absolute or climbing names are an
    error, and so are names with control characters, and a second name that some readers take instead. (K806 is about members that
    lead out of the archive and are no part of the model.)

    A part that stands in a folder of its own, or the only HDF5 file under another name (``weights.h5``), and nowhere else, is moved to where
    Keras looks for it; so are the files of a folder ``assets`` (the words of lookup layers) that stands elsewhere, or is written ``Assets``.

    The cure writes the archive with plain names, one member for each part. Copies that differ have no cure: Keras reads the last
    ("A total of 1 objects could not be loaded" when that is the wrong one), and only whoever made the archive knows which is right.
    """
    for at, fault in document.faults_of(FaultKind.BACKSLASH_NAMES):
        hidden = any(str(name).endswith("config.json") for name in fault.detail.get("names") or ())
        yield Finding(
            at,
            f"member names are written with backslashes ({_some(fault)}), so Keras finds none of them",
            repair=remove_faults("write the names with slashes", (at, fault)),
            keras_says=NO_CONFIG if hidden else NOT_LOADED,
        )
    for at, fault in document.faults_of(FaultKind.DUPLICATE_MEMBER):
        yield _duplicate(document, at, fault)
    for at, fault in document.faults_of(FaultKind.STRAY_MEMBERS):
        drop = remove_faults("leave them out", (at, fault))
        yield Finding(at, f"entries that are no part of a Keras archive: {_some(fault)}", repair=drop, mild=True)
    for at, fault in document.faults_of(FaultKind.MISPLACED):
        names = fault.detail.get("names") or {}
        told = ", ".join(f"{part} as {name!r}" for name, part in [*names.items()][:3]) + (
            f" and {len(names) - 3} more" if len(names) > 3 else ""
        )
        move = remove_faults("move it to where Keras looks", (at, fault))
        weights = any(".weights." in part for part in names.values())
        says = NO_CONFIG if "config.json" in names.values() else NO_WEIGHTS if weights else NOT_LOADED
        harmless = set(names.values()) == {"metadata.json"}
        yield Finding(
            at, f"a part stands where Keras does not look: {told}", repair=move, keras_says=None if harmless else says, mild=harmless
        )
    for at, fault in document.faults_of(FaultKind.IRREGULAR_NAMES):
        yield _irregular(document, at, fault)
    for at, fault in () if document.faults_of(FaultKind.TRUNCATED) else document.faults_of(FaultKind.UNREADABLE_MEMBER):
        advice = Repair("get the file again from whoever wrote it", safety=Safety.ADVICE)
        yield Finding(at, f"the member {fault.detail.get('name')!r} cannot be read: {fault.detail.get('why')}", repair=advice)


def _duplicate(document: Document, at: Pointer, fault: Fault) -> Finding:
    name, identical = fault.detail.get("name"), bool(fault.detail.get("identical"))
    harmless = identical or all(member.role == "stray" for member in document.members.values() if member.name == name)
    if harmless:
        told, cure = "all the same" if identical else "and is no part of the model", remove_faults(f"keep the last {name!r}", (at, fault))
    else:
        told = "with different content: Keras reads the last, other readers the first, and nothing says which one is meant"
        cure = Repair(f"unzip it, keep the {name} that is meant, and zip it again", safety=Safety.ADVICE)
    return Finding(at, f"{name!r} stands {fault.detail.get('count')} times in the archive, {told}", repair=cure, mild=harmless)


def _irregular(document: Document, at: Pointer, fault: Fault) -> Finding:
    names = frozenset(fault.detail.get("names") or ())
    parts = [member for member in document.members.values() if member.name in names and member.role in ("config", "metadata", "weights")]
    return Finding(
        at,
        f"member names that lead elsewhere or hide something: {_some(fault)}",
        repair=remove_faults("write the parts of the model under plain names" if parts else "leave them out", (at, fault)),
        keras_says=NO_CONFIG if any(member.role == "config" for member in parts) else None,
    )


def _some(fault: Fault) -> str:
    names = list(fault.detail.get("names") or ())
    shown = ", ".join(repr(name) for name in names[:3])
    return shown + (f" and {len(names) - 3} more" if len(names) > 3 else "")
