"""Whether a code object reaches for more than its arguments and the mathematics of a model: files, programs, Python itself.

A judgement by names, over every instruction and all code within, whether or not it can ever run. What cannot be followed is not
called harmless: a `getattr` with a name that is computed hides what it calls.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from kdoctor.bytecode.code import Code, MalformedCode
from kdoctor.bytecode.evaluate import evaluate
from kdoctor.bytecode.expression import Call, Constant, Expression, Name, Scope
from kdoctor.bytecode.literal import Untraceable
from kdoctor.bytecode.names import GlobalRead, names_read
from kdoctor.bytecode.reach_table import ATTRIBUTES, BUILTINS, HARMLESS, HIDES, IMPORTED_MODULES, MODULES

DUNDER = re.compile(r"__[a-z_]+?__")
MAX_TEXTS = 200_000
"""Constants looked at: no fewer than a code object may hold, or a name would hide behind the others."""


@dataclass(frozen=True, slots=True)
class Reach:
    """A name in the code, and what it leads to."""

    name: str
    what: str


def reaches(code: Code) -> tuple[Reach, ...]:
    """Every way out that the code names, each once; empty for honest functions."""
    names = names_read(code)
    found = [
        *(reach for read in names.globals if (reach := _of_global(read)) is not None),
        *(reach for module in names.imports if (reach := _of_import(module)) is not None),
        *(Reach(name, ATTRIBUTES[name]) for name in names.attributes if name in ATTRIBUTES),
        *_in_texts(code),
    ]
    if any(read.name == "getattr" for read in names.globals):
        found += _of_getattr(code)
    shown = {part for reach in found if "." in reach.name for part in reach.name.split(".")}
    return tuple(dict.fromkeys(reach for reach in found if reach.name not in shown))


def _of_global(read: GlobalRead) -> Reach | None:
    dotted = str(read)
    if any(dotted == known or dotted.startswith(f"{known}.") for known in HARMLESS):
        return None
    own = BUILTINS.get(read.name) or (MODULES.get(read.name) if read.attributes else None)
    if own is not None:
        return Reach(dotted, own)
    for attribute in read.attributes:
        what = MODULES.get(attribute) or ATTRIBUTES.get(attribute)
        if what is not None:
            return Reach(dotted, what)
    return None


def _of_import(module: str) -> Reach | None:
    """`import a.b` and `from a import b`, which comes as a.b: by its root, or any part that names a module or function of the tables."""
    root, *rest = module.split(".")
    what = IMPORTED_MODULES.get(module) or IMPORTED_MODULES.get(root)
    for part in rest:
        what = what or MODULES.get(part) or ATTRIBUTES.get(part)
    return None if what is None or module in HARMLESS else Reach(module, what)


def _in_texts(code: Code) -> Iterator[Reach]:
    """Names of Python's insides within constants: for `eval`, `getattr`, `format` or a dict lookup to find."""
    for text in _texts(code):
        for name in DUNDER.findall(text):
            if name in ATTRIBUTES or name in BUILTINS:
                yield Reach(repr(name), ATTRIBUTES.get(name) or BUILTINS[name])


def _texts(code: Code) -> Iterator[str]:
    waiting: list[object] = [code]
    left = MAX_TEXTS
    while waiting and left:
        value, left = waiting.pop(), left - 1
        if isinstance(value, Code):
            waiting.extend(value.consts)
        elif isinstance(value, (tuple, frozenset, list, set)):
            waiting.extend(value)
        elif isinstance(value, bytes):
            yield value.decode("latin-1")
        elif isinstance(value, str):
            yield value


def _of_getattr(code: Code) -> Iterator[Reach]:
    """`getattr(x, "shape")` says what it reads; any other use hides it."""
    try:
        tree = evaluate(code, code.python.last)
    except (Untraceable, MalformedCode):
        yield Reach("getattr", HIDES)
        return
    plain: set[int] = set()
    waiting: list[Expression] = [tree]
    while waiting:
        each = waiting.pop()
        waiting.extend(each.children())
        if isinstance(each, Call) and _is_getattr(each.function):
            named = each.arguments[1] if len(each.arguments) > 1 else None
            if isinstance(named, Constant) and isinstance(named.value, str):
                plain.add(id(each.function))
                what = ATTRIBUTES.get(named.value) or MODULES.get(named.value)
                if what is not None:
                    yield Reach(f"getattr(…, {named.value!r})", what)
        if _is_getattr(each) and id(each) not in plain:
            yield Reach("getattr", HIDES)


def _is_getattr(expression: Expression) -> bool:
    return isinstance(expression, Name) and expression.name == "getattr" and expression.scope is Scope.GLOBAL
