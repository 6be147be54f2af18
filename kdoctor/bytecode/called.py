"""Which names from outside a stored function calls: such a one is a function, and no value can be given for it."""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.bytecode.code import Code, MalformedCode
from kdoctor.bytecode.expression import Call, Expression, Name, Scope
from kdoctor.bytecode.literal import Untraceable
from kdoctor.bytecode.source import function_of


def called_names(code: Code) -> frozenset[str]:
    """Global and captured names; empty where the code cannot be followed."""
    try:
        function = function_of(code)
    except (Untraceable, MalformedCode):
        return frozenset()
    return frozenset(_called(function))


def _called(root: Expression) -> Iterator[str]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        waiting.extend(node.children())
        if isinstance(node, Call) and isinstance(node.function, Name) and node.function.scope in (Scope.GLOBAL, Scope.FREE):
            yield node.function.name
