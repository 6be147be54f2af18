"""Python expressions as a tree: what a code object computes, the same whichever Python compiled it.

A node refuses to be built deeper than `MAX_DEPTH`, so whatever walks a tree may recurse.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal, TypeAlias

from kdoctor.bytecode.code import Value
from kdoctor.bytecode.fields import names_of_fields
from kdoctor.bytecode.literal import Untraceable, literal

MAX_DEPTH = 80


class Scope(Enum):
    """Where a name gets its value: from the caller, from this code (or the one around it), from the module, from a closure."""

    ARGUMENT = "argument"
    LOCAL = "local"
    GLOBAL = "global"
    FREE = "free"


@dataclass(frozen=True, slots=True)
class Expression:
    """Any node. `depth` counts the nodes to the deepest leaf."""

    depth: int = field(init=False, compare=False, repr=False, default=0)

    def __post_init__(self) -> None:
        self._reaches(1 + max((child.depth for child in self.children()), default=0))

    def _reaches(self, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise Untraceable(f"an expression deeper than {MAX_DEPTH}")
        object.__setattr__(self, "depth", depth)

    def children(self) -> Iterator[Expression]:
        """The nodes directly below this one."""
        for name in names_of_fields(type(self)):  # type: ignore[arg-type]  # a class is hashable, its instances may not be
            if name != "depth":
                yield from _nodes(getattr(self, name))


def _nodes(value: object) -> Iterator[Expression]:
    if isinstance(value, Expression):
        yield value
    elif isinstance(value, tuple):
        yield from (node for item in value for node in ((item,) if isinstance(item, Expression) else _nodes(item)))


@dataclass(frozen=True, slots=True)
class Constant(Expression):
    value: Value

    def __eq__(self, other: object) -> bool:
        """Equal means written alike: 1, 1.0 and True are three constants."""
        if not isinstance(other, Constant) or type(self.value) is not type(other.value):
            return False
        if self.value is other.value or isinstance(self.value, (int, str, bytes)):
            return self.value == other.value
        return literal(self.value) == literal(other.value)

    def __hash__(self) -> int:
        return hash(type(self.value))


@dataclass(frozen=True, slots=True)
class Name(Expression):
    name: str
    scope: Scope


@dataclass(frozen=True, slots=True)
class Attribute(Expression):
    value: Expression
    name: str


@dataclass(frozen=True, slots=True)
class Subscript(Expression):
    value: Expression
    index: Expression


@dataclass(frozen=True, slots=True)
class Slice(Expression):
    lower: Expression | None
    upper: Expression | None
    step: Expression | None


@dataclass(frozen=True, slots=True)
class Keyword(Expression):
    """`name=value` in a call; without a name, `**value`."""

    name: str | None
    value: Expression


@dataclass(frozen=True, slots=True)
class Starred(Expression):
    value: Expression


@dataclass(frozen=True, slots=True)
class Call(Expression):
    function: Expression
    arguments: tuple[Expression, ...]
    keywords: tuple[Keyword, ...] = ()


@dataclass(frozen=True, slots=True)
class Unary(Expression):
    operator: str
    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary(Expression):
    """`in_place` is what `x += y` computes before it is stored."""

    operator: str
    left: Expression
    right: Expression
    in_place: bool = False


@dataclass(frozen=True, slots=True)
class Compare(Expression):
    """One comparison or a chain: `left op right op right…`."""

    left: Expression
    operators: tuple[str, ...]
    rights: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Boolean(Expression):
    operator: Literal["and", "or"]
    values: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Conditional(Expression):
    """`then if test else otherwise`."""

    test: Expression
    then: Expression
    otherwise: Expression


Kind = Literal["tuple", "list", "set", "dict", "generator"]


@dataclass(frozen=True, slots=True)
class Display(Expression):
    """`(a, b)`, `[a, b]` or `{a, b}`."""

    kind: Kind
    items: tuple[Expression, ...]

    def and_then(self, item: Expression) -> Display:
        """One item more; those before it are not looked at again, because a list may be filled one by one."""
        grown = copy(self)
        object.__setattr__(grown, "items", (*self.items, item))
        grown._reaches(max(self.depth, 1 + item.depth))
        return grown


@dataclass(frozen=True, slots=True)
class Mapping(Expression):
    """`{key: value}`; without a key, `**value`."""

    items: tuple[tuple[Expression | None, Expression], ...]


@dataclass(frozen=True, slots=True)
class Formatted(Expression):
    """`f"{value!r:spec}"`; `conversion` is "", "s", "r" or "a"."""

    value: Expression
    conversion: str = ""
    spec: Expression | None = None


@dataclass(frozen=True, slots=True)
class Joined(Expression):
    """An f-string of several parts: constant texts and `Formatted` values."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class For(Expression):
    """`for target in iterable` of a comprehension."""

    target: Expression
    iterable: Expression


@dataclass(frozen=True, slots=True)
class If(Expression):
    """`if test` of a comprehension."""

    test: Expression


@dataclass(frozen=True, slots=True)
class Comprehension(Expression):
    """`[element for … if …]`; a dict comprehension has a key as well. Complete when its first clause is a `For`."""

    kind: Kind
    element: Expression
    key: Expression | None
    clauses: tuple[For | If, ...]


@dataclass(frozen=True, slots=True)
class Parameter(Expression):
    """`prefix` is "", "*" or "**", or "/" or "*" with an empty name where these stand alone."""

    name: str
    prefix: str = ""
    default: Expression | None = None


@dataclass(frozen=True, slots=True)
class Assignment(Expression):
    """`a = value`, or `a, b = value`."""

    target: Expression
    value: Expression


@dataclass(frozen=True, slots=True)
class Import(Expression):
    """`import module as target`, or with a name `from module import name as target`."""

    module: str
    name: str | None
    target: Expression


@dataclass(frozen=True, slots=True)
class Loop(Expression):
    """`for target in iterable:`, and the statements that it repeats."""

    target: Expression
    iterable: Expression
    body: tuple[Assignment | Import | Loop, ...]


Statement: TypeAlias = Assignment | Import | Loop


@dataclass(frozen=True, slots=True)
class Function(Expression):
    """A lambda (no statements) or a named function: statements one after the other, then a result."""

    name: str
    parameters: tuple[Parameter, ...]
    statements: tuple[Statement, ...]
    result: Expression
