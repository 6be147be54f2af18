"""The order in which Keras 3 keeps an optimizer's arrays: it changed with Keras 3.10, for Nadam, and for one that averages and gathers gradients."""

from __future__ import annotations

from typing import TypeAlias

from kdoctor.document import Document
from kdoctor.keras_api import habits
from kdoctor.keras_api.slots import has_rate
from kdoctor.keras_api.state_shapes import state_shapes
from kdoctor.target import Target
from kdoctor.training.nadam import moves_of_product
from kdoctor.weights.optimizer import optimizer_of
from kdoctor.weights.optimizer_state import misfit, state_arrays, trained_variables
from kdoctor.weights.thawed import as_trained

Place: TypeAlias = "tuple[str, int, int]"  # what it is; which kind or which of its like; of which variable
PRODUCT: Place = ("product", 0, 0)


def moves_of_state(document: Document, target: Target) -> tuple[tuple[str, str], ...]:
    """The arrays of a ``.keras`` to move, old path and new, so that the target's optimizer finds its own; none where they stand right.

    3.0 to 3.9 keep averages and gathered gradients in turn for each variable, since 3.10 one kind stands after the other. The shapes tell
    which: the arrays are moved where they fit the target's order after that, and do not before.
    """
    name, config = optimizer_of(document)
    gathers = bool(config.get("gradient_accumulation_steps"))
    if not gathers or not document.format.native or not target.keras_3:
        return moves_of_product(document, target)
    trained = trained_variables(as_trained(document, target))
    expected = None if trained is None else state_shapes(name, config, trained, target)
    state, kinds = state_arrays(document), gathers + bool(config.get("use_ema"))
    if trained is None or expected is None or len(state) != len(expected) or any(one.overwritten for one in trained):
        return ()
    if misfit(expected, [*state.values()]) is None:
        return ()
    rows = len(trained), kinds, 1 + has_rate(config), len(state), name == "Nadam"
    by_kind = habits.GROUPS_STATE_BY_KIND.of(target)
    stands = dict(zip(_order(*rows, by_kind=not by_kind), state, strict=True))
    sought = [stands[place] for place in _order(*rows, by_kind=by_kind)]
    if misfit(expected, [state[path] for path in sought]) is not None:
        return ()
    return tuple((old, new) for old, new in zip(sought, state, strict=True) if old != new)


def _order(variables: int, kinds: int, counters: int, stored: int, product: bool, *, by_kind: bool) -> list[Place]:
    """As Keras 3 keeps them since 3.10 (``by_kind``), or did before: base_optimizer.py and nadam.py, ``build``, of 3.0.5, 3.9.2 and 3.10.0."""
    first = [("counter", index, 0) for index in range(counters)]
    pairs = [(kind, one) for kind in range(kinds) for one in range(variables)]
    beside = [("beside", kind, one) for kind, one in (pairs if by_kind else sorted(pairs, key=lambda pair: pair[1]))]
    kept = [PRODUCT] if product else []
    own = [("own", index, 0) for index in range(stored - counters - len(beside) - len(kept))]
    return [*first, *beside, *own, *kept] if by_kind else [*first, *beside, *kept, *own]
