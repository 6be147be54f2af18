"""Where Nadam keeps the product of its momentum over all steps: behind the counters in Keras 3.0 to 3.9, behind all slots since 3.10."""

from __future__ import annotations

from kdoctor.document import Document
from kdoctor.keras_api import habits
from kdoctor.keras_api.slots import has_rate
from kdoctor.target import Target
from kdoctor.weights.optimizer import optimizer_of
from kdoctor.weights.optimizer_state import state_arrays

KINDS = 3  # arrays for each variable with use_ema: its average, momentum, velocity


def moves_of_product(document: Document, target: Target) -> tuple[tuple[str, str], ...]:
    """The arrays of a ``.keras`` to move, old path and new, so that the target's Nadam finds its own; none where they stand right.

    The product is the one array without axes behind the counters: where there are more such, nothing is told.
    """
    name, config = optimizer_of(document)
    if name != "Nadam" or not document.format.native or not target.keras_3 or config.get("gradient_accumulation_steps"):
        return ()
    state = state_arrays(document)
    paths, counters = [*state], 1 + has_rate(config)
    alone = [path for path in paths[counters:] if state[path].shape == ()]
    if len(alone) != 1:
        return ()
    averages = (len(paths) - counters - 1) // KINDS if config.get("use_ema") else 0
    order = [path for path in paths if path != alone[0]]
    order.insert(len(order) if habits.KEEPS_PRODUCT_OF_NADAM_LAST.of(target) else counters + averages, alone[0])
    return tuple((old, new) for old, new in zip(order, paths, strict=True) if old != new)
