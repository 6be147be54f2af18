from __future__ import annotations

import re
from collections.abc import Iterator

from kdoctor.check import Finding, Repair, Safety, Severity, check, remove_faults
from kdoctor.document import Document, Fault, Json
from kdoctor.faults import FaultKind
from kdoctor.pointer import Pointer
from kdoctor.security.exhausting import immediate_calls, slow_patterns
from kdoctor.security.misleading import mistaken_for
from kdoctor.structure.models import all_models
from kdoctor.structure.outline import outline
from kdoctor.target import Target

DEPTHS = {"json_depth": "levels of nesting in JSON", "json_values": "values in one JSON part", "hdf5_depth": "levels of HDF5 groups"}
HALF = re.compile("[\ud800-\udfff]")
CONTENTS = {"zip": "a zip archive", "hdf5": "HDF5", "keras-dir": "an unzipped .keras archive", "saved-model": "a SavedModel"}


@check("K810", Severity.ERROR, mild=Severity.INFO, since="0.1.0")
def hostile_structure(document: Document, target: Target) -> Iterator[Finding]:
    """The file is built to exhaust or to mislead its readers.

    JSON nested thousands of levels deep, HDF5 groups nested without end, the same key twice in one JSON object so that one reader
    sees one value and another reader the other; two attributes or links of one name in HDF5; a file that is a zip to one reader and HDF5
    to another; a folder that is an unzipped archive to Keras 3 and a SavedModel to Keras 2. No Keras writes any of these. Of a file that is two things the finding says which one Keras opens, by the file's
    name: that one is examined.

    A class, function or module whose name only looks like that of another (``Lаmbda`` with a Cyrillic letter, letters that cannot be seen),
    a member that overwrites a part of the model where the archive is unpacked (``CONFIG.JSON``, ``./config.json``), and another archive in
    front of the one that Keras reads, two end records, and half a pair of surrogates in a name are there to show one model to whoever looks, and another to whoever loads.

    The keys of a DTypePolicyMap are expressions, and Keras matches them with the name of each layer: ``(a+)+`` against a name of 35 letters takes
    hours (seen in 3.6, 3.12 and 3.15.1). An operation that is called with constants alone is computed while the file loads: one number in the
    file fills the memory. No release refuses either.

    Bytes before HDF5 content (a user block) are read by nobody's Keras, and a way to carry something along: blank ones are an info.
    With ``--unsafe``, or ``--partial``, the content that Keras opens is written anew, and what stands beside it is left behind. Whoever
    put it there may have meant something by it, so nothing is dropped unasked.
    """
    for at, fault in document.faults_of(FaultKind.LIMIT):
        limit = fault.detail.get("limit")
        if limit in DEPTHS:
            yield Finding(at, f"more than {fault.detail.get('allowed'):,} {DEPTHS[limit]} ({fault.part})")
    for at, fault in document.faults_of(FaultKind.JSON_DUPLICATE_KEYS):
        keys = ", ".join(repr(key) for key in list(fault.detail.get("keys") or ())[:3])
        yield Finding(at, f"the same key stands twice in one JSON object ({keys}): readers disagree on what the file says")
    for at, fault in document.faults_of(FaultKind.HDF5_SAME_NAME):
        what, name, group = (fault.detail.get(key) for key in ("what", "name", "group"))
        told = f"a link of {group} has the name {name!r}" if what == "path" else f"two {what}s of {group} have the same name {name!r}"
        yield Finding(at, f"{told}: readers disagree on which one counts")
    for at, fault in document.faults_of(FaultKind.POLYGLOT):
        contents = " and ".join(CONTENTS.get(content, content) for content in fault.detail.get("contents") or ())
        yield Finding(at, f"the file is {contents} at once: {_examined(fault)}", repair=None if _is_folder(fault) else _alone(at, fault))
    yield from _exhausting(document)
    yield from _misleading_names(document)
    yield from _halved_names(document)
    yield from _misleading_archives(document)
    for at, fault in document.faults_of(FaultKind.USER_BLOCK):
        yield _user_block(at, fault)


