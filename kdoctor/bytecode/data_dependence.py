"""Whether a function decides by what is in its tensors, which Keras 2 rewrote from the source of a function and a stored one has none of."""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.bytecode.expression import (  # fmt: skip
    Assignment,
    Attribute,
    Boolean,
    Call,
    Compare,
    Comprehension,
    Conditional,
    Constant,
    Expression,
    For,
    Function,
    If,
    Loop,
    Name,
    Scope,
    Statement,
    Unary,
)

# Of a tensor these are plain Python, or known before there are numbers.
PLAIN_ATTRIBUTES = frozenset({"shape", "dtype", "ndim", "rank", "name"})
PLAIN_FUNCTIONS = frozenset(
    {"len", "isinstance", "hasattr", "type", "callable", "int_shape", "ndim", "dtype", "is_sparse", "get_shape", "is_keras_tensor"}
)
# A tensor as a list of tensors, or several lists side by side.
LISTING = frozenset({"unstack", "split", "zip", "enumerate", "range", "reversed", "list", "tuple", "items", "keys", "values"})


def reason_to_depend(function: Function) -> str | None:
    """Why it cannot be traced as it stands; None for a function that asks nothing of its tensors' numbers."""
    data = {parameter.name for parameter in function.parameters[:1]}
    return _of_statements(function.statements, data) or _of(function.result, data)


def _of_statements(statements: tuple[Statement, ...], data: set[str]) -> str | None:
    for statement in statements:
        reason = None
        if isinstance(statement, Assignment):
            reason = _of(statement.value, data)
            if _depends(statement.value, data):
                data |= set(_names(statement.target))
        elif isinstance(statement, Loop):
            reason = _of(statement.iterable, data) or _of_iterable(statement.iterable, data)
            if _depends(statement.iterable, data):
                data |= set(_names(statement.target))
            # what a turn leaves the next one finds
            reason = reason or _of_statements(statement.body, data) or _of_statements(statement.body, data)
        if reason is not None:
            return reason
    return None


def _of(root: Expression, data: set[str]) -> str | None:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        waiting.extend(node.children())
        if isinstance(node, Function):
            data = data | {parameter.name for parameter in node.parameters}
        if isinstance(node, Comprehension):
            data = data | {name for clause in node.clauses if isinstance(clause, For) for name in _names(clause.target)}
        for test in _tests(node):
            if _depends(test, data):
                return "a condition on the numbers in a tensor"
        if isinstance(node, For) and (reason := _of_iterable(node.iterable, data)) is not None:
            return reason
    return None


def _tests(node: Expression) -> Iterator[Expression]:
    """What a node takes for true or false."""
    if isinstance(node, (Conditional, If)):
        yield node.test
    elif isinstance(node, Boolean):
        yield from node.values[:-1]
    elif isinstance(node, Compare) and len(node.rights) > 1:
        yield node
    elif isinstance(node, Unary) and node.operator == "not":
        yield node.operand


def _of_iterable(iterable: Expression, data: set[str]) -> str | None:
    listed = isinstance(iterable, Call) and _called(iterable) in LISTING
    return "a loop over a tensor" if _depends(iterable, data) and not listed else None


def _depends(root: Expression, data: set[str]) -> bool:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Name) and node.name in data and node.scope is not Scope.GLOBAL:
            return True
        plain = isinstance(node, Attribute) and node.name in PLAIN_ATTRIBUTES
        asked = isinstance(node, Call) and _called(node) in PLAIN_FUNCTIONS
        if not plain and not asked and not _asks_for_none(node):
            waiting.extend(node.children())
    return False


def _asks_for_none(node: Expression) -> bool:
    return isinstance(node, Compare) and node.operators in (("is",), ("is not",)) and node.rights == (Constant(None),)


def _called(call: Call) -> str:
    function = call.function
    return function.name if isinstance(function, (Name, Attribute)) else ""


def _names(target: Expression) -> Iterator[str]:
    waiting = [target]
    while waiting:
        node = waiting.pop()
        waiting.extend(node.children())
        if isinstance(node, Name):
            yield node.name
