"""The constants of a training script, read as text: its source is parsed, and nothing of it is run or imported.

Known is what a reader of the script would call a constant: a name of the module that is assigned once (or always the same), a value
made of numbers, texts, tuples, lists and dicts, and arithmetic with such names; and what a name was imported from. Whatever asks the machine (`os.environ`, a call) is not known.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kdoctor.document import Json
from kdoctor.errors import UsageError

MAX_SOURCE = 4 << 20
MAX_BITS, MAX_ITEMS, MAX_DEPTH = 512, 100_000, 50
"""Of a number that a script computes; of what it repeats; of expressions within each other."""

OPERATORS: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv, ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod, ast.Pow: operator.pow, ast.LShift: operator.lshift, ast.RShift: operator.rshift,
}  # fmt: skip
SIGNS: Mapping[type[ast.unaryop], Callable[[Any], Any]] = {ast.USub: operator.neg, ast.UAdd: operator.pos}
# Modules whose constants are known by their dotted names.
CONSTANTS = {
    **{f"{module}.{name}": value for module in ("math", "numpy") for name, value in (("pi", math.pi), ("e", math.e), ("inf", math.inf))},
    "numpy.newaxis": None,
    "tensorflow.newaxis": None,
}
# What is imported from these is known by its dotted name.
PACKAGES = frozenset({"keras", "math", "numpy", "tensorflow", "tf_keras"})
MODULES = frozenset({*PACKAGES, "activations", "backend", "image", "layers", "linalg", "nn", "ops", "v1"})


class Unknown(Exception):
    """A value that cannot be read off the source; says why."""


@dataclass(frozen=True, slots=True)
class Script:
    """What a script's module level says of its names: every assignment, and what else makes a name something that nobody can read off."""

    assigned: Mapping[str, tuple[ast.expr, ...]]
    obscured: Mapping[str, str]
    imported: Mapping[str, str]
    """An alias -> the dotted name of what it stands for: np -> numpy."""


def read_script(source: str) -> Script:
    """Parse a script. Raises `UsageError` where that is no Python."""
    if len(source) > MAX_SOURCE:
        raise UsageError("longer than any script")
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UsageError(f"no Python source: {error}") from error
    assigned: dict[str, list[ast.expr]] = {}
    obscured: dict[str, str] = {}
    imported: dict[str, str] = {}
    within = set(_globals_within(tree))
    changed = set(within)
    for statement in tree.body:
        for name, value in _assignments(statement):
            changed.add(name)
            if value is None:
                obscured.setdefault(name, f"is {_kind(statement)} in line {statement.lineno}")
            else:
                assigned.setdefault(name, []).append(value)
        for alias, dotted in _imports(statement):
            if imported.setdefault(alias, dotted) != dotted:
                changed.add(alias)  # two things under one name
            hidden = (*assigned, *_shadowed(imported, dotted)) if alias == "*" else (alias,)
            what = "may be changed by the import" if alias == "*" else "is imported"
            obscured.update(dict.fromkeys(hidden, f"{what} in line {statement.lineno}"))
    for name in within:
        obscured.setdefault(name, "is changed by a function of the script")
    told = {alias: dotted for alias, dotted in imported.items() if alias not in changed}
    return Script({name: tuple(values) for name, values in assigned.items()}, obscured, told)


def constant(script: Script, name: str) -> Json:
    """The value of a name; of an imported module or function its dotted name, as a text. Raises `Unknown`, saying why, for what the script does not say, or says twice."""
    dotted = script.imported.get(name, "")
    if dotted.partition(".")[0] in PACKAGES and script.obscured[name].startswith("is imported"):
        return CONSTANTS.get(dotted, dotted)
    return _named(script, name, ())


def _named(script: Script, name: str, asked: tuple[str, ...]) -> Json:
    if name in asked:
        raise Unknown(f"{name} is made of itself")
    if name in script.obscured:
        raise Unknown(f"{name} {script.obscured[name]}")
    if name not in script.assigned:
        raise Unknown(f"{name} is not assigned at the top level of the script")
    values = [_value(script, expression, (*asked, name), 0) for expression in script.assigned[name]]
    if any(repr(value) != repr(values[0]) for value in values):
        lines = ", ".join(str(expression.lineno) for expression in script.assigned[name])
        raise Unknown(f"{name} is assigned more than once, and not the same: lines {lines}")
    return values[0]


def _value(script: Script, node: ast.expr, asked: tuple[str, ...], depth: int) -> Json:
    if depth > MAX_DEPTH:
        raise Unknown(f"an expression deeper than {MAX_DEPTH}, in line {node.lineno}")

    def of(inner: ast.expr) -> Json:
        return _value(script, inner, asked, depth + 1)

    match node:
        case ast.Constant(value=value) if value is None or isinstance(value, (bool, int, float, str)):
            return value
        case ast.Name(id=name):
            return _named(script, name, asked)
        case ast.Tuple() | ast.List() | ast.Dict():
            return _display(node, of)
        case ast.UnaryOp(op=sign, operand=operand) if type(sign) in SIGNS:
            return _computed(node, SIGNS[type(sign)], of(operand))
        case ast.BinOp(left=left, op=operation, right=right) if type(operation) in OPERATORS:
            return _computed(node, OPERATORS[type(operation)], of(left), of(right))
        case ast.Attribute():
            return _of_module(script, node)
    raise _unreadable(node)


