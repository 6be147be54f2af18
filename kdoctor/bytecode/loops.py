"""A `for` statement, followed once: its variable, what it goes over, and the statements that it repeats."""

from __future__ import annotations

from collections.abc import Callable

from kdoctor.bytecode.expression import Constant, Display, Expression, Loop, Name
from kdoctor.bytecode.flow import after_loop
from kdoctor.bytecode.frame import Frame, Stack, pop
from kdoctor.bytecode.instructions import Instruction
from kdoctor.bytecode.literal import Untraceable
from kdoctor.bytecode.stack_values import Iterating, Marker
from kdoctor.bytecode.statements import OF_BLOCKS, target

Follow = Callable[[int, Stack, int], Stack | None]
"""From a step on to another one: what is then on the stack, or None where the code returns before."""


def is_statement(frame: Frame, stack: Stack) -> bool:
    """Whether the loop that begins here stands by itself: a comprehension fills what lies below its iterator."""
    below = stack[:-1]
    return not frame.code.is_lambda and not frame.loops and all(isinstance(left, Marker) and left.what in OF_BLOCKS for left in below)


def for_statement(frame: Frame, step: Instruction, index: int, stack: Stack, follow: Follow) -> int:
    """Follow the loop that begins at a step, and keep it as a statement. Returns the step after the loop."""
    iterator = stack[-1]
    assert isinstance(iterator, Iterating)
    assert step.target is not None
    variable, first = target(frame, index + 1)
    statements, known = frame.statements, frame.known
    frame.known = known | {name for each in statements for name in names_given(each)} | set(_names(variable))
    frame.statements = []
    frame.budget.enter()
    left = follow(first, list(stack[:-1]), index)
    frame.budget.leave()
    if left is None or len(left) != len(stack) - 1 or any(one is not other for one, other in zip(left, stack, strict=False)):
        raise Untraceable("a loop that ends before its end")
    statements.append(Loop(variable, _as_compiled_today(iterator.iterable), tuple(frame.statements)))
    frame.statements, frame.known = statements, known
    pop(stack, 1)
    return after_loop(frame.steps, frame.position[step.target], frame.release)


def names_given(statement: Expression) -> set[str]:
    """The variables that have a value once a statement is done; a loop may go over nothing."""
    given = getattr(statement, "target", None)
    return set() if isinstance(statement, Loop) or given is None else set(_names(given))


def _names(given: Expression) -> list[str]:
    return [given.name] if isinstance(given, Name) else [name for child in given.children() for name in _names(child)]


def _as_compiled_today(iterable: Expression) -> Expression:
    """A list written in the loop's head is a tuple since Python 3.7, and a constant where all of it is."""
    if not isinstance(iterable, Display) or iterable.kind != "list" or not iterable.items:
        return iterable
    values = tuple(item.value for item in iterable.items if isinstance(item, Constant))
    return Constant(values) if len(values) == len(iterable.items) else Display("tuple", iterable.items)
