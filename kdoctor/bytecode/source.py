"""The source of a stored function, recovered from its bytecode: the text, and where the names from outside stand in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kdoctor.bytecode.code import Code, MalformedCode
from kdoctor.bytecode.evaluate import evaluate
from kdoctor.bytecode.expression import Constant, Display, Expression, Function, Mapping
from kdoctor.bytecode.literal import Untraceable
from kdoctor.bytecode.parameters import parameters_of
from kdoctor.bytecode.printer import NameSpan, Printer
from kdoctor.bytecode.remembered import remembered
from kdoctor.bytecode.stack_values import Closure

__all__ = ["NameSpan", "Source", "source_of"]


@dataclass(frozen=True, slots=True)
class Source:
    """Python source; `names` are the global and free names in it, in the order of the text (each time they occur)."""

    text: str
    names: tuple[NameSpan, ...]


def source_of(code: Code, defaults: Sequence[object] | None = None) -> Source | None:
    """Recover the source of a lambda or a simple function, or None when any part of it cannot be followed for certain.

    `defaults` are the values (JSON) that the file keeps for the last arguments. The text computes what the code computes; it need not
    be what its author typed.
    """
    return _printed(code, defaults) if defaults else _without_defaults(code)


@remembered
def _without_defaults(code: Code) -> Source | None:
    return _printed(code, ())


def _printed(code: Code, defaults: Sequence[object]) -> Source | None:
    try:
        printer = Printer(is_python2=code.python.last < (3, 0))
        printer.function(function_of(code, defaults))
    except (Untraceable, MalformedCode):
        return None
    return Source(printer.text, tuple(printer.names))


def function_of(code: Code, defaults: Sequence[object] = ()) -> Function:
    """The tree of what `code` computes, with these defaults (JSON) for its last arguments. Raises Untraceable or MalformedCode.

    Where several Pythons may have written the code, all of them must read the same in it.
    """
    function, *others = (evaluate(code, release) for release in code.python.releases())
    if any(other != function for other in others):
        raise Untraceable("several Pythons may have written the code, and read it differently")
    return _with_defaults(function, code, defaults)


def constant_of(value: object) -> str | None:
    """A JSON value as Python source; None for what is no plain value, such as a stored object."""
    if isinstance(value, dict) and "class_name" in value:
        return None
    try:
        printer = Printer(is_python2=False)
        printer.expression(_from_json(value))
    except Untraceable:
        return None
    return printer.text


def _with_defaults(function: Function, code: Code, defaults: Sequence[object]) -> Function:
    if not defaults or len(defaults) > code.argcount:
        return function
    parameters = parameters_of(Closure(code, tuple(_from_json(value) for value in defaults)))
    return Function(function.name, parameters, function.statements, function.result)


def _from_json(value: object) -> Expression:
    if isinstance(value, (list, tuple)):
        return Display("list", tuple(_from_json(item) for item in value))
    if isinstance(value, dict):
        return Mapping(tuple((_from_json(key), _from_json(item)) for key, item in value.items()))
    if value is None or isinstance(value, (bool, int, float, str)):
        return Constant(value)
    raise Untraceable("a default that is no JSON")
