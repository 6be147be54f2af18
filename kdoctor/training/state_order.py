"""The order in which Keras 3 keeps an optimizer's arrays: it changed with Keras 3.10, for Nadam, and for one that averages and gathers gradients."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from kdoctor.document import ABSENT, Document, Json, Weight
from kdoctor.edit import Edit
from kdoctor.keras_api import habits
from kdoctor.keras_api.loss_scaling import OWN, SCALING, computing
from kdoctor.keras_api.slots import has_rate
from kdoctor.keras_api.state_shapes import state_shapes
from kdoctor.keras_api.variables.variable import Shape
from kdoctor.pointer import Pointer
from kdoctor.target import Target
from kdoctor.training.nadam import moves_of_product
from kdoctor.weights.optimizer import INNER, NATIVE, optimizer_of
from kdoctor.weights.optimizer_state import misfit, state_arrays, trained_variables
from kdoctor.weights.state_places import ORDERED_FOR, release_of_order
from kdoctor.weights.thawed import as_trained

Place: TypeAlias = "tuple[str, int, int]"  # what it is; which kind or which of its like; of which variable
Moves: TypeAlias = "tuple[tuple[str, str], ...]"
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

    @property
    def moves(self) -> Moves:
        return tuple((old, new) for old, new in zip(self.sought, self.state, strict=True) if old != new)


def moves_of_state(document: Document, target: Target) -> Moves:
    """The arrays of a ``.keras`` to move, old path and new, so that the target's optimizer finds its own; none where they stand right.

    3.0 to 3.9 keep averages and gathered gradients in turn for each variable, since 3.10 one kind stands after the other. The shapes tell
    which: the arrays are moved where they fit the target's order after that, and do not before.
    """
    if not _gathers(document, target):
        return moves_of_product(document, target)
    return tuple(move for found in _kept(document, target) if found.fits_then and not found.fits for move in found.moves)


def moves_told_by_release(document: Document, target: Target) -> Moves:
    """The same where all shapes agree with both orders, as variables of one shape do: then the release that saved the file tells."""
    if not _gathers(document, target):
        return ()
    release = release_of_order(document)
    if not habits.GATHERS_GRADIENTS.at(release) or habits.GROUPS_STATE_BY_KIND.at(release) is habits.GROUPS_STATE_BY_KIND.of(target):
        return ()
    return tuple(move for found in _kept(document, target) if found.fits_then and found.fits for move in found.moves)


def ordered_for(document: Document, target: Target) -> Edit:
    """The edit that tells whose order the arrays are in, where shapes do not."""
    return Edit(Pointer("metadata", (ORDERED_FOR,)), old=document.metadata.get(ORDERED_FOR, ABSENT), new=target.release)


def _gathers(document: Document, target: Target) -> bool:
    computes = computing(*optimizer_of(document)) if document.format.native and target.keras_3 else None
    return computes is not None and bool(computes[1].get("gradient_accumulation_steps"))


def _kept(document: Document, target: Target) -> Iterator[_Kept]:
    """The arrays that stand in turn, and those of an optimizer within a LossScaleOptimizer, which an archive keeps twice."""
    name, config = optimizer_of(document)
    computes, trained = computing(name, config), trained_variables(as_trained(document, target))
    if computes is None or trained is None or any(one.overwritten for one in trained):
        return
    own = OWN if name == SCALING else 0
    expected = state_shapes(name, config, trained, target)
    for folder, left_out in ((NATIVE, own), (f"{INNER}vars/", 0)) if own else ((NATIVE, 0),):
        state = dict([*state_arrays(document, folder).items()][left_out:])
        if expected is not None and len(state) == len(expected) - own:
            yield _in_both_orders(*computes, len(trained), state, expected[own:], target, product=computes[0] == "Nadam" and not own)


def _in_both_orders(
    name: str,
    config: Mapping[str, Json],
    variables: int,
    state: Mapping[str, Weight],
    expected: Sequence[Shape | None],
    target: Target,
    *,
    product: bool,
) -> _Kept:
    rows = variables, 1 + bool(config.get("use_ema")), 1 + has_rate(config), len(state), product
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
