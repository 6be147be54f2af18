"""The edits of an archive of Keras 2.12 to 2.15 that let Keras 3 go on with the optimizer's state."""

from __future__ import annotations

from kdoctor.convert.native_weights import archived
from kdoctor.convert.refusal import NotConvertible
from kdoctor.document import Document
from kdoctor.edit import Edit
from kdoctor.keras_api.slots import Style
from kdoctor.weights.optimizer import in_archive, optimizer_of
from kdoctor.weights.optimizer_state import replaced_state
from kdoctor.weights.todays_state import state_for_keras_3


def carried(document: Document) -> tuple[Edit, ...]:
    """The edits that let Keras 3 go on with the state; none where it is not known to be that of the model's variables."""
    if document.saved_by().major != 2 or any(weight.recipe is not None for weight in document.weights.values()):
        return ()
    try:
        trained = [place.weight for place in archived(document) if place.trained]
    except NotConvertible:
        return ()
    found = state_for_keras_3(document, trained)
    return () if found is None else replaced_state(document, in_archive(optimizer_of(document)[0], found, Style.KERAS_3))
