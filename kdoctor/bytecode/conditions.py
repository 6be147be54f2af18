"""Conditional jumps put back together: `and`, `or`, `not`, chained comparisons, conditional expressions."""

from __future__ import annotations

from kdoctor.bytecode.expression import Boolean, Compare, Conditional, Expression, Unary
from kdoctor.bytecode.stack_values import Copy

OPPOSITES = {"is": "is not", "in": "not in", "is not": "is", "not in": "in"}
"""Comparisons of which Python itself writes the negation as one."""


def conditional(test: Expression, then: Expression, otherwise: Expression, negated_reads_better: bool) -> Expression:
    """The value that is `then` where `test` holds and `otherwise` where not, written as its author most likely did.

    Every rule below keeps the value and the order of evaluation. `negated_reads_better` where the code goes on right after the
    jump when the test fails: that is how `then if not test else otherwise` is compiled.
    """
    joined = _joined(test, then, otherwise)
    if joined is not None:
        return joined
    if not negated_reads_better:
        return Conditional(test, then, otherwise)
    negated = negation(test)
    return _joined(negated, otherwise, then) or Conditional(negated, otherwise, then)


def _joined(test: Expression, then: Expression, otherwise: Expression) -> Expression | None:
    if otherwise is test:
        return both(test, then)
    if then is test:
        return either(test, otherwise)
    if isinstance(then, Conditional) and then.otherwise == otherwise:
        return Conditional(both(test, then.test), then.then, otherwise)
    if isinstance(otherwise, Conditional) and otherwise.then == then:
        return Conditional(either(test, otherwise.test), then, otherwise.otherwise)
    if isinstance(then, Boolean) and then.operator == "or" and then.values[1:] == (otherwise,):
        return either(both(test, then.values[0]), otherwise)
    if isinstance(otherwise, Boolean) and otherwise.operator == "and" and otherwise.values[1:] == (then,):
        return both(either(test, otherwise.values[0]), then)
    return None


def negation(test: Expression) -> Expression:
    """`not test`."""
    if isinstance(test, Compare) and test.operators[0] in OPPOSITES and len(test.operators) == 1:
        return Compare(test.left, (OPPOSITES[test.operators[0]],), test.rights)
    return Unary("not", test)


def both(left: Expression, right: Expression) -> Expression:
    """`left and right`; two comparisons that share their middle value are one chain."""
    return _chained(left, right) or Boolean("and", _flat("and", left) + _flat("and", right))


def either(left: Expression, right: Expression) -> Expression:
    """`left or right`."""
    return Boolean("or", _flat("or", left) + _flat("or", right))


def _flat(operator: str, value: Expression) -> tuple[Expression, ...]:
    return value.values if isinstance(value, Boolean) and value.operator == operator else (value,)


def _chained(left: Expression, right: Expression) -> Expression | None:
    """`a < b < c` computes b once, keeps a copy of it, and compares that again."""
    if isinstance(right, Boolean) and right.operator == "and":
        first = _chained(left, right.values[0])
        return None if first is None else Boolean("and", (first, *right.values[1:]))
    if not isinstance(left, Compare) or not isinstance(right, Compare):
        return None
    middle, again = left.rights[-1], right.left
    if isinstance(middle, Copy) == isinstance(again, Copy) or original(middle) is not original(again):
        return None
    return Compare(left.left, left.operators + right.operators, (*left.rights[:-1], original(middle), *right.rights))


def original(expression: Expression) -> Expression:
    """The value itself, of a copy too."""
    return expression.original if isinstance(expression, Copy) else expression
