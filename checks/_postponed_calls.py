"""Layers that call each other in turn: Keras 3.0 to 3.6 wait for a tensor that is not there yet where a call is a list, as Keras 2 wrote it, and fail
where it is in Keras 3's own words (deserialize_node in models/functional.py raises a ValueError; an IndexError since 3.7)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from kdoctor.check import Finding, Repair, Safety
from kdoctor.document import Document, Json
from kdoctor.edit import Edit
from kdoctor.graph.masks import makes_mask
from kdoctor.keras_api import habits
from kdoctor.keras_api.operation import of_keras_3
from kdoctor.replacements.graph_order import ordered
from kdoctor.replacements.moved_arrays import with_arrays
from kdoctor.replacements.slices import OPERATIONS
from kdoctor.replacements.small_layers import small_operation
from kdoctor.structure.layers import Layer, is_model, layer_list, layers
from kdoctor.structure.loops import Step
from kdoctor.structure.models import Model
from kdoctor.structure.naming import fresh
from kdoctor.structure.postponed import missing
from kdoctor.structure.sources import TENSOR, Source, tensors
from kdoctor.target import Target

from ._foreign_calls import in_words_of_keras_3

LATER = Repair("load it with Keras 3.7 or later, which waits for the tensors", safety=Safety.ADVICE)
LISTED = "write the calls that have to wait in the form of Keras 2, which it waits for"
COPIED = f"{LISTED}, and those of several arguments with copies that are called so"
LAST = -1  # of no calls Python takes no last one, and Keras comes back later: an operation that is called once has no other

Late: TypeAlias = Mapping[Step, tuple[Source, ...]]
Calls: TypeAlias = dict[str, list[Json]]  # what is written anew, by the layer


def postponed_calls(document: Document, model: Model, target: Target) -> Iterator[Finding]:
    """A model of which some call, in Keras 3's words, is tried before what it takes is there (K604)."""
    if not target.keras_3 or habits.WAITS_IN_ITS_OWN_WORDS.of(target):
        return
    rows = {layer.key: layer for layer in model.layers}
    late = {
        step: found
        for step, sources in missing(model.layers).items()
        if in_words_of_keras_3(rows[step[0]], step[1]) and (found := tuple(one for one in sources if one.call >= 0))
    }
    if not late:
        return
    key, index = next(iter(late))
    waited = late[key, index][0].layer
    yield Finding(
        rows[key].at / "inbound_nodes" / index,
        f"{rows[key].name!r} takes what {waited!r} makes only after other calls of the same layers; {target} does not wait for it",
        repair=_cure(document, model, late) or LATER,
        layer=rows[key].name,
        keras_says="ValueError: Layer node index out of bounds.",
    )


def _cure(document: Document, model: Model, late: Late) -> Repair | None:
    rows = {layer.key: layer for layer in model.layers}
    new: Calls = {key: [*rows[key].node.raw["inbound_nodes"]] for key, _ in late}
    copied: dict[Source, str] = {}
    taken, masks = set(rows), any(map(makes_mask, layers(document)))
    for (key, index), sources in late.items():
        listed = _listed(new[key][index])
        if listed is None and masks and not of_keras_3(rows[key].node):
            return None  # a copy hands no mask on
        if listed is None:
            for source in sources:
                if source not in copied:
                    copied[source] = fresh(f"{source.layer}_copy", taken)
                    taken.add(copied[source])
            listed = _with_copies(new[key][index], {one: copied[one] for one in sources})
        new[key][index] = listed
    if not _counted_from_zero(rows, new, copied):
        return None
    if copied and not document.format.native:
        return Repair(COPIED, native=True)
    return Repair(COPIED if copied else LISTED, _edits(document, model, new, copied))


def _edits(document: Document, model: Model, new: Calls, copied: Mapping[Source, str]) -> tuple[Edit, ...]:
    rows = {layer.key: layer for layer in model.layers}
    if not copied:
        return tuple(Edit(rows[key].at / "inbound_nodes", old=rows[key].node.raw["inbound_nodes"], new=calls) for key, calls in new.items())
    items, at = layer_list(model.node)
    changed = {rows[key].number: calls for key, calls in new.items()}
    written: Sequence[Json] = [
        {**item, "inbound_nodes": changed[number]} if number in changed else item for number, item in enumerate(items)
    ]
    added = [
        {**small_operation(OPERATIONS, "Copy", name, [source.layer]), "inbound_nodes": [[[*source, {}]]]} for source, name in copied.items()
    ]
    edit = Edit(at, old=items, new=ordered([*written, *added], model.node.config["output_layers"]))
    return with_arrays(document, (edit,))


def _listed(node: Any) -> Json:
    """A call of one tensor, or of several in one list, as Keras 2 wrote it; None for what that form has no place for."""
    args, named = node["args"], node["kwargs"]
    given = args[0] if isinstance(args, list) and len(args) == 1 else None
    several = given if isinstance(given, list) and len(given) > 1 else [given]
    plain = isinstance(named, dict) and not any(isinstance(value, (dict, list)) for value in named.values())
    if not plain or not all(isinstance(one, dict) and one.get("class_name") == TENSOR for one in several):
        return None
    return [[*tensors(one)[0], named] for one in several]


def _with_copies(value: Json, copied: Mapping[Source, str]) -> Json:
    """The same call, which takes the copies of these tensors."""
    if isinstance(value, dict) and value.get("class_name") == TENSOR:
        (source,) = tensors(value)
        if source not in copied:
            return value
        return {**value, "config": {**value["config"], "keras_history": [copied[source], LAST, 0]}}
    if isinstance(value, dict):
        return {key: _with_copies(item, copied) for key, item in value.items()}
    return [_with_copies(item, copied) for item in value] if isinstance(value, list) else value


def _counted_from_zero(rows: Mapping[str, Layer], new: Calls, copied: Collection[Source]) -> bool:
    """Whether no reader takes the calls of a nested model for counted from 1, as Keras 2 did in lists: one of them is called 0 there."""
    listed = [source for calls in new.values() for call in calls if isinstance(call, list) for source in tensors(call)]
    used: dict[str, set[int]] = {}
    for source in (*listed, *copied):
        if is_model(rows[source.layer].node):
            used.setdefault(source.layer, set()).add(source.call)
    return all(0 in numbers for numbers in used.values())
