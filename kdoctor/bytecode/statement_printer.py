"""The statements of a function as source, and what an assignment or a loop assigns to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kdoctor.bytecode.expression import Assignment, Binary, Display, Expression, Import, Loop, Name, Scope, Statement
from kdoctor.bytecode.literal import Untraceable
from kdoctor.identifiers import is_identifier

if TYPE_CHECKING:
    from kdoctor.bytecode.printer import Printer


INDENT = "    "


def write_statement(printer: Printer, statement: Statement, depth: int = 1) -> None:
    """One statement on lines of its own, indented so often."""
    printer.write(f"\n{INDENT * depth}")
    if isinstance(statement, Loop):
        _write_loop(printer, statement, depth)
    elif isinstance(statement, Import):
        _write_import(printer, statement)
    else:
        _write_assignment(printer, statement)


def _write_loop(printer: Printer, statement: Loop, depth: int) -> None:
    printer.write("for ")
    write_target(printer, statement.target)
    printer.write(" in ")
    printer.expression(statement.iterable)
    printer.write(":")
    for inner in statement.body:
        write_statement(printer, inner, depth + 1)
    if not statement.body:
        printer.write(f"\n{INDENT * (depth + 1)}pass")


def _write_assignment(printer: Printer, statement: Assignment) -> None:
    value = statement.value
    write_target(printer, statement.target)
    if isinstance(value, Binary) and value.in_place and value.left == statement.target:
        printer.write(f" {sign_of(value)}= ")
        printer.expression(value.right)
    else:
        printer.write(" = ")
        printer.expression(value)


def _write_import(printer: Printer, statement: Import) -> None:
    module = ".".join(identifier(part) for part in statement.module.split("."))
    imported = identifier(statement.name) if statement.name else module
    printer.write(f"from {module} import {imported}" if statement.name else f"import {module}")
    if statement.target != Name(imported, Scope.LOCAL):
        printer.write(" as ")
        printer.operand(statement.target)


def write_target(printer: Printer, target: Expression) -> None:
    """A variable, or several without the parentheses of a tuple."""
    if not isinstance(target, Display):
        printer.operand(target)
        return
    for index, item in enumerate(target.items):
        printer.write(", " if index else "")
        printer.operand(item)
    printer.write("," if len(target.items) == 1 else "")


def sign_of(binary: Binary) -> str:
    return "/" if binary.operator == "div" else binary.operator


def identifier(name: str) -> str:
    """A name, if it is one; raises Untraceable for whatever else stands in its place."""
    if not is_identifier(name):
        raise Untraceable(f"{name!r} is no name")
    return name
