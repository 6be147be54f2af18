"""Two stacks, left by the two ways from a jump, made one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TypeAlias

from kdoctor.bytecode.conditions import both, conditional, either, negation
from kdoctor.bytecode.expression import Assignment, Compare, Comprehension, Display, Expression, If, Mapping, Name, Statement
from kdoctor.bytecode.frame import Stack
from kdoctor.bytecode.literal import Untraceable
from kdoctor.bytecode.stack_values import Copy, Iterating

Ways: TypeAlias = tuple[list[Statement], list[Statement]]
"""The statements on the way where a test holds, and on the other."""


def difference(left: Stack, right: Stack) -> int:
    """The one place in which two stacks differ; raises Untraceable when there are more, or none."""
    if len(left) != len(right):
        raise Untraceable("two ways leave stacks of different height")
    places = [place for place, (one, other) in enumerate(zip(left, right, strict=True)) if one is not other]
    if len(places) != 1:
        raise Untraceable("two ways differ in more, or less, than one value")
    return places[0]


def merged(test: Expression, then: Stack, otherwise: Stack, negated_reads_better: bool) -> Stack:
    """The stack after a jump: the value in which the ways differ depends on `test`."""
    place = difference(then, otherwise)
    one, other = then[place], otherwise[place]
    if isinstance(one, Copy) or isinstance(other, Copy):
        raise Untraceable("a copy on one way only")
    within_loop = any(isinstance(above, Iterating) for above in then[place + 1 :])
    if _is_filling(one, other, within_loop) or _is_filling(other, one, within_loop):
        value: Expression = _guarded(test, one, other)
    else:
        value = conditional(test, one, other, negated_reads_better)
    return [*then[:place], value, *then[place + 1 :]]


def merged_assignment(test: Expression, ways: Ways, known: Collection[str], negated_reads_better: bool) -> Assignment:
    """The two assignments after a jump as one; where only one way assigns, the variable keeps what it has, so it must be `known`."""
    statements = [statement for way in ways for statement in way]
    variable = statements[0].target
    if any(not isinstance(each, Assignment) or each.target != variable for each in statements) or any(len(way) > 1 for way in ways):
        raise Untraceable("more than one statement on one way")
    if not isinstance(variable, Name) or (not all(ways) and variable.name not in known):
        raise Untraceable("a variable that may have no value")
    then, otherwise = (_value(way[0]) if way else variable for way in ways)
    return Assignment(variable, conditional(test, then, otherwise, negated_reads_better))


def merged_in_loop(test: Expression, ways: Ways, known: Collection[str], negated_reads_better: bool) -> Assignment:
    """The same within a loop, where the compilers since 3.11 turn jumps round: one form for all, without a negation where there is another."""
    if isinstance(test, Compare) and test.operators in (("is not",), ("not in",)):
        test, ways = negation(test), (ways[1], ways[0])
    return merged_assignment(test, ways, known, negated_reads_better=False)


def _value(statement: Statement) -> Expression:
    assert isinstance(statement, Assignment)
    return statement.value


def _is_filling(one: Expression, other: Expression, within_loop: bool) -> bool:
    """Whether `one` is a comprehension that is still being filled, and `other` the same, or not filled at all.

    What lies below the iterator of a loop is being filled, even if a loop within that one has put all it has into it.
    """
    if not isinstance(one, Comprehension) or (_is_complete(one) and not within_loop):
        return False
    return _is_empty(other) or (isinstance(other, Comprehension) and (within_loop or not _is_complete(other)))


def _is_complete(comprehension: Comprehension) -> bool:
    """A filled collection becomes a whole when its outermost loop ends; until then, a loop within may already be in it."""
    return False if not comprehension.clauses else not isinstance(comprehension.clauses[0], If)


def _is_empty(expression: Expression) -> bool:
    return (isinstance(expression, Display) and not expression.items) or expression == Mapping(())


def _guarded(test: Expression, one: Expression, other: Expression) -> Comprehension:
    """The comprehension that both ways fill, under the condition that either of them gives."""
    filled, guard = _split(one)
    also_filled, other_guard = _split(other)
    body = filled or also_filled
    if body is None or (filled is not None and also_filled is not None and filled != also_filled):
        raise Untraceable("a comprehension that is filled in two ways")
    condition = _condition(test, guard, other_guard)
    return body if condition is None else replace(body, clauses=(If(condition), *body.clauses))


def _split(expression: Expression) -> tuple[Comprehension | None, Expression | bool]:
    """The comprehension without its first condition, and that condition: True when there is none, False when nothing is filled."""
    if not isinstance(expression, Comprehension):
        return None, False
    if expression.clauses and isinstance(expression.clauses[0], If):
        return replace(expression, clauses=expression.clauses[1:]), expression.clauses[0].test
    return expression, True


def _condition(test: Expression, guard: Expression | bool, other: Expression | bool) -> Expression | None:
    """`guard if test else other`, where either may be known."""
    if isinstance(guard, bool) and isinstance(other, bool):
        return None if guard and other else test if guard else negation(test)
    if other is False and not isinstance(guard, bool):
        return both(test, guard)
    if guard is True and not isinstance(other, bool):
        return either(test, other)
    if guard is False and not isinstance(other, bool):
        return both(negation(test), other)
    if other is True and not isinstance(guard, bool):
        return either(negation(test), guard)
    assert not isinstance(guard, bool)
    assert not isinstance(other, bool)
    return conditional(test, guard, other, negated_reads_better=False)
