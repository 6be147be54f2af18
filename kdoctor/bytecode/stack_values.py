"""Nodes that live on the evaluator's stack only; no finished tree has one."""

from __future__ import annotations

from dataclasses import dataclass

from kdoctor.bytecode.code import Code
from kdoctor.bytecode.expression import Expression


@dataclass(frozen=True, slots=True, eq=False)
class Copy(Expression):
    """The same value a second time: it was computed once, so it cannot simply be written twice."""

    original: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Iterating(Expression):
    """An iterator over a value."""

    iterable: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Closure(Expression):
    """A function made of a code object that is not evaluated yet."""

    code: Code
    defaults: tuple[Expression, ...] = ()
    keyword_defaults: tuple[tuple[str, Expression], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Marker(Expression):
    """A stack entry that is no value: NULL beside a callable, a saved variable, a value sent to a generator."""

    what: str


@dataclass(frozen=True, slots=True, eq=False)
class Cell(Expression):
    """A variable on its way into a closure."""

    name: str
