"""Expression trees as Python source, with the place of every name that comes from outside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kdoctor.bytecode.expression import (  # fmt: skip
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
    Formatted,
    Function,
    If,
    Joined,
    Keyword,
    Mapping,
    Name,
    Parameter,
    Scope,
    Slice,
    Starred,
    Subscript,
    Unary,
)
from kdoctor.bytecode.literal import Untraceable, literal
from kdoctor.bytecode.precedence import AND, ATOM, BINARY, COMPARISON, CONDITIONAL, LAMBDA, NOT, OR, UNARY, binding_of
from kdoctor.bytecode.statement_printer import identifier, sign_of, write_statement, write_target
from kdoctor.bytecode.text_printer import write_text

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
        self.write(f"def {identifier(function.name)}(")
        self._list(function.parameters)
        self.write("):")
        for statement in function.statements:
            write_statement(self, statement)
        self.write("\n    return ")
        self._print(function.result, LAMBDA)
        self.write("\n")

    def expression(self, expression: Expression) -> None:
        """One expression, as it would stand behind `x = `."""
        self._print(expression, LAMBDA)

    def operand(self, expression: Expression) -> None:
        """One expression in a place that takes none without parentheses but names, calls and their like."""
        self._print(expression, ATOM)

    def fresh(self) -> Printer:
        """An empty one of the same kind."""
        return Printer(self._is_python2)

    def write(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)
        if self._length > MAX_LENGTH:
            raise Untraceable(f"source of more than {MAX_LENGTH} characters")

    def _print(self, expression: Expression, at_least: int) -> None:
        writer = WRITERS.get(type(expression))
        if writer is None:
            raise Untraceable(f"{type(expression).__name__} has no source")
        if binding_of(expression, self._is_python2) < at_least:
            self.write("(")
            writer(self, expression)
            self.write(")")
        else:
            writer(self, expression)

    def _list(self, items: tuple[Expression, ...], at_least: int = LAMBDA) -> None:
        for index, item in enumerate(items):
            self.write(", " if index else "")
            self._print(item, at_least)

    def _lambda(self, function: Function) -> None:
        if function.statements:
            raise Untraceable("statements in a lambda")
        self.write("lambda ")
        self._list(function.parameters)
        if not function.parameters:
            self._parts[-1], self._length = "lambda", self._length - 1
        self.write(": ")
        self._print(function.result, LAMBDA)

    def _parameter(self, parameter: Parameter) -> None:
        self.write(parameter.prefix + (identifier(parameter.name) if parameter.name else ""))
        if parameter.default is not None:
            self.write("=")
            self._print(parameter.default, CONDITIONAL)

    def _constant(self, constant: Constant) -> None:
        self.write(literal(constant.value, self._is_python2))

    def _name(self, name: Name) -> None:
        start = self._length
        self.write(identifier(name.name))
        if name.scope in (Scope.GLOBAL, Scope.FREE):
            self.names.append(NameSpan(name.name, name.scope, start, self._length))

    def _attribute(self, attribute: Attribute) -> None:
        is_number = isinstance(attribute.value, Constant) and isinstance(attribute.value.value, (int, float))
        self._print(attribute.value, ATOM + 1 if is_number else ATOM)
        self.write(f".{identifier(attribute.name)}")

    def _subscript(self, subscript: Subscript) -> None:
        self._print(subscript.value, ATOM)
        self.write("[")
        index = subscript.index
        if isinstance(index, Display) and index.kind == "tuple" and index.items:
            for position, item in enumerate(index.items):
                self.write(", " if position else "")
                self._index(item)
            self.write("," if len(index.items) == 1 else "")
        elif isinstance(index, Constant) and isinstance(index.value, tuple) and index.value:
            self.write(literal(index.value, self._is_python2)[1:-1])
        else:
            self._index(index)
        self.write("]")

    def _index(self, index: Expression) -> None:
        if not isinstance(index, Slice):
            self._print(index, LAMBDA)
            return
        if index.lower is not None:
            self._print(index.lower, LAMBDA)
        self.write(":")
        if index.upper is not None:
            self._print(index.upper, LAMBDA)
        if index.step is not None:
            self.write(":")
            self._print(index.step, LAMBDA)

    def _call(self, call: Call) -> None:
        self._print(call.function, ATOM)
        only = call.arguments[0] if len(call.arguments) == 1 and not call.keywords else None
        if isinstance(only, Comprehension) and only.kind == "generator":
            self._comprehension(only)
            return
        self.write("(")
        self._list(call.arguments + call.keywords)
        self.write(")")

    def _keyword(self, argument: Keyword) -> None:
        self.write("**" if argument.name is None else f"{identifier(argument.name)}=")
        self._print(argument.value, OR if argument.name is None else LAMBDA)

    def _starred(self, starred: Starred) -> None:
        self.write("*")
        self._print(starred.value, OR)

    def _unary(self, unary: Unary) -> None:
        self.write("not " if unary.operator == "not" else unary.operator)
        self._print(unary.operand, NOT if unary.operator == "not" else UNARY)

    def _binary(self, binary: Binary) -> None:
        if binary.in_place:
            raise Untraceable("an assignment in place within an expression")
        binding = BINARY[binary.operator]
        is_power = binary.operator == "**"
        self._print(binary.left, ATOM if is_power else binding)
        self.write(f" {sign_of(binary)} ")
        self._print(binary.right, UNARY if is_power else binding + 1)

    def _compare(self, compare: Compare) -> None:
        self._print(compare.left, COMPARISON + 1)
        for operator, right in zip(compare.operators, compare.rights, strict=True):
            self.write(f" {operator} ")
            self._print(right, COMPARISON + 1)

    def _boolean(self, boolean: Boolean) -> None:
        for index, value in enumerate(boolean.values):
            self.write(f" {boolean.operator} " if index else "")
            self._print(value, (AND if boolean.operator == "and" else OR) + 1)

    def _conditional(self, conditional: Conditional) -> None:
        self._print(conditional.then, OR)
        self.write(" if ")
        self._print(conditional.test, OR)
        self.write(" else ")
        self._print(conditional.otherwise, LAMBDA)

    def _display(self, display: Display) -> None:
        if not display.items and display.kind == "set":
            raise Untraceable("an empty set")
        opening, closing = BRACKETS[display.kind]
        self.write(opening)
        self._list(display.items)
        self.write(",)" if display.kind == "tuple" and len(display.items) == 1 else closing)

    def _mapping(self, mapping: Mapping) -> None:
        self.write("{")
        for index, (key, value) in enumerate(mapping.items):
            self.write(", " if index else "")
            if key is None:
                self.write("**")
            else:
                self._print(key, LAMBDA)
                self.write(": ")
            self._print(value, LAMBDA if key is not None else OR)
        self.write("}")

    def _comprehension(self, comprehension: Comprehension) -> None:
        if not comprehension.clauses or not isinstance(comprehension.clauses[0], For):
            raise Untraceable("a comprehension without its loop")
        opening, closing = BRACKETS[comprehension.kind]
        self.write(opening)
        if comprehension.key is not None:
            self._print(comprehension.key, LAMBDA)
            self.write(": ")
        self._print(comprehension.element, LAMBDA)
        for clause in comprehension.clauses:
            self._clause(clause)
        self.write(closing)

    def _clause(self, clause: For | If) -> None:
        if isinstance(clause, If):
            self.write(" if ")
            self._print(clause.test, OR)
            return
        self.write(" for ")
        write_target(self, clause.target)
        self.write(" in ")
        self._print(clause.iterable, OR)


WRITERS: dict[type[Expression], Callable[[Printer, Any], None]] = {
    Function: Printer._lambda, Parameter: Printer._parameter, Constant: Printer._constant, Name: Printer._name, Attribute: Printer._attribute,
    Subscript: Printer._subscript, Call: Printer._call, Keyword: Printer._keyword, Starred: Printer._starred, Unary: Printer._unary,
    Binary: Printer._binary, Compare: Printer._compare, Boolean: Printer._boolean, Conditional: Printer._conditional, Display: Printer._display,
    Mapping: Printer._mapping, Comprehension: Printer._comprehension, Formatted: write_text, Joined: write_text,
}  # fmt: skip
