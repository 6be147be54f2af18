"""How tightly each expression binds in Python source."""

from __future__ import annotations

from kdoctor.bytecode.expression import Binary, Boolean, Compare, Conditional, Constant, Expression, Function, Unary
from kdoctor.bytecode.literal import literal

# How tightly an expression binds; an operand that binds less than its place asks for gets parentheses.
LAMBDA, CONDITIONAL, OR, AND, NOT, COMPARISON, UNARY, POWER, ATOM = 1, 2, 3, 4, 5, 6, 13, 14, 16
BINARY = {
    "|": 7,
    "^": 8,
    "&": 9,
    "<<": 10,
    ">>": 10,
    "+": 11,
    "-": 11,
    "*": 12,
    "/": 12,
    "//": 12,
    "div": 12,
    "%": 12,
    "@": 12,
    "**": POWER,
}
BINDINGS: dict[type[Expression], int] = {Function: LAMBDA, Conditional: CONDITIONAL, Compare: COMPARISON}


def binding_of(expression: Expression, is_python2: bool) -> int:
    """The binding of an expression as it will be written: a negative number binds like a minus sign."""
    if isinstance(expression, Binary):
        return BINARY[expression.operator]
    if isinstance(expression, Boolean):
        return AND if expression.operator == "and" else OR
    if isinstance(expression, Unary):
        return NOT if expression.operator == "not" else UNARY
    if isinstance(expression, Constant):
        return UNARY if literal(expression.value, is_python2).startswith("-") else ATOM
    return BINDINGS.get(type(expression), ATOM)
