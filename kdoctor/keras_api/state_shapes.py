"""The shapes of all arrays that an optimizer of Keras 2.11 and later keeps for the variables that it trains, in the order in which it stores them.

Read on 2026-11-23 from ``build`` of keras/src/optimizers (3.15.1), and seen in 3.0.5, 3.4.1, 3.9.2, 3.10.0 and 3.15.1: steps and learning
rate, the averages (``use_ema``) and the gathered gradients (``gradient_accumulation_steps``), then what the optimizer itself keeps. Keras 2.12
to 2.15 store no learning rate, and of Nadam and Adafactor only what they add as variables of their own (2.15.0).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

from kdoctor.document import Json
from kdoctor.keras_api import habits
from kdoctor.keras_api.loss_scaling import OWN, SCALING, held
from kdoctor.keras_api.slots import Style, has_rate, slots
from kdoctor.keras_api.variables.variable import Shape
from kdoctor.target import Target

Shapes: TypeAlias = "list[Shape | None]"
MATRIX: Final = 2  # axes: Muon trains matrices, and all else as AdamW does; Adafactor halves what has as many or more


class Trained(NamedTuple):
    """A variable that is trained: its shape, None where it is not told; whether its path says ``embedding``, None where that is not told;
    overwritten: a scale of float8, over which training writes the gradient."""

    shape: Shape | None
    embedding: bool | None = False
    overwritten: bool = False


def state_shapes(name: str, config: Mapping[str, Json], trained: Sequence[Trained], target: Target) -> tuple[Shape | None, ...] | None:
    """Of every array of an optimizer that was trained with, in order; None for an optimizer that is not known, or where the file does not tell."""
    if name != SCALING:
        return within(name, config, trained, target) if not target.keras_3 else _whole(name, config, trained, target, bare=True)
    inner = held(config)
    kept = None if inner is None else within(*inner, trained, target)
    return kept if kept is None or not target.keras_3 else (*((),) * OWN, *kept)


def within(name: str, config: Mapping[str, Json], trained: Sequence[Trained], target: Target) -> tuple[Shape | None, ...] | None:
    """The same for one that a LossScaleOptimizer holds, and of Keras 2: of Nadam and Adafactor only what they add by ``add_variable``.

    The product of Nadam is in no file then, and the halves that Adafactor keeps for vectors, which say nothing.
    """
    if target.keras_3:
        return _whole(name, config, trained, target, bare=False)
    rule = RULES.get(name)
    if rule is None or config.get("use_ema"):
        groups = slots(name, config, Style.KERAS_2)
        return None if groups is None else ((), *_grouped(groups, trained))
    own = rule(config, trained, False)
    return None if own is None else ((), *own)


def _whole(
    name: str, config: Mapping[str, Json], trained: Sequence[Trained], target: Target, *, bare: bool
) -> tuple[Shape | None, ...] | None:
    """Of Keras 3. ``bare``: whether it keeps those variables, too, that it adds without a word."""
    left_out = habits.SKIPS_OVERWRITTEN.of(target)
    kept = [variable for variable in trained if not (left_out and variable.overwritten)]
    own = _own(name, config, trained if left_out and name == "Adafactor" else kept, bare)
    if own is None:
        return None
    beside, product = _beside(config, kept, target), [()] if name == "Nadam" and bare else []
    first = product if not habits.KEEPS_PRODUCT_OF_NADAM_LAST.of(target) else []
    last = product if not first else []
    return (*_counters(config), *beside, *first, *own, *last)


def _counters(config: Mapping[str, Json]) -> Shapes:
    return [()] * (1 + has_rate(config))


def _grouped(groups: Sequence[Sequence[str]], trained: Sequence[Trained]) -> Shapes:
    return [variable.shape for group in groups for variable in trained for _ in group]


def _beside(config: Mapping[str, Json], trained: Sequence[Trained], target: Target) -> Shapes:
    """Averages and gathered gradients: in turn for each variable before Keras 3.10, one kind after the other since then."""
    kinds = bool(config.get("use_ema")) + bool(config.get("gradient_accumulation_steps"))
    if habits.GROUPS_STATE_BY_KIND.of(target):
        return [variable.shape for _ in range(kinds) for variable in trained]
    return [variable.shape for variable in trained for _ in range(kinds)]


def _own(name: str, config: Mapping[str, Json], trained: Sequence[Trained], bare: bool) -> Shapes | None:
    if name in RULES:
        return RULES[name](config, trained, bare)
    groups = slots(name, {**config, "use_ema": False, "gradient_accumulation_steps": None})
    return None if groups is None else _grouped(groups, trained)


def _nadam(config: Mapping[str, Json], trained: Sequence[Trained], bare: bool) -> Shapes:
    return _grouped((("m", "v"),), trained)


def _adafactor(config: Mapping[str, Json], trained: Sequence[Trained], bare: bool) -> Shapes:
    def halves(shape: Shape | None) -> Iterator[Shape | None]:
        if shape is None:
            yield from (None, None)
        elif len(shape) < MATRIX:
            yield from ((), ()) if bare else ()
        else:
            yield from (shape[:-1], (*shape[:-2], shape[-1]))

    kept: Shapes = []
    for variable in trained:
        kept += [*halves(variable.shape)]
        kept += [] if variable.overwritten else [variable.shape]  # two halves of no length are kept even of these
    return kept


def _muon(config: Mapping[str, Json], trained: Sequence[Trained], bare: bool) -> Shapes | None:
    """A momentum for each, and a velocity for all but matrices; patterns of names that it shall leave out are not followed."""
    kept: Shapes = []
    for shape, embedding, _ in trained:
        matrix = None if shape is None else len(shape) == MATRIX
        excluded = embedding if config.get("exclude_embeddings", True) else False
        if matrix is None or (matrix and (excluded is None or config.get("exclude_layers"))):
            return None
        kept += [shape] if matrix and not excluded else [shape, shape]
    return kept


RULES: Final[Mapping[str, Callable[[Mapping[str, Json], Sequence[Trained], bool], Shapes | None]]] = {
    "Nadam": _nadam,
    "Adafactor": _adafactor,
    "Muon": _muon,
}
