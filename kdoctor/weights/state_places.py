"""Where an archive of Keras 3 has what an optimizer keeps of each variable beside its slots: averages, gathered gradients; and around the product of a Nadam."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from kdoctor.document import Document, Json, Weight
from kdoctor.keras_api import habits
from kdoctor.keras_api.loss_scaling import OWN, SCALING, computing
from kdoctor.keras_api.slots import Style, has_rate, slots
from kdoctor.saved_release import origin_of
from kdoctor.weights.optimizer import Slots, optimizer_of, stored_list, style_of

ORDERED_FOR: Final = "optimizer_ordered_for"  # in metadata.json: the release in whose order a cure has put what shapes do not tell
PRODUCT: Final = 0  # the width of one number that is of no variable


def release_of_order(document: Document) -> str | None:
    """The release in whose order an archive's state is, by its own account."""
    ordered = document.metadata.get(ORDERED_FOR)
    return ordered if isinstance(ordered, str) else origin_of(document)


def places_of_state(document: Document, trained: Sequence[Weight]) -> tuple[Slots, ...] | None:
    """Where the stored list has what belongs to these variables; None where it is not theirs, or another optimizer's.

    Shapes tell the order of Keras 3.0 to 3.9 from that of 3.10 and later; where they agree with both, the release that saved the file does.
    """
    name, config = optimizer_of(document)
    computes = computing(name, config)
    if computes is None or style_of(document) is not Style.KERAS_3:
        return None
    arrays, own = stored_list(document), OWN if name == SCALING else 0
    first = own + 1 + has_rate(computes[1])
    found = {}
    for by_kind in (True, False):
        widths = _widths(*computes, by_kind=by_kind, bare=not own)
        if widths is not None and _fits(arrays, widths, first, trained):
            found[by_kind] = tuple(_placed(widths, first, len(trained)))
    if len({*found.values()}) > 1:
        return found[habits.GROUPS_STATE_BY_KIND.at(release_of_order(document))]
    return next(iter(found.values()), None)


def _widths(name: str, config: Mapping[str, Json], *, by_kind: bool, bare: bool) -> tuple[int, ...] | None:
    """How many arrays each group has for a variable, in order; `PRODUCT` for the one number of a Nadam that no LossScaleOptimizer holds."""
    groups = (("m", "v"),) if name == "Nadam" else slots(name, {**config, "use_ema": False, "gradient_accumulation_steps": None})
    if groups is None:
        return None
    kinds = bool(config.get("use_ema")) + bool(config.get("gradient_accumulation_steps"))
    beside = (1,) * kinds if by_kind else (kinds,) * (kinds > 0)
    product, kept = (PRODUCT,) * (name == "Nadam" and bare), tuple(map(len, groups))
    return (*beside, *kept, *product) if by_kind else (*beside, *product, *kept)


def _placed(widths: Sequence[int], start: int, variables: int) -> Iterator[Slots]:
    for width in widths:
        if width != PRODUCT:
            yield Slots(start, width)
        start += width * variables or 1


def _fits(arrays: Sequence[Weight], widths: Sequence[int], first: int, trained: Sequence[Weight]) -> bool:
    expected: list[tuple[int, ...]] = [()] * first
    for width in widths:
        expected += [()] if width == PRODUCT else [variable.shape for variable in trained for _ in range(width)]
    return len(arrays) == len(expected) and all(weight.shape == shape for weight, shape in zip(arrays, expected, strict=True))
