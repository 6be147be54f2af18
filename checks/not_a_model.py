from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Need, Repair, Safety, Severity, check
from kdoctor.document import Document, Fault
from kdoctor.faults import FaultKind
from kdoctor.pointer import Pointer
from kdoctor.target import Target

from ._keras_says import cannot_open

# content -> (what it is, how to get the real file)
KNOWN = {
    "lfs-pointer": ("a Git LFS pointer, not the model itself", "fetch the model: git lfs install && git lfs pull"),
    "html": ("an HTML page, not a model: the download saved a web page", "download the raw file; the link led to a page about it"),
    "google-drive-page": (
        "Google Drive's warning page, not the model",
        "download it in a browser, or with gdown, which confirms the warning",
    ),
    "empty": ("empty: 0 bytes", "copy or download the file again"),
    "zeroed": ("nothing but zero bytes: the disk or the download never filled it", "copy or download the file again"),
    "pickle": (
        "a Python pickle, not a Keras archive; unpickling runs code",
        "load it only if you trust it, then model.save('model.keras')",
    ),
    "image": ("an image, not a model", "look for the model under another name"),
    "json": ("JSON alone, not a Keras archive", "look for the .keras or .h5 file that belongs to it"),
    "text": ("plain text, not a model", "look at its first line: it often is an error message of the download"),
    "xml": ("XML, not a model: often an error message of a storage service", "look at the message, then download again"),
    "hdf5-data": ("HDF5, but not a Keras file: no model and no layer weights in it", "look for the model that goes with this data"),
    "zip": ("a zip archive, but not one of Keras: no config.json and no weights in it", "unpack it and look for the model inside"),
}
UNKNOWN = ("nothing that Keras writes", "check where the file comes from")


@check("K101", Severity.ERROR, since="0.1.0")
def not_a_model(document: Document, target: Target) -> Iterator[Finding]:
    """The content is not a Keras file, whatever its name says.

    A Git LFS pointer, a web page, an empty file, a pickle, an image, a file that a text-mode transfer has damaged: Keras
    answers with "File not found … accessible `.keras` zip file" or "file signature not found", which sends people looking
    in the wrong place. The finding says what the content really is.

    There is no cure in the file; the finding says how to get the real one.
    """
    for at, fault in document.faults_of(FaultKind.NOT_A_MODEL, FaultKind.TEXT_MODE):
        yield _text_mode(document, at, fault) if fault.kind == FaultKind.TEXT_MODE else _foreign(document, at, fault)


def _foreign(document: Document, at: Pointer, fault: Fault) -> Finding:
    content = fault.detail.get("content", "")
    what, advice = KNOWN.get(content, (f"{content}, not a model" if content not in ("", "unknown") else UNKNOWN[0], UNKNOWN[1]))
    promised = f" (the real one has {fault.detail['size']:,} bytes)" if content == "lfs-pointer" and fault.detail.get("size") else ""
    head = fault.detail.get("head")
    quote = f"; it begins with {head!r}" if head and content not in ("lfs-pointer", "empty", "zeroed") else ""
    return Finding(
        at,
        f"the content is {what}{promised}{quote}",
        repair=Repair(advice, safety=Safety.ADVICE),
        needs=(Need("FILE", "the model itself", advice),),
        keras_says=cannot_open(document),
    )


def _text_mode(document: Document, at: Pointer, fault: Fault) -> Finding:
    what = {"hdf5": "HDF5", "zip": "a zip archive"}.get(fault.detail.get("content", ""), "binary content")
    return Finding(
        at,
        f"the content is {what} that was transferred as text: its line ends were converted, and bytes are lost",
        repair=Repair(
            "transfer it again in binary mode (FTP: binary; git: mark the file as binary in .gitattributes)", safety=Safety.ADVICE
        ),
        keras_says=cannot_open(document),
    )
