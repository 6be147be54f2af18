"""A layer of a Sequential that stands there twice, word for word, and has its weights in the file once."""

from __future__ import annotations

from collections.abc import Sequence

from kdoctor.check import Repair
from kdoctor.document import Document, Json
from kdoctor.edit import Edit, apply, same
from kdoctor.keras_api.layouts import layout_of
from kdoctor.structure.layers import Layer, layer_list
from kdoctor.structure.manifest import model_weights
from kdoctor.structure.models import Model
from kdoctor.target import Target
from kdoctor.weights.stored import accountable, accounts
from kdoctor.weights.stored_h5 import fitting, ledger


def dropped(document: Document, model: Model, later: Sequence[Layer], target: Target) -> Repair | None:
    """The cure that leaves the later entries out; None where they differ from the first, or the weights do not prove it: they are short of
    what the layers need, and all there without these."""
    items, at = layer_list(model.node)
    names = {layer.name: layer for layer in reversed(model.layers)}
    if not accountable(document) or not all(same(_saved(layer.node.raw), _saved(names[layer.name].node.raw)) for layer in later):
        return None
    numbers = {layer.number for layer in later}
    edit = Edit(at, old=items, new=[item for number, item in enumerate(items) if number not in numbers])
    if _is_complete(document, target) or not _has_enough(document, later, target) or not _is_complete(apply(document, (edit,)), target):
        return None
    told = f"{later[0].name!r} has" if len(later) == 1 else f"these {len(later)} have"
    return Repair(f"leave the repeated entry out: {told} weights once", (edit,))


def _saved(entry: Json) -> Json:
    """An entry without what it was built with, in which a copy may have been told another shape."""
    return {key: value for key, value in entry.items() if key != "build_config"} if isinstance(entry, dict) else entry


def _has_enough(document: Document, later: Sequence[Layer], target: Target) -> bool:
    """Whether the file holds as many arrays as all layers need but these; to look where each is takes as long as all of K701."""
    if not document.format.native:
        return True
    gone, length = {layer.at.keys for layer in later}, len(later[0].at.keys)
    needed = (len(row.expected) for row in accounts(document, layout_of(target)) if row.claim.node.at.keys[:length] not in gone)
    return len(model_weights(document)) >= sum(needed)


def _is_complete(document: Document, target: Target) -> bool:
    """Whether every layer has the arrays that it needs, and no layer others."""
    if document.format.native:
        rows = accounts(document, layout_of(target))
        return bool(rows) and all(row.balanced for row in rows)
    found = ledger(document)
    return found is not None and bool(found.pairs) and all(fitting(row.variables or (), group.weights) for row, group in found.pairs)
