"""The order in which Keras 3 keeps an optimizer's arrays: it changed with Keras 3.10, for Nadam, and for one that averages and gathers gradients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

from kdoctor.document import Document, Weight
from kdoctor.keras_api import habits
from kdoctor.keras_api.slots import has_rate
from kdoctor.keras_api.state_shapes import state_shapes
from kdoctor.keras_api.variables.variable import Shape
from kdoctor.target import Target
from kdoctor.training.nadam import moves_of_product
from kdoctor.weights.optimizer import optimizer_of
from kdoctor.weights.optimizer_state import misfit, state_arrays, trained_variables
from kdoctor.weights.thawed import as_trained

Place: TypeAlias = "tuple[str, int, int]"  # what it is; which kind or which of its like; of which variable
PRODUCT: Place = ("product", 0, 0)


class _Kept(NamedTuple):
    """An optimizer's arrays by their paths, the shapes that the target expects, and the paths as they come once they are in its order."""

    state: Mapping[str, Weight]
    expected: Sequence[Shape | None]
    sought: tuple[str, ...]

    @property
    def fits(self) -> bool:
        return misfit(self.expected, [*self.state.values()]) is None

    @property
    def fits_then(self) -> bool:
        return misfit(self.expected, [self.state[path] for path in self.sought]) is None


def moves_of_state(document: Document, target: Target) -> tuple[tuple[str, str], ...]:
    """The arrays of a ``.keras`` to move, old path and new, so that the target's optimizer finds its own; none where they stand right.

    3.0 to 3.9 keep averages and gathered gradients in turn for each variable, since 3.10 one kind stands after the other. The shapes tell
    which: the arrays are moved where they fit the target's order after that, and do not before.
    """
    if not _gathers(document, target):
        return moves_of_product(document, target)
    found = _kept(document, target)
    if found is None or found.fits or not found.fits_then:
        return ()
    return tuple((old, new) for old, new in zip(found.sought, found.state, strict=True) if old != new)


def is_untold(document: Document, target: Target) -> bool:
    """Whether the release in the file keeps another order than the target, and all shapes agree with both: variables of one shape."""
    found, saved = _kept(document, target) if _gathers(document, target) else None, document.saved_by()
    if found is None or saved.major != target.minor[0] or [*found.state] == [*found.sought]:
        return False
    other = habits.GROUPS_STATE_BY_KIND.at(saved.keras) is not habits.GROUPS_STATE_BY_KIND.of(target)
    return other and found.fits and found.fits_then


def _gathers(document: Document, target: Target) -> bool:
    return bool(optimizer_of(document)[1].get("gradient_accumulation_steps")) and document.format.native and target.keras_3


def _kept(document: Document, target: Target) -> _Kept | None:
    name, config = optimizer_of(document)
    trained = trained_variables(as_trained(document, target))
    expected = None if trained is None else state_shapes(name, config, trained, target)
    state = state_arrays(document)
    if trained is None or expected is None or len(state) != len(expected) or any(one.overwritten for one in trained):
        return None
    rows = len(trained), 1 + bool(config.get("use_ema")), 1 + has_rate(config), len(state), name == "Nadam"
    by_kind = habits.GROUPS_STATE_BY_KIND.of(target)
    stands = dict(zip(_order(*rows, by_kind=not by_kind), state, strict=True))
    return _Kept(state, expected, tuple(stands[place] for place in _order(*rows, by_kind=by_kind)))


def _order(variables: int, kinds: int, counters: int, stored: int, product: bool, *, by_kind: bool) -> list[Place]:
    """As Keras 3 keeps them since 3.10 (``by_kind``), or did before: base_optimizer.py and nadam.py, ``build``, of 3.0.5, 3.9.2 and 3.10.0."""
    first = [("counter", index, 0) for index in range(counters)]
    pairs = [(kind, one) for kind in range(kinds) for one in range(variables)]
    beside = [("beside", kind, one) for kind, one in (pairs if by_kind else sorted(pairs, key=lambda pair: pair[1]))]
    kept = [PRODUCT] if product else []
    own = [("own", index, 0) for index in range(stored - counters - len(beside) - len(kept))]
    return [*first, *beside, *own, *kept] if by_kind else [*first, *beside, *kept, *own]
