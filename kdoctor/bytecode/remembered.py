"""What was once found out about a code object, for the next who asks: several checks look at each, and a model may hold one many times."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import ParamSpec, TypeVar

T = TypeVar("T")
P = ParamSpec("P")


class _Question:
    """What is asked of which code object. Equal ones are not taken for each other: to Python a constant 1 equals 1.0 and True."""

    __slots__ = ("code", "more")

    def __init__(self, code: object, more: tuple[object, ...]) -> None:
        self.code = code
        self.more = more

    def __hash__(self) -> int:
        return hash((id(self.code), self.more))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Question) and self.code is other.code and self.more == other.more


def remembered(ask: Callable[P, T]) -> Callable[P, T]:
    """The same function of a code object and what more is to be said, which looks at the same code object once."""

    @lru_cache(maxsize=128)
    def known(question: _Question) -> T:
        return ask(question.code, *question.more)  # type: ignore[arg-type, call-arg]  # what it was called with

    @wraps(ask)
    def asked(*given: P.args, **named: P.kwargs) -> T:
        return ask(*given, **named) if named else known(_Question(given[0], given[1:]))

    return asked
