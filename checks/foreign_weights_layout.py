from __future__ import annotations

import json
from collections.abc import Iterator

from kdoctor.check import Finding, Need, Repair, Severity, check
from kdoctor.document import ABSENT, Document
from kdoctor.edit import Edit
from kdoctor.faults import FaultKind
from kdoctor.keras_api.layouts import CHECKPOINT, LAYERS, layout_of
from kdoctor.pointer import Pointer
from kdoctor.target import Target
from kdoctor.weights.old_assets import moved_words
from kdoctor.weights.rearrange import Rearrangement, edits, relocations
from kdoctor.weights.stored import accountable
from kdoctor.weights.stored_h5 import Group, ledger, ordered
from kdoctor.weights.unlisted import in_full

LISTS = ("layer_names", "weight_names")
OLD_ASSETS = "assets/_layer_checkpoint_dependencies/"


@check("K607", Severity.ERROR, since="0.1.0")
def foreign_weights_layout(document: Document, target: Target) -> Iterator[Finding]:
    """All weights are in the file, under paths or lists that the target does not follow.

    Keras 3 opens ``layers/dense_1/vars/0``. Keras 2.13 numbered its layers otherwise (dense, dense_2, dense_4), Keras 2.13 to 2.15 kept
    the projections of a MultiHeadAttention as ``_query_dense``, and wrote backslashes into the paths on Windows: "Layer 'dense_1'
    expected 2 variables, but received 0 variables during loading". Keras 2.14 and 2.15 do not count a layer that they have saved in an earlier
    model, so that the next one of its class stands in its place, where not even they look for it. In an ``.h5`` a group without its ``weight_names`` counts for
    nothing: "Layer count mismatch when loading weights from file. Model expected 2 layers, found 1 saved layers".

    The words that a layer learned, which Keras 2.13 kept in such a folder of the archive, are moved where every file of it belongs to one
    lookup layer of the model, and every such layer has one; else they are named without a cure.

    The cure moves the arrays, whose bytes stay as they are, or writes the list, where shapes and names leave one order alone.
    """
    if document.format.native and target.keras_3:
        yield from _words_elsewhere(document, target)
    if not document.format.native:
        yield from _in_a_text(document)
    if not accountable(document):
        return
    if document.format.native:
        for found in relocations(document, layout_of(target)):
            yield _moved(document, found)
    else:
        yield from _unlisted(document)


def _words_elsewhere(document: Document, target: Target) -> Iterator[Finding]:
    """Vocabularies of Keras 2.13: arrays under its old folder are found, assets are not (saving_lib.DiskIOStore)."""
    for key, member in document.members.items():
        if OLD_ASSETS in member.name:
            moves = moved_words(document)
            need = Need("FILE", "the model saved anew by Keras 2.14 or 2.15", "they put the words where Keras 3 looks")
            yield Finding(
                Pointer("members", (key,)),
                f"{member.name} is not looked for there: {target} takes assets/layers/… alone",
                repair=Repair(f"move {len(moves)} files of words to where {target} looks", moves) if moves else None,
                needs=() if moves else (need,),
                keras_says="ValueError: A total of 2 objects could not be loaded. … expected str, bytes or os.PathLike object, not NoneType",
            )
            return


def _plain(group: str) -> str:
    """A group under the folder of today: one that the target opens as well is kept."""
    return group.replace(CHECKPOINT, LAYERS)


def _moved(document: Document, found: Rearrangement) -> Finding:
    account = next((account for account in found.accounts if account.missing), found.accounts[0])
    groups = {_plain(new.rpartition("/vars/")[0]) for _, new in found.moves}
    count = len({account.claim.place for account in found.accounts if _plain(account.group) in groups})
    return Finding(
        account.claim.node.at,
        f"the weights of {account.claim.name!r}{f' and {count - 1} more' if count > 1 else ''} stand under {found.why}; "
        f"the target opens {account.group}",
        repair=Repair(f"move {len(found.moves)} arrays to where the target looks", edits(document, found.moves), first=True),
        layer=account.claim.name,
        keras_says=f"ValueError: Layer '{account.claim.name}' expected {len(account.expected)} variables, but received 0 variables "
        "during loading.",
    )


def _in_a_text(document: Document) -> Iterator[Finding]:
    """A list of names that is one text: the loader takes each of its letters for a name."""
    for group, values in document.attributes.items():
        for name in LISTS:
            text = values.get(name)
            if not isinstance(text, str):
                continue
            at = Pointer("attributes", (group, name))
            names = _names_in(text)
            yield Finding(
                at,
                f"{name} of {group} is one text, {text[:60]!r}, not a list of names",
                repair=None
                if names is None
                else Repair(f"write it as a list of {len(names)} names", (Edit(at, old=text, new=names),), first=True),
                needs=() if names else (Need("FILE", "the file as it was saved", "the list of names cannot be read"),),
                keras_says=f"KeyError: {text[:1]!r}",
            )


def _names_in(text: str) -> list[str] | None:
    """The names in the JSON of a list, or in Python's text of one; a name alone is a list of one."""
    if not text.lstrip().startswith("["):
        return [text] if text and text.strip("[](){}\"', ") == text else None
    try:
        found = json.loads(text if '"' in text else text.replace("'", '"'))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, list) and all(isinstance(name, str) for name in found) else None


def _unlisted(document: Document) -> Iterator[Finding]:
    """Groups that hold arrays and do not list them."""
    found = ledger(document)
    if found is None:
        return
    layers = {layer.name: layer for layer in reversed(found.layers)}
    for group in found.groups:
        if group.names or not group.arrays:
            continue
        layer = layers.get(group.name)
        order = None if layer is None or not layer.variables else ordered(layer.variables, group.arrays) or in_full(layer, group)
        yield Finding(
            group.at,
            f"the group {group.name!r} holds {len(group.arrays)} arrays, but its weight_names lists none: the target passes it over",
            repair=None
            if order is None
            else Repair(f"list them in the order of the layer: {', '.join(order)}", _listing(document, group, order), first=True),
            layer=group.name,
            keras_says=f"ValueError: Layer count mismatch when loading weights from file. Model expected {found.least} layers, "
            f"found {len(found.filled)} saved layers.",
        )


def _listing(document: Document, group: Group, order: tuple[str, ...]) -> tuple[Edit, ...]:
    """Write weight_names, and with it the end of the fault that told of its absence."""
    values = document.attributes.get(group.path, {})
    cured = tuple(
        Edit(at, old=fault, new=ABSENT)
        for at, fault in document.faults_of(FaultKind.MISSING_PART)
        if fault.detail.get("name") == "weight_names" and fault.detail.get("group") == group.path
    )
    return (Edit(group.at / "weight_names", old=values.get("weight_names", ABSENT), new=list(order)), *cured)
