"""Masks beside states: Keras 2 hands both to a recurrent layer, Keras 3 loses the mask (layers/layer.py, "Populate mask argument(s)")."""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Need, Repair
from kdoctor.document import Document
from kdoctor.graph.initial_states import takes_states
from kdoctor.graph.masks import behind
from kdoctor.keras_api import habits
from kdoctor.keras_api.variables.table import is_builtin
from kdoctor.replacements.stated_masks import Unmasked, is_told, with_masks
from kdoctor.saved_release import origin_of
from kdoctor.structure.connections import given_to
from kdoctor.structure.models import Model, all_models, is_wrapped
from kdoctor.structure.outline import objects_named
from kdoctor.target import Target

RECURRENT = ("LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")
STATES, MASK = "initial_state", "mask"
NEED = Need("FILE", "the model without the mask, or without the states", "the target treats one of them otherwise")


def masks_beside_states(document: Document, target: Target) -> Iterator[Finding]:
    """One for each call with states and a masked input, of a file from the other side of the change (K609)."""
    saved, loses = origin_of(document), habits.LOSES_MASKS_BESIDE_STATES
    if not saved or loses.at(saved) is loses.of(target) or not any(objects_named(document, RECURRENT)):
        return
    for model in all_models(document):
        found = list(_unmasked(model)) if model.functional else []
        repair = _repair(document, model, found, target) if found and target.keras_3 else None
        for one in found:
            does = "passes over the mask that comes with" if target.keras_3 else "heeds the mask that comes with"
            yield Finding(
                one.layer.at / "inbound_nodes" / one.call,
                f"{target} {does} the input of {one.layer.class_name} {one.layer.name!r}, because it is given states; "
                f"the Keras that saved the file {'heeded' if target.keras_3 else 'passed over'} it",
                repair=repair,
                needs=() if repair else (NEED,),
                layer=one.layer.name,
                other_numbers=True,
            )


def _unmasked(model: Model) -> Iterator[Unmasked]:
    for layer in model.layers:
        if layer.class_name not in RECURRENT or not is_builtin(layer.node):
            continue
        for index, arguments in enumerate(given_to(layer)):
            names = {argument.name for argument in arguments}
            stated = STATES in names or takes_states(layer.node, layer.node.raw["inbound_nodes"][index])
            if stated and MASK not in names and (found := behind(model, arguments[0].sources[0])) is not None:
                yield Unmasked(layer, index, *found)


def _repair(document: Document, model: Model, found: list[Unmasked], target: Target) -> Repair | None:
    """All masks of a model at once. An ``.h5`` cannot hold the operations: it is written as a ``.keras`` archive first."""
    if is_wrapped(model.node.at) or not all(map(is_told, found)):
        return None
    apart = all(isinstance(one.layer.node.raw["inbound_nodes"][one.call], dict) for one in found)  # else K208 comes first
    edits = with_masks(document, model, found, target.release) if document.format.native and apart else ()
    return None if edits is None else Repair("hand the mask over as an argument", edits, native=True)
