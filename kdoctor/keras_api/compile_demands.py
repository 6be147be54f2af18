"""What metrics and learning-rate schedules of Keras 3 cannot be made without, and what of it they refuse.

Measured on 2026-11-22 in 3.15.1: each argument without a default, with nine values each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from kdoctor.document import Json
from kdoctor.keras_api.api_object import REQUIRED, ApiObject


class Unmet(NamedTuple):
    """An argument that a constructor refuses or misses, and how Keras says it."""

    argument: str
    missing: bool
    says: str


def _is_count(value: Json) -> bool:
    return isinstance(value, int) and value > 0


def _is_share(value: Json) -> bool:
    return isinstance(value, (int, float)) and 0 <= value <= 1


def _is_positive(value: Json) -> bool:
    return isinstance(value, (int, float)) and value > 0


def _is_list(value: Json) -> bool:
    return isinstance(value, list)


SHARE: Final = "must be in the range [0, 1]."
STEPS: Final = (_is_positive, "must be > 0.")
MET: Final[Mapping[str, tuple[Callable[[Json], bool], str]]] = {
    "num_classes": (_is_count, "cannot be interpreted as an integer"),
    "target_class_ids": (_is_list, "object is not iterable"),
    "recall": (_is_share, SHARE),
    "precision": (_is_share, SHARE),
    "specificity": (_is_share, SHARE),
    "sensitivity": (_is_share, SHARE),
    "decay_steps": STEPS,
    "first_decay_steps": STEPS,
    "boundaries": (_is_list, "has no len()"),
    "values": (_is_list, "has no len()"),
}


def unmet_demands(of: ApiObject, arguments: Mapping[str, Json]) -> list[Unmet]:
    """The arguments without a default that are not given, or with a value that the constructor refuses."""
    found = []
    for name in () if of.is_function else required(of):
        if name not in arguments:
            found.append(Unmet(name, True, f"TypeError: {of.name}.__init__() missing 1 required positional argument: '{name}'"))
        elif is_refused(name, arguments[name]):
            found.append(Unmet(name, False, f"Exception encountered: {name} {MET[name][1]} Received: {name}={arguments[name]!r:.60}"))
    return found


def is_refused(argument: str, value: Json) -> bool:
    """Whether no metric or schedule takes the value for an argument of this name."""
    return argument in MET and not MET[argument][0](value)


@lru_cache(maxsize=256)
def required(of: ApiObject) -> tuple[str, ...]:
    """The arguments without a default."""
    return tuple(name for name, default in of.parameters.items() if default is REQUIRED)