def _unreadable(node: ast.expr) -> Unknown:
    return Unknown(f"it cannot be read off the source in line {node.lineno}: {ast.unparse(node)[:60]}")


def _display(node: ast.Tuple | ast.List | ast.Dict, of: Callable[[ast.expr], Json]) -> Json:
    if isinstance(node, ast.Tuple):
        return tuple(of(item) for item in node.elts)
    if isinstance(node, ast.List):
        return [of(item) for item in node.elts]
    texts = [key.value for key in node.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)]
    if len(texts) != len(node.keys):
        raise _unreadable(node)
    return dict(zip(texts, map(of, node.values), strict=True))


def _of_module(script: Script, node: ast.Attribute) -> Json:
    """`np.pi`, where the script says `import numpy as np`."""
    dotted = f"{script.imported.get(node.value.id)}.{node.attr}" if isinstance(node.value, ast.Name) else ""
    if dotted not in CONSTANTS:
        raise _unreadable(node)
    return CONSTANTS[dotted]


def _computed(node: ast.expr, compute: Callable[..., Any], *values: Json) -> Json:
    """Arithmetic, of numbers small enough to be anybody's constant; texts and lists may be added."""
    numbers = all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values)
    alike = compute is operator.add and len({type(value) for value in values}) == 1 and isinstance(values[0], (str, tuple, list))
    if not numbers and not alike:
        raise Unknown(f"it is computed in line {node.lineno}")
    if compute in (operator.pow, operator.lshift) and any(abs(value) > MAX_BITS for value in values[1:]):
        raise Unknown(f"a number too large, in line {node.lineno}")
    try:
        result = compute(*values)
    except (ArithmeticError, TypeError, ValueError) as error:
        raise Unknown(f"{error}, in line {node.lineno}") from error
    if isinstance(result, complex) or (isinstance(result, int) and result.bit_length() > MAX_BITS):
        raise Unknown(f"a number too large, in line {node.lineno}")
    if isinstance(result, (str, tuple, list)) and len(result) > MAX_ITEMS:
        raise Unknown(f"more than {MAX_ITEMS} items, in line {node.lineno}")
    return result


def _assignments(statement: ast.stmt) -> Iterator[tuple[str, ast.expr | None]]:
    """The names that a statement of the module assigns, each with its value; None where that cannot be read off."""
    match statement:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                yield from _paired(target, value)
        case ast.AnnAssign(target=ast.Name(id=name), value=value):
            yield from () if value is None else ((name, value),)
        case ast.Import() | ast.ImportFrom():
            pass
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name, None
        case _:
            for name in _stored(statement):
                yield name, None


def _paired(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr | None]]:
    """`a, b = 1, 2` assigns each its own."""
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, (ast.Tuple, ast.List)) and isinstance(value, (ast.Tuple, ast.List)) and len(target.elts) == len(value.elts):
        for one, part in zip(target.elts, value.elts, strict=True):
            yield from _paired(one, part)
    else:
        for name in _stored(target):
            yield name, None


def _stored(node: ast.AST) -> Iterator[str]:
    """Every name that is assigned, deleted or changed in place within, functions and classes apart."""
    waiting: list[ast.AST] = [node]
    while waiting:
        each = waiting.pop()
        if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            if not isinstance(each, ast.Lambda):
                yield each.name
            continue
        if isinstance(each, ast.Name) and not isinstance(each.ctx, ast.Load):
            yield each.id
        elif isinstance(each, ast.alias):
            yield each.asname or each.name.split(".")[0]
        elif isinstance(each, ast.ExceptHandler) and each.name is not None:
            yield each.name
        elif isinstance(each, (ast.Subscript, ast.Attribute)) and not isinstance(each.ctx, ast.Load) and isinstance(each.value, ast.Name):
            yield each.value.id
        waiting.extend(ast.iter_child_nodes(each))


def _kind(statement: ast.stmt) -> str:
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return "a function, not a value,"
    return "a class, not a value," if isinstance(statement, ast.ClassDef) else "changed"


def _imports(statement: ast.stmt) -> Iterator[tuple[str, str]]:
    if isinstance(statement, ast.Import):
        for alias in statement.names:
            yield alias.asname or alias.name.split(".")[0], alias.name if alias.asname else alias.name.split(".")[0]
    elif isinstance(statement, ast.ImportFrom):
        for alias in statement.names:
            yield alias.asname or alias.name, f"{statement.module}.{alias.name}"


def _shadowed(imported: dict[str, str], star: str) -> Iterator[str]:
    """What ``from star import *`` may give another meaning: of Keras and its kin its functions, not its modules."""
    known = star.partition(".")[0] in PACKAGES
    for alias, dotted in imported.items():
        if not known or not (dotted in CONSTANTS or dotted.rpartition(".")[2] in MODULES):
            yield alias


def _globals_within(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            yield from node.names
