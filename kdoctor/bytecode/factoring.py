"""The two results of a function made one, where the compiler wrote its end twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace

from kdoctor.bytecode.conditions import conditional
from kdoctor.bytecode.expression import Expression
from kdoctor.bytecode.literal import Untraceable


def returned(
    test: Expression, then: Expression, otherwise: Expression, begun: Sequence[Expression], test_is_kept: bool, negated_reads_better: bool
) -> Expression:
    """The result of a function whose two ways from a jump return `then` and `otherwise`.

    `begun` are the values that were computed before the test. Since 3.10 a compiler repeats a short end of a function on both ways, so
    that `x * (a if test else b)` looks like `x * a if test else x * b`; but x came before the test, so the choice lies within.
    So it does when the test itself goes into one of the results (`test_is_kept`), as in `f(test or b)`.
    """
    if any(not _contains(way, value) for value in begun for way in (then, otherwise)):
        raise Untraceable("a value that was computed before a test is lost")
    marks = [*begun, test] if test_is_kept else [*begun]
    return _within(test, then, otherwise, marks, negated_reads_better)


def _within(test: Expression, then: Expression, otherwise: Expression, marks: Sequence[Expression], negated: bool) -> Expression:
    """Put the choice into the one place where two expressions of one kind differ."""
    is_there = then is test or otherwise is test or not any(_contains(way, mark) for mark in marks for way in (then, otherwise))
    if is_there:
        return conditional(test, then, otherwise, negated)
    if type(then) is not type(otherwise):
        raise Untraceable("two ways that end differently")
    changes: dict[str, object] = {}
    for field in fields(then):
        one, other = getattr(then, field.name), getattr(otherwise, field.name)
        if field.init and one is not other and one != other:
            changes[field.name] = _choice(test, one, other, marks, negated)
    if len(changes) != 1:
        raise Untraceable("two ways that end differently")
    return replace(then, **changes)  # type: ignore[arg-type]  # each change has the type of what it replaces


def _choice(test: Expression, one: object, other: object, marks: Sequence[Expression], negated: bool) -> object:
    if isinstance(one, Expression) and isinstance(other, Expression):
        return _within(test, one, other, marks, negated)
    if not isinstance(one, tuple) or not isinstance(other, tuple) or len(one) != len(other):
        raise Untraceable("two ways that end differently")
    differing = [place for place, (left, right) in enumerate(zip(one, other, strict=True)) if left is not right and left != right]
    if len(differing) != 1:
        raise Untraceable("two ways that end differently")
    place = differing[0]
    return (*one[:place], _choice(test, one[place], other[place], marks, negated), *one[place + 1 :])


def _contains(expression: Expression, value: Expression) -> bool:
    return expression is value or any(_contains(child, value) for child in expression.children())
