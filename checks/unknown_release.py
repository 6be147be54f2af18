from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Severity, check
from kdoctor.document import Document, Format
from kdoctor.keras_api.catalogue import Catalogue, releases
from kdoctor.pointer import Pointer
from kdoctor.target import Target


@check("K613", Severity.INFO, since="0.1.0")
def unknown_release(document: Document, target: Target) -> Iterator[Finding]:
    """The target is newer than the newest Keras that this kdoctor knows.

    Each release adds and refuses arguments, so nobody can tell yet whether it loads the file. It is judged as the newest known release
    would; an update of kdoctor brings the facts.
    """
    if document.format is not Format.OTHER and _later(target.release, releases()[-1]):
        known = Catalogue.load(target.release, target.family).known_release
        yield Finding(
            Pointer("file"),
            f"{target} is newer than this kdoctor knows; judged as Keras {known} would load it",
            undecided=True,
        )


def _later(one: str, other: str) -> bool:
    """Whether a release comes after another one's minor release: patches do not change what is accepted."""
    return tuple(int(part) for part in one.split(".")[:2]) > tuple(int(part) for part in other.split(".")[:2])
