"""The training state that the user gave (``--compile``), in the place of what the file says."""

from __future__ import annotations

from collections.abc import Mapping

from kdoctor.check import Repair
from kdoctor.document import Document, Json
from kdoctor.edit import Edit
from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.pointer import Pointer
from kdoctor.structure.objects import model_of
from kdoctor.target import StateWish, Target, Training
from kdoctor.training.said_outputs import for_outputs
from kdoctor.training.words import training_part
from kdoctor.weights.optimizer import COUNTERS
from kdoctor.weights.optimizer_state import state_arrays, without_state

AT = Pointer("training")


def as_given(document: Document, target: Target) -> Repair | None:
    """Write it in place of the one in the file, if any; None where none was given. The state of an optimizer that is there would bring its
    learning rate back: it goes, unless the user keeps it."""
    given = target.given.training
    if given is None:
        return None
    state = (
        () if target.given.state is StateWish.KEEP else without_state(document, _settings(given, target), COUNTERS if target.keras_3 else 1)
    )
    # up to Keras 2.2 no list in a list is taken, and in an .h5 of any Keras 2 a list alone is that of each output
    ends = _ends(document) if document.format.native or target.keras_3 else None
    said = for_outputs(given, document, target)
    written = Edit(AT, old=document.training, new=training_part(said, document.format, ends))
    learned = state and state_arrays(document)
    title = "write the training state you gave" + ("; what the optimizer had learned goes (--keep-optimizer keeps it)" if learned else "")
    return Repair(title, (written, *state))


def _settings(given: Training, target: Target) -> Mapping[str, Json]:
    """All settings of the optimizer: its learning rate is stored, whether it was given or is the default."""
    known = Catalogue.load(target.release, target.family).function("optimizer", given.optimizer)
    return {**(known.parameters if known is not None else {}), **given.arguments}


def _ends(document: Document) -> Json:
    model = model_of(document)
    return None if model is None else model.config.get("output_layers")
