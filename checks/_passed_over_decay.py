"""What K504 tells of a ``decay``, by which the learning rate of Keras 1 and 2 fell with every step, and which Keras 3 passes over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from kdoctor.check import Finding, Repair, Safety
from kdoctor.document import ABSENT
from kdoctor.edit import Edit
from kdoctor.keras_api.compile_reader import SCHEDULES, Mention
from kdoctor.target import Target

DECAY: Final = "decay"
RATES: Final = ("learning_rate", "lr")
IGNORED: Final = "UserWarning: Argument `decay` is no longer supported and will be ignored."
OF_MOMENTUM: Final = frozenset({"Nadam"})  # their decay is that of the momentum's schedule, the ``schedule_decay`` of the constructor


def passed_over_decay(mention: Mention, target: Target) -> Iterator[Finding]:
    """The rate was ``learning_rate / (1 + decay * steps)`` in every optimizer (``_decayed_lr`` of the legacy ones of 2.15, ``get_updates`` of Keras
    2.2.5), and is that of an InverseTimeDecay. ``__init__`` of the optimizers of Keras 3 takes ``decay`` out of its keywords.

    Not so the decay of Nadam (legacy/nadam.py of 2.15): its rate never falls, and its momentum has another schedule since 2.11."""
    decay, name = mention.arguments.get(DECAY), next((name for name in RATES if name in mention.arguments), None)
    if target.purpose != "training" or not _is_number(decay) or name is None:
        return
    at, rate = mention.at / "config", mention.arguments[name]
    if mention.name.rpartition(">")[2] in OF_MOMENTUM:
        yield _of_momentum(mention, target)
        return
    if not decay:
        return
    settings = {"initial_learning_rate": rate, "decay_steps": 1, "decay_rate": decay, "staircase": False}
    schedule = {"module": SCHEDULES, "class_name": "InverseTimeDecay", "config": settings, "registered_name": None}
    edits = [Edit(at / DECAY, old=decay, new=ABSENT)]
    if name == RATES[0]:
        edits.append(Edit(at / name, old=rate, new=schedule))
    else:
        edits += [Edit(at / name, old=rate, new=ABSENT), Edit(at / RATES[0], old=ABSENT, new=schedule)]
    title = "write the schedule InverseTimeDecay, which computes the same; the learning rate cannot be set by hand then"
    yield Finding(
        at / DECAY,
        f"{target} passes over the decay {decay} of {mention.name}: the learning rate stays what it is, and fell with every step",
        repair=Repair(title, tuple(edits)) if _is_number(rate) else None,
        keras_says=IGNORED,
    )


def _of_momentum(mention: Mention, target: Target) -> Finding:
    at, decay = mention.at / "config" / DECAY, mention.arguments[DECAY]
    title = f"drop {DECAY}: fit() goes by the schedule of {target} from now on, predictions stay"
    return Finding(
        at,
        f"{target} passes over the decay {decay} of {mention.name}, by which its momentum changed: it has another schedule now",
        repair=Repair(title, (Edit(at, old=decay, new=ABSENT),), Safety.UNSAFE),
        keras_says=IGNORED,
    )


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
