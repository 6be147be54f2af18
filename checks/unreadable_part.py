from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Need, Repair, Safety, Severity, check, remove_faults
from kdoctor.document import ABSENT, Document, Fault
from kdoctor.faults import FaultKind
from kdoctor.pointer import Pointer
from kdoctor.target import Target

from ._architecture import architecture

FILE = {
    "config": ("config.json", "model_config"),
    "metadata": ("metadata.json", "metadata"),
    "training": ("compile_config", "training_config"),
    "objects": ("keras_metadata.pb", "keras_metadata.pb"),
}
CURABLE = (FaultKind.JSON_BOM, FaultKind.JSON_ENCODING, FaultKind.JSON_TRAILING_COMMA, FaultKind.JSON_IN_TEXT)
TWICE = {
    True: "ValueError: Expected object to be an instance of `KerasSaveable`, but got {…} of type <class 'str'>",
    False: "ValueError: The provided configuration is not a valid Keras configuration. Expected a dictionary containing a 'config' key.",
}
# Filters that are registered with the HDF Group and that hdf5plugin brings along.
FILTERS = {
    307: "bzip2", 32001: "Blosc", 32004: "LZ4", 32008: "Bitshuffle", 32013: "ZFP", 32015: "Zstandard", 32017: "SZ", 32024: "SZ3", 32026: "Blosc2",
    32028: "SPERR",
}  # fmt: skip
ENCODED_TWICE = "is a JSON text that holds the JSON: it was encoded twice"
MEANT = {
    "python": (
        "is Python's own text (str() of a dict or of bytes), not JSON",
        "JSONDecodeError: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
    ),
    "list": ("is an array of one text, not a text", "TypeError: the JSON object must be str, bytes or bytearray, not ndarray"),
    "padded": ("goes on with zero bytes behind its end", "JSONDecodeError: Extra data"),
    "closed": ("goes on with surplus brackets behind its end", "JSONDecodeError: Extra data"),
}


@check("K105", Severity.ERROR, mild=Severity.INFO, since="0.1.0")
def unreadable_part(document: Document, target: Target) -> Iterator[Finding]:
    """A part is there, but cannot be parsed.

    JSON that starts with a byte-order mark or is written in UTF-16 (a Windows editor did that), a trailing comma left by an edit
    by hand, JSON that was encoded twice, Python's own text of it (``str(config)``: single quotes, ``True``, ``None``), text that breaks off; weights whose HDF5 structure is damaged, or packed with a filter that HDF5 does not bring along (Blosc, Zstandard). Keras shows the parser's error: "Expecting property
    name enclosed in double quotes: line 1 column 2175". A byte-order mark or UTF-16 in a ``.keras`` archive, NaN and Infinity are no
    JSON either, but Keras reads them: an info. So is a damaged metadata.json, which no release of Keras 3 opens.

    The cure writes the same content as plain JSON. What cannot be parsed at all has no cure but the architecture from elsewhere
    (``--architecture``, see K104); a training state like that is left out, and the model loads without: predictions do not need it.
    """
    for at, fault in document.faults_of(*CURABLE):
        title, says = _told(document, fault)
        read = document.format.native and (fault.part == "metadata" or _detected(fault))
        yield Finding(
            at,
            f"{_name(document, fault)} {title}",
            repair=remove_faults(f"write {_name(document, fault)} as plain UTF-8 JSON", (at, fault)),
            keras_says=None if read else says,
            mild=read,
        )
    for at, fault in document.faults_of(FaultKind.JSON_CONSTANT):
        yield Finding(at, f"{_name(document, fault)} holds {fault.detail.get('first')}, which is no JSON; Keras reads it", mild=True)
    for at, fault in document.faults_of(FaultKind.JSON_MALFORMED):
        yield _malformed(document, target, at, fault)
    yield from _packed(document)
    if not document.faults_of(FaultKind.TRUNCATED):  # what is cut off cannot be read either: one cause, one finding
        for at, fault in document.faults_of(FaultKind.HDF5_UNREADABLE):
            yield _broken_hdf5(document, at, fault)


