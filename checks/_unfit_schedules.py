"""Learning-rate schedules that Keras 3 reads, and fails on when the optimizer takes a step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kdoctor.check import Finding, Repair
from kdoctor.document import ABSENT, Document, Json
from kdoctor.edit import Edit
from kdoctor.keras_api import habits
from kdoctor.pointer import Pointer
from kdoctor.target import Target

PIECEWISE = "PiecewiseConstantDecay"
RATE = "learning_rate"


def unfit_schedules(document: Document, target: Target) -> Iterator[Finding]:
    """The schedule of the optimizer, or of the one that a LossScaleOptimizer holds: a warning, unless the model is wanted for training."""
    native = document.format.native
    outer = Pointer("training") / ("optimizer" if native else "optimizer_config") / "config"
    if habits.SCOPES_SCHEDULES.of(target):
        yield from _unfit(document, outer / RATE, target, native=native)
        yield from _unfit(
            document, outer / "inner_optimizer" / "config" / RATE, target, native=True
        )  # read as in an archive, in an .h5 too


def _unfit(document: Document, at: Pointer, target: Target, *, native: bool) -> Iterator[Finding]:
    schedule = document.at(at)
    settings = schedule.get("config") if isinstance(schedule, Mapping) else None
    if not isinstance(schedule, Mapping) or not isinstance(settings, Mapping):
        return
    if native and settings.get("name", "") is None:
        yield _nameless(at / "config" / "name", target)
    values = settings.get("values")
    if schedule.get("class_name") == PIECEWISE and isinstance(values, list) and {type(value) for value in values} == {int, float}:
        yield _uneven(at / "config" / "values", values, target)


def _nameless(at: Pointer, target: Target) -> Finding:
    """Its class is asked for a name when the optimizer takes a step: ops.name_scope, called by LearningRateSchedule.__call__."""
    return Finding(
        at,
        "the learning-rate schedule is called null: the model loads, and fit() fails",
        repair=Repair("leave the schedule's name to Keras", (Edit(at, old=None, new=ABSENT),)),
        keras_says="ValueError: Argument `name` must be a string and cannot contain character `/`. Received: name=None",
        mild=target.purpose != "training",
    )


def _uneven(at: Pointer, values: list[Json], target: Target) -> Finding:
    """Its values are added up as they are: learning_rate_schedule.py, PiecewiseConstantDecay.__call__."""
    even = [float(value) for value in values]
    return Finding(
        at,
        f"the values of the {PIECEWISE} are whole numbers and others: the model loads, and fit() fails",
        repair=Repair("write all of them as floats", (Edit(at, old=values, new=even),)),
        keras_says="InvalidArgumentError: cannot compute Mul as input #1 (zero-based) was expected to be a int32 tensor but is a float tensor",
        mild=target.purpose != "training",
    )
