"""The optimizer's state in a file as Keras 3 stores it: with the learning rate beside the steps, in today's order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from kdoctor.document import Document, Json, Weight
from kdoctor.keras_api.loss_scaling import SCALING, computing
from kdoctor.keras_api.slots import Style, has_rate
from kdoctor.keras_api.state_shapes import Trained, state_shapes
from kdoctor.target import Target
from kdoctor.weights.adafactor import NAME, filled
from kdoctor.weights.optimizer import arranged, fresh, optimizer_of, own_counters, stored_list, stored_state, style_of
from kdoctor.weights.optimizer_state import is_text


def state_for_keras_3(document: Document, trained: Sequence[Weight]) -> tuple[Weight, ...] | None:
    """The optimizer's arrays as Keras 3 stores them, in order; None where they do not map."""
    name, config = optimizer_of(document)
    state = stored_state(document, trained)
    return _of_adafactor(document, name, config, trained) if state is None else arranged(state, name, config, Style.KERAS_3)


def state_as_stored(document: Document, trained: Sequence[Weight], target: Target) -> tuple[Weight, ...] | None:
    """The list of an ``.h5`` of Keras 3 as it is, which is that of an archive of the same release; None where its shapes are not those of these
    variables' state. It may be in another order than the target's, which is a matter for the archive: `kdoctor.training.state_order`.

    This takes along what is no slot: gathered gradients, the product of a Nadam.
    """
    if document.format.native or style_of(document) is not Style.KERAS_3:
        return None
    arrays = stored_list(document)
    expected = state_shapes(*optimizer_of(document), [Trained(weight.shape, None) for weight in trained], target)
    if expected is None or Counter(expected) != Counter(tuple(weight.shape) for weight in arrays):
        return None
    return None if any(is_text(weight) for weight in arrays) else arrays


def _of_adafactor(document: Document, name: str, config: Mapping[str, Json], trained: Sequence[Weight]) -> tuple[Weight, ...] | None:
    """It keeps more than slots."""
    computes, arrays = computing(name, config), stored_list(document)
    if style_of(document) is not Style.KERAS_2 or computes is None or computes[0] != NAME or computes[1].get("use_ema"):
        return None
    if len(arrays) <= 1 or arrays[0].shape:
        return None
    own = own_counters((), config) if name == SCALING else ()
    within = filled(arrays[1:], trained, bare=name != SCALING)
    counters = (arrays[0], *fresh(computes[1])[1:])
    unsure = own is None or within is None or len(counters) != 1 + has_rate(computes[1])
    return None if unsure else (*(own or ()), *counters, *(within or ()))
