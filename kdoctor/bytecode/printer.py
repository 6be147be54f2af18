"""Expression trees as Python source, with the place of every name that comes from outside."""

from __future__ import annotations

import keyword
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kdoctor.bytecode.expression import (
    Assignment,
    Attribute,
    Binary,
    Boolean,
    Call,
    Compare,
    Comprehension,
    Conditional,
    Constant,
    Display,
    Expression,
    For,
    Function,
    If,
    Import,
    Keyword,
    Mapping,
    Name,
    Parameter,
    Scope,
    Slice,
    Starred,
    Subscript,
    Unary,
)  # fmt: skip
from kdoctor.bytecode.literal import Untraceable, literal
from kdoctor.bytecode.precedence import AND, ATOM, BINARY, COMPARISON, CONDITIONAL, LAMBDA, NOT, OR, UNARY, binding_of

MAX_LENGTH = 50_000
BRACKETS = {"tuple": ("(", ")"), "list": ("[", "]"), "set": ("{", "}"), "dict": ("{", "}"), "generator": ("(", ")")}


@dataclass(frozen=True, slots=True)
class NameSpan:
    """A global or free name in a source text: `text[start:end] == name`."""

    name: str
    scope: Scope
    start: int
    end: int


class Printer:
    """Writes expressions one after the other; raises Untraceable for what has no source."""

    def __init__(self, is_python2: bool) -> None:
        self._is_python2 = is_python2
        self._parts: list[str] = []
        self._length = 0
        self.names: list[NameSpan] = []

    @property
    def text(self) -> str:
        return "".join(self._parts)

    def function(self, function: Function) -> None:
        """A lambda on one line, or a `def` with its statements."""
        if function.name == "<lambda>":
            self._lambda(function)
            return
        self._write(f"def {_identifier(function.name)}(")
        self._list(function.parameters)
        self._write("):")
        for statement in function.statements:
            self._write("\n    ")
            self._import(statement) if isinstance(statement, Import) else self._assignment(statement)
        self._write("\n    return ")
        self._print(function.result, LAMBDA)
        self._write("\n")

    def expression(self, expression: Expression) -> None:
        """One expression, as it would stand behind `x = `."""
        self._print(expression, LAMBDA)

    def _write(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)
        if self._length > MAX_LENGTH:
            raise Untraceable(f"source of more than {MAX_LENGTH} characters")

    def _print(self, expression: Expression, at_least: int) -> None:
        writer = WRITERS.get(type(expression))
        if writer is None:
            raise Untraceable(f"{type(expression).__name__} has no source")
        if binding_of(expression, self._is_python2) < at_least:
            self._write("(")
            writer(self, expression)
            self._write(")")
        else:
            writer(self, expression)

    def _list(self, items: tuple[Expression, ...], at_least: int = LAMBDA) -> None:
        for index, item in enumerate(items):
            self._write(", " if index else "")
            self._print(item, at_least)

    def _lambda(self, function: Function) -> None:
        if function.statements:
            raise Untraceable("statements in a lambda")
        self._write("lambda ")
        self._list(function.parameters)
        if not function.parameters:
            self._parts[-1], self._length = "lambda", self._length - 1
        self._write(": ")
        self._print(function.result, LAMBDA)

    def _parameter(self, parameter: Parameter) -> None:
        self._write(parameter.prefix + (_identifier(parameter.name) if parameter.name else ""))
        if parameter.default is not None:
            self._write("=")
            self._print(parameter.default, CONDITIONAL)

    def _assignment(self, statement: Assignment) -> None:
        value = statement.value
        self._target(statement.target)
        if isinstance(value, Binary) and value.in_place and value.left == statement.target:
            self._write(f" {_operator(value)}= ")
            self._print(value.right, LAMBDA)
        else:
            self._write(" = ")
            self._print(value, LAMBDA)

    def _import(self, statement: Import) -> None:
        module = ".".join(_identifier(part) for part in statement.module.split("."))
        imported = _identifier(statement.name) if statement.name else module
        self._write(f"from {module} import {imported}" if statement.name else f"import {module}")
        if statement.target != Name(imported, Scope.LOCAL):
            self._write(" as ")
            self._print(statement.target, ATOM)

    def _target(self, target: Expression) -> None:
        if isinstance(target, Display):
            self._list(target.items, ATOM)
            self._write("," if len(target.items) == 1 else "")
        else:
            self._print(target, ATOM)

    def _constant(self, constant: Constant) -> None:
        self._write(literal(constant.value, self._is_python2))

    def _name(self, name: Name) -> None:
        start = self._length
        self._write(_identifier(name.name))
        if name.scope in (Scope.GLOBAL, Scope.FREE):
            self.names.append(NameSpan(name.name, name.scope, start, self._length))

    def _attribute(self, attribute: Attribute) -> None:
        is_number = isinstance(attribute.value, Constant) and isinstance(attribute.value.value, (int, float))
        self._print(attribute.value, ATOM + 1 if is_number else ATOM)
        self._write(f".{_identifier(attribute.name)}")

    def _subscript(self, subscript: Subscript) -> None:
        self._print(subscript.value, ATOM)
        self._write("[")
        index = subscript.index
        if isinstance(index, Display) and index.kind == "tuple" and index.items:
            for position, item in enumerate(index.items):
                self._write(", " if position else "")
                self._index(item)
            self._write("," if len(index.items) == 1 else "")
        elif isinstance(index, Constant) and isinstance(index.value, tuple) and index.value:
            self._write(literal(index.value, self._is_python2)[1:-1])
        else:
            self._index(index)
        self._write("]")

    def _index(self, index: Expression) -> None:
        if not isinstance(index, Slice):
            self._print(index, LAMBDA)
            return
        if index.lower is not None:
            self._print(index.lower, LAMBDA)
        self._write(":")
        if index.upper is not None:
            self._print(index.upper, LAMBDA)
        if index.step is not None:
            self._write(":")
            self._print(index.step, LAMBDA)

    def _call(self, call: Call) -> None:
        self._print(call.function, ATOM)
        only = call.arguments[0] if len(call.arguments) == 1 and not call.keywords else None
        if isinstance(only, Comprehension) and only.kind == "generator":
            self._comprehension(only)
            return
        self._write("(")
        self._list(call.arguments + call.keywords)
        self._write(")")

    def _keyword(self, argument: Keyword) -> None:
        self._write("**" if argument.name is None else f"{_identifier(argument.name)}=")
        self._print(argument.value, OR if argument.name is None else LAMBDA)

    def _starred(self, starred: Starred) -> None:
        self._write("*")
        self._print(starred.value, OR)

    def _unary(self, unary: Unary) -> None:
        self._write("not " if unary.operator == "not" else unary.operator)
        self._print(unary.operand, NOT if unary.operator == "not" else UNARY)

    def _binary(self, binary: Binary) -> None:
        if binary.in_place:
            raise Untraceable("an assignment in place within an expression")
        binding = BINARY[binary.operator]
        is_power = binary.operator == "**"
        self._print(binary.left, ATOM if is_power else binding)
        self._write(f" {_operator(binary)} ")
        self._print(binary.right, UNARY if is_power else binding + 1)

    def _compare(self, compare: Compare) -> None:
        self._print(compare.left, COMPARISON + 1)
        for operator, right in zip(compare.operators, compare.rights, strict=True):
            self._write(f" {operator} ")
            self._print(right, COMPARISON + 1)

    def _boolean(self, boolean: Boolean) -> None:
        for index, value in enumerate(boolean.values):
            self._write(f" {boolean.operator} " if index else "")
            self._print(value, (AND if boolean.operator == "and" else OR) + 1)

    def _conditional(self, conditional: Conditional) -> None:
        self._print(conditional.then, OR)
        self._write(" if ")
        self._print(conditional.test, OR)
        self._write(" else ")
        self._print(conditional.otherwise, LAMBDA)

    def _display(self, display: Display) -> None:
        if not display.items and display.kind == "set":
            raise Untraceable("an empty set")
        opening, closing = BRACKETS[display.kind]
        self._write(opening)
        self._list(display.items)
        self._write(",)" if display.kind == "tuple" and len(display.items) == 1 else closing)

    def _mapping(self, mapping: Mapping) -> None:
        self._write("{")
        for index, (key, value) in enumerate(mapping.items):
            self._write(", " if index else "")
            if key is None:
                self._write("**")
            else:
                self._print(key, LAMBDA)
                self._write(": ")
            self._print(value, LAMBDA if key is not None else OR)
        self._write("}")

    def _comprehension(self, comprehension: Comprehension) -> None:
        if not comprehension.clauses or not isinstance(comprehension.clauses[0], For):
            raise Untraceable("a comprehension without its loop")
        opening, closing = BRACKETS[comprehension.kind]
        self._write(opening)
        if comprehension.key is not None:
            self._print(comprehension.key, LAMBDA)
            self._write(": ")
        self._print(comprehension.element, LAMBDA)
        for clause in comprehension.clauses:
            self._clause(clause)
        self._write(closing)

    def _clause(self, clause: For | If) -> None:
        if isinstance(clause, If):
            self._write(" if ")
            self._print(clause.test, OR)
            return
        self._write(" for ")
        self._target(clause.target)
        self._write(" in ")
        self._print(clause.iterable, OR)


def _operator(binary: Binary) -> str:
    return "/" if binary.operator == "div" else binary.operator


def _identifier(name: str) -> str:
    if not name.isidentifier() or keyword.iskeyword(name):
        raise Untraceable(f"{name!r} is no name")
    return name


WRITERS: dict[type[Expression], Callable[[Printer, Any], None]] = {
    Function: Printer._lambda, Parameter: Printer._parameter, Constant: Printer._constant, Name: Printer._name, Attribute: Printer._attribute,
    Subscript: Printer._subscript, Call: Printer._call, Keyword: Printer._keyword, Starred: Printer._starred, Unary: Printer._unary,
    Binary: Printer._binary, Compare: Printer._compare, Boolean: Printer._boolean, Conditional: Printer._conditional, Display: Printer._display,
    Mapping: Printer._mapping, Comprehension: Printer._comprehension,
}  # fmt: skip
