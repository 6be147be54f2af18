from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Severity, check, remove_faults
from kdoctor.document import Document
from kdoctor.faults import FaultKind
from kdoctor.target import Target

from ._keras_says import cannot_open

HOW = {
    "folder": ("the parts of the archive stand under the folder {name!r}", "move the parts to the top of the archive"),
    "zip": ("the model is packed inside another zip, as {name!r}", "take the inner archive out"),
    "tar": ("the model is packed inside a tar archive, as {name!r}", "take the model out"),
    **{packing: (f"the file is packed with {packing}", "unpack it") for packing in ("gzip", "bzip2", "xz")},
}


SAYS = {
    "config": "UnicodeDecodeError: 'utf-8' codec can't decode byte 0x8b in position 1: invalid start byte",
    "weights": "OSError: Unable to synchronously open file (file signature not found)",
}


@check("K106", Severity.ERROR, mild=Severity.INFO, since="0.1.0")
def wrapped_archive(document: Document, target: Target) -> Iterator[Finding]:
    """The model is whole, but packed once more than Keras expects.

    Someone unpacked the ``.keras`` archive and zipped the folder ("There is no item named 'config.json' in the archive"), put it
    into another zip or a tar, or packed an ``.h5`` with gzip, bzip2 or xz ("file signature not found"), or one of the
    parts inside the archive.

    The cure takes the packing off; the bytes of the model stay as they are.
    """
    for at, fault in document.faults_of(FaultKind.PACKED_PART):
        unread = fault.part == "metadata"
        yield Finding(
            at,
            f"{fault.detail.get('name')!r} is packed with gzip inside the archive" + ("; Keras does not open it" if unread else ""),
            repair=remove_faults("unpack it", (at, fault)),
            keras_says=None if unread else SAYS[fault.part],
            mild=unread,
        )
    for at, fault in document.faults_of(FaultKind.WRAPPED):
        how = fault.detail.get("how", "")
        message, title = HOW[how]
        says = "KeyError: \"There is no item named 'config.json' in the archive\"" if how in ("folder", "zip") else cannot_open(document)
        yield Finding(at, message.format(name=fault.detail.get("name", "")), repair=remove_faults(title, (at, fault)), keras_says=says)