def _detected(fault: Fault) -> bool:
    """Python's json detects the UTF encodings of the bytes that the loader of ``.keras`` archives hands it."""
    return fault.kind == FaultKind.JSON_BOM or str(fault.detail.get("encoding", "")).startswith("utf")


def _told(document: Document, fault: Fault) -> tuple[str, str]:
    if fault.kind == FaultKind.JSON_IN_TEXT:
        return MEANT[fault.detail["how"]] if "how" in fault.detail else (ENCODED_TWICE, TWICE[document.format.native])
    if fault.kind == FaultKind.JSON_BOM:
        return "starts with a byte-order mark", "JSONDecodeError: Unexpected UTF-8 BOM (decode using utf-8-sig): line 1 column 1 (char 0)"
    if fault.kind == FaultKind.JSON_ENCODING:
        return f"is written in {fault.detail.get('encoding')}, not in UTF-8", "UnicodeDecodeError: 'utf-8' codec can't decode byte"
    line, column = fault.detail.get("line"), fault.detail.get("column")
    where = f"line {line} column {column}"
    return f"has a comma too many at {where}", "JSONDecodeError: Expecting property name enclosed in double quotes"


def _malformed(document: Document, target: Target, at: Pointer, fault: Fault) -> Finding:
    name, line, column = _name(document, fault), fault.detail.get("line"), fault.detail.get("column")
    needs = (Need("FILE", f"a whole {name}", f"{name} holds nothing that can be parsed"),) if fault.part == "config" else ()
    unread = document.format.native and fault.part == "metadata"
    if buffer := fault.detail.get("buffer"):
        return Finding(at, f"{buffer} is no protocol buffer: {fault.detail.get('why')}", repair=_again())
    if fault.detail.get("empty"):
        message, says = f"{name} is empty", "JSONDecodeError: Expecting value: line 1 column 1 (char 0)"
    else:
        message = f"{name} is no JSON: {fault.detail.get('why')} at line {line} column {column}"
        says = f"JSONDecodeError: {fault.detail.get('why')}: line {line} column {column}"
    if unread:
        return Finding(at, f"{message}; Keras does not open it", mild=True)
    if fault.part == "training":
        repair = remove_faults("leave out the training state; compile the model again to train it", (at, fault))
        return Finding(at, message, repair=repair, keras_says=says)
    fits, cure, asked = architecture(document, target, at, fault) if fault.part == "config" else ("", None, ())
    return Finding(at, message + fits, repair=cure or _again(), needs=asked or (() if cure else needs), keras_says=says)


def _broken_hdf5(document: Document, at: Pointer, fault: Fault) -> Finding:
    group = fault.detail.get("group") or "/"
    what = "model.weights.h5" if document.format.native else "the file"
    readable = document.weights or document.config is not ABSENT
    tail = "" if readable else "; nothing in it can be read"
    return Finding(at, f"the HDF5 structure of {what} is damaged at {group}: {fault.detail.get('why')}{tail}", repair=_again())


def _packed(document: Document) -> Iterator[Finding]:
    """All arrays that are packed alike, in one finding."""
    alike: dict[tuple[int, ...], list[tuple[Pointer, Fault]]] = {}
    for at, fault in document.faults_of(FaultKind.HDF5_FILTER):
        alike.setdefault(tuple(fault.detail.get("filters") or ()), []).append((at, fault))
    for filters, found in alike.items():
        (at, first), more = found[0], len(found) - 1
        named = ", ".join(f"{number} ({FILTERS[number]})" if number in FILTERS else str(number) for number in filters[:8])
        yield Finding(
            at,
            f"the numbers of {first.detail.get('name')!r}{f' and {more:,} more' if more else ''} are packed with the HDF5 filter {named}, which HDF5 does not have",
            repair=Repair("read it where hdf5plugin is imported, and save the model again without compression", safety=Safety.ADVICE),
            keras_says="OSError: Can't synchronously read data (can't open directory … Please verify its existence)",
        )


def _again() -> Repair:
    return Repair("get the file again from whoever wrote it", safety=Safety.ADVICE)


def _name(document: Document, fault: Fault) -> str:
    native, legacy = FILE.get(fault.part, (fault.part, fault.part))
    return native if document.format.native else legacy
