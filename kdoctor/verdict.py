"""The words in which a report judges: plain values, which need nothing of what came to them."""

from __future__ import annotations

from enum import Enum, IntEnum
from typing import NamedTuple


class Severity(IntEnum):
    """error: will not load, computes something else, or is unsafe; warning: works, but something is lost; info: worth knowing."""

    INFO = 0
    WARNING = 1
    ERROR = 2

    def __str__(self) -> str:
        return self.name.lower()


class Verdict(str, Enum):
    """unknown: a check crashed or a part could not be examined; never to be read as healthy."""

    HEALTHY = "healthy"
    SICK = "sick"
    UNKNOWN = "unknown"


class Failure(NamedTuple):
    """A check that crashed, or a reader that did: what it was, and the error's text."""

    check: str
    error: str


class Need(NamedTuple):
    """What only the user can supply before a cure is possible: the flag to give it with, its name, and why."""

    flag: str
    name: str
    why: str
