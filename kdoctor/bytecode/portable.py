"""A stored function as source for a compiler of another Python, with the tree that must come of it: what is compiled is proved, never trusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from kdoctor.bytecode.code import Code, MalformedCode, Release
from kdoctor.bytecode.data_dependence import reason_to_depend
from kdoctor.bytecode.expression import Assignment, Constant, Display, Expression, Function, Import, Name, Scope, Statement
from kdoctor.bytecode.imported import imports
from kdoctor.bytecode.literal import Untraceable
from kdoctor.bytecode.marshal import read_code
from kdoctor.bytecode.names import names_read
from kdoctor.bytecode.printer import Printer
from kdoctor.bytecode.reach import reaches
from kdoctor.bytecode.source import function_of

E = TypeVar("E", bound=Expression)
AROUND, NAMED = "around", "recovered"
INDENT = "    "
# The modules that scripts call by these names, each as its import: module, and the name in it. TensorFlow's Keras still has the old backend.
MODULES: Mapping[str, tuple[str, str | None]] = {
    "tf": ("tensorflow", None),
    "tensorflow": ("tensorflow", None),
    "np": ("numpy", None),
    "numpy": ("numpy", None),
    "math": ("math", None),
    "keras": ("tensorflow", "keras"),
    "K": ("tensorflow.keras", "backend"),
    "backend": ("tensorflow.keras", "backend"),
    "ops": ("keras", "ops"),
    "layers": ("keras", "layers"),
}


@dataclass(frozen=True, slots=True)
class Portable:
    """source: a module that defines one function, which defines the stored one; function: what that is; captured: its free variables."""

    source: str
    function: Function
    captured: tuple[str, ...]

    def proved(self, data: bytes, python: Release) -> Code | None:
        """The code in marshalled bytes, if it is this function and nothing more, for this Python; else None."""
        try:
            code = read_code(data)
            if python not in code.python or function_of(code) != self.function:
                return None
        except (MalformedCode, Untraceable):
            return None
        names = names_read(code)
        alone = not names.unknown and not names.writes and not reaches(code)
        return code if alone and sorted(code.freevars) == sorted(self.captured) else None


def portable(code: Code, bound: Mapping[str, object]) -> Portable:
    """The function, made to bring its modules and ``bound`` values (name -> value, as from ``--bind``) along.

    Raises Untraceable, saying why, for what cannot be printed whole, or computes something else where it is not traced by its author's Keras.
    """
    if code.python.last < (3, 0):
        raise Untraceable("Python 2 divides and compares otherwise")
    if code.kwonlyargcount:
        raise Untraceable("the defaults of keyword-only arguments are not in the file")
    function = function_of(code)
    reason = reason_to_depend(function)
    if reason is not None:
        raise Untraceable(reason)
    names = names_read(code)
    if names.writes:
        raise Untraceable(f"it sets the global {names.writes[0]}")
    brought = [*names.unknown, *(name for name in code.freevars if name in bound)]
    imported = imports(code, bound)
    modules = {**MODULES, **imported}
    plain = {name: value for name, value in bound.items() if name not in imported}
    statements = tuple(_brought(name, plain, modules) for name in brought)
    captured = tuple(name for name in code.freevars if name not in bound)
    if statements:
        name = NAMED if code.is_lambda else function.name
        inner = _localised(function, frozenset(brought))
        function = replace(inner, name=name, statements=(*statements, *inner.statements))
    return Portable(_source(function, captured), function, captured)


def _brought(name: str, bound: Mapping[str, object], modules: Mapping[str, tuple[str, str | None]]) -> Statement:
    variable = Name(name, Scope.LOCAL)
    if name in bound:
        return Assignment(variable, _value(bound[name]))
    if name not in modules:
        raise Untraceable(f"it reads {name}, which the file does not hold")
    module, part = modules[name]
    return Import(module, part, variable)


def _value(value: object) -> Expression:
    """A bound value as the compiler leaves it: tuples of constants are one constant."""
    if isinstance(value, list):
        return Display("list", tuple(_value(item) for item in value))
    if value is None or isinstance(value, (bool, int, float, str)):
        return Constant(value)
    if isinstance(value, tuple):
        items = [_value(item) for item in value]
        constants = tuple(item.value for item in items if isinstance(item, Constant))
        return Constant(constants) if len(constants) == len(items) else Display("tuple", tuple(items))
    raise Untraceable("a bound value that is no plain one")


def _localised(node: E, names: frozenset[str]) -> E:
    """The tree with these global and captured names as local variables."""
    if isinstance(node, Name):
        outside = node.name in names and node.scope in (Scope.GLOBAL, Scope.FREE)
        return replace(node, scope=Scope.LOCAL) if outside else node
    changed = {each.name: _localised_value(getattr(node, each.name), names) for each in fields(node) if each.init}
    return replace(node, **changed)


def _localised_value(value: Any, names: frozenset[str]) -> Any:
    if isinstance(value, Expression):
        return _localised(value, names)
    if isinstance(value, tuple) and any(isinstance(item, (Expression, tuple)) for item in value):
        return tuple(_localised_value(item, names) for item in value)
    return value


def _source(function: Function, captured: tuple[str, ...]) -> str:
    printer = Printer(is_python2=False)
    printer.function(function)
    head = f"def {AROUND}({', '.join(captured)}):\n{INDENT}"
    if function.name == "<lambda>":
        return f"{head}return {printer.text}\n"
    lines = printer.text.rstrip().split("\n")
    return head + f"\n{INDENT}".join([*lines, f"return {function.name}"]) + "\n"
