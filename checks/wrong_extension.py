from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Severity, check, remove_faults
from kdoctor.document import Document
from kdoctor.faults import FaultKind
from kdoctor.keras_api import habits
from kdoctor.target import Target

from ._keras_says import cannot_open

CONTENT = {".keras": "a .keras zip archive", ".h5": "HDF5", ".weights.h5": "HDF5 weights"}


@check("K102", Severity.ERROR, since="0.1.0")
def wrong_extension(document: Document, target: Target) -> Iterator[Finding]:
    """The content is a Keras file, but its name says another kind.

    Keras chooses the loader by the name alone: HDF5 content named ``.keras`` (TF 2.12 and older wrote that) ends in "File not
    found … Please ensure the file is an accessible `.keras` zip file", zip content named ``.h5`` in "file signature not found", an
    unzipped archive in a folder named ``.keras`` in "Is a directory".

    The cure writes the same content under the right extension; the folder becomes the archive that it is named after.
    """
    for at, fault in document.faults_of(FaultKind.WRONG_EXTENSION):
        right = fault.detail["right"]
        if fault.detail.get("content") == "folder":
            yield Finding(
                at,
                "the model is an unzipped folder, but it is named .keras: Keras opens it as a file",
                repair=remove_faults("write it as the .keras archive that its name says", (at, fault)),
                keras_says=f"IsADirectoryError: [Errno 21] Is a directory: '{document.file.get('name', '')}'",
            )
            continue
        if right == ".h5" and not habits.OPENS_BY_NAME.of(target):
            continue
        shown = fault.detail.get("extension") or "without an extension"
        yield Finding(
            at,
            f"the content is {CONTENT.get(right, right)}, but the file is named {shown}",
            repair=remove_faults(f"write it under the extension {right}", (at, fault)),
            keras_says=cannot_open(document),
        )
