"""Trees in which a node stands in two places."""

from __future__ import annotations

from kdoctor.bytecode.expression import Expression, Function
from kdoctor.bytecode.literal import Untraceable


def check_that_nothing_is_computed_twice(function: Function) -> None:
    """A node in two places was computed once and used twice; its source would compute it twice."""
    seen: set[int] = set()
    waiting: list[Expression] = [function]
    while waiting:
        expression = waiting.pop()
        if expression.depth > 1 and id(expression) in seen:
            raise Untraceable("a value is computed once and used twice")
        seen.add(id(expression))
        waiting.extend(expression.children())