def _is_folder(fault: Fault) -> bool:
    return fault.detail.get("read") == "keras-dir"


def _examined(fault: Fault) -> str:
    read = CONTENTS.get(str(fault.detail.get("read")), "")
    return "Keras 3 opens the one, and Keras 2 the other" if _is_folder(fault) else f"examined is {read}, which Keras opens under this name"


def _exhausting(document: Document) -> Iterator[Finding]:
    for pattern in slow_patterns(document):
        yield Finding(
            pattern.at, f"the expression {pattern.text[:60]!r} is matched with the name of each layer, and may never come to an end"
        )
    for node in immediate_calls(document):
        told = (
            f"{node.class_name} {node.name!r} is called with constants alone: Keras computes that while it loads the file, of whatever size"
        )
        yield Finding(node.at, f"{told}, and writes no such call", layer=node.name)


def _misleading_archives(document: Document) -> Iterator[Finding]:
    for at, fault in document.faults_of(FaultKind.COLLIDING_NAMES):
        names = ", ".join(f"{name!r} with {part!r}" for name, part in list((fault.detail.get("names") or {}).items())[:3])
        yield Finding(at, f"names of members are one where the archive is unpacked ({names}): readers disagree on what the file says")
    for at, fault in document.faults_of(FaultKind.LEADING_BYTES):
        if str(fault.detail.get("head")).startswith("PK"):
            yield Finding(at, "another archive stands before the one that Keras reads: readers disagree on what the file says")
    for at, _ in document.faults_of(FaultKind.TWO_DIRECTORIES):
        yield Finding(at, "the archive has two end records, which lead to two directories: readers disagree on what the file says")


def _misleading_names(document: Document) -> Iterator[Finding]:
    seen: set[str] = set()
    together: set[tuple[Json, ...]] = set()  # thousands of objects have the same few
    for part, keys, raw in outline(document).found:  # where every word stands that stands anywhere, and first
        named = raw["class_name"]
        words = (named, raw.get("module"), raw.get("registered_name"), raw["config"] if named == "function" else None)
        try:
            if words in together:
                continue
            together.add(words)
        except TypeError:  # one of them is a list or a dict
            pass
        for word in words:
            if not isinstance(word, str) or word in seen:
                continue
            seen.add(word)
            if (looks := mistaken_for(word)) is not None:
                odd = ", ".join(f"U+{ord(letter):04X}" for letter in word if not (letter.isascii() and letter.isprintable()))
                yield Finding(Pointer(part, keys), f"a name that looks like {looks!r} is written with {odd}, and is another")


def _halved_names(document: Document) -> Iterator[Finding]:
    """One finding for all names that hold half a pair: a name becomes part of paths, and a path is UTF-8."""
    halved = [layer for model in all_models(document) for layer in model.layers if not layer.name.isascii() and HALF.search(layer.name)]
    if halved:
        more = f", and those of {len(halved) - 1:,} more" if len(halved) > 1 else ""
        yield Finding(
            halved[0].at,
            f"the name {halved[0].name!a}{more} holds half a pair of surrogates, which is no letter: no Keras writes it",
            keras_says="UnicodeEncodeError: 'utf-8' codec can't encode character … surrogates not allowed",
        )


def _user_block(at: Pointer, fault: Fault) -> Finding:
    count, blank = fault.detail.get("count", 0), bool(fault.detail.get("blank"))
    begins = "all of them blank" if blank else f"which begin with {fault.detail.get('head')!r}"
    message = f"{count:,} bytes stand before the HDF5 content, {begins}: no Keras writes any"
    return Finding(at, message, repair=None if blank else _alone(at, fault), mild=blank)


def _alone(at: Pointer, fault: Fault) -> Repair:
    return remove_faults("write the content that Keras opens anew, without what stands beside it", (at, fault), safety=Safety.UNSAFE)
