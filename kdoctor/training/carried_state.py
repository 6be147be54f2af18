"""The optimizer's state of an archive of Keras 2.12 to 2.15 as Keras 3 stores it: with the learning rate beside the steps, in today's order."""

from __future__ import annotations

from kdoctor.convert.native_weights import archived
from kdoctor.convert.refusal import NotConvertible
from kdoctor.document import Document
from kdoctor.edit import Edit
from kdoctor.keras_api.slots import Style
from kdoctor.weights.optimizer import arranged, optimizer_of, stored_state
from kdoctor.weights.optimizer_state import replaced_state


def carried(document: Document) -> tuple[Edit, ...]:
    """The edits that let Keras 3 go on with the state; none where it is not known to be that of the model's variables."""
    if document.saved_by().major != 2 or any(weight.recipe is not None for weight in document.weights.values()):
        return ()
    try:
        trained = [place.weight for place in archived(document) if place.trained]
    except NotConvertible:
        return ()
    state = stored_state(document, trained)
    found = None if state is None else arranged(state, *optimizer_of(document), Style.KERAS_3)
    return () if found is None else replaced_state(document, found)
