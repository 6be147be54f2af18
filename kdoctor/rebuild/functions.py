"""Stored Python functions as source: what kdoctor recovers from bytecode that it can follow whole, and that keeps to its arguments."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from kdoctor.identifiers import is_identifier
from kdoctor.rebuild.fragments import INDENT, Atom, Fragment
from kdoctor.rebuild.module import Module
from kdoctor.structure.lambdas import Lambda, lambdas
from kdoctor.structure.objects import Node

if TYPE_CHECKING:
    from kdoctor.bytecode.code import Code

PAD = " " * INDENT
UNNAMED = re.compile(r"<(lambda|module|genexpr|(list|dict|set)comp)>|\.[0-9]+", re.ASCII)  # what the compiler calls what has no name


class NoSource(Exception):
    """Why a stored function has no source that may stand in the module."""


def stored_source(module: Module, node: Node) -> Fragment:
    """The name of a function that the module defines; a problem where its code cannot be told, or reaches for the system."""
    found = next((one for one in lambdas(module.document) if one.at == node.at), None)
    if found is None or found.code is None:
        module.problem("a stored function is no code that kdoctor reads", node.at)
        return Atom("None")
    name = module.function_name("compute_", found.owner or "value")
    try:
        module.definitions.append(_definition(module, found, found.code, name))
    except NoSource as reason:
        module.problem(f"{found.described}: {reason}", node.at)
    return Atom(name)


def _definition(module: Module, found: Lambda, code: Code, name: str) -> str:
    from kdoctor.bytecode.as_layer import IMPORTS  # few files hold code, and its readers are dear to import
    from kdoctor.bytecode.code import MalformedCode
    from kdoctor.bytecode.literal import Untraceable
    from kdoctor.bytecode.names import names_read
    from kdoctor.bytecode.printer import Printer
    from kdoctor.bytecode.reach import reaches
    from kdoctor.bytecode.source import function_of

    if reaches(code):
        raise NoSource("it reaches for the system, and kdoctor writes no such code")
    if not all(is_identifier(each) or UNNAMED.fullmatch(each) for each in _names(code)):
        raise NoSource("it holds names that are no Python")
    for each in _without_value(module, found, code):
        raise NoSource(f"{each} is an argument without a value in the file: --bind {each}=VALUE")
    try:
        printer = Printer(is_python2=False)
        printer.function(replace(function_of(code, found.stored.defaults or ()), name=name))
    except (Untraceable, MalformedCode) as error:
        raise NoSource(f"its source cannot be told: {error}") from error
    head, _, body = printer.text.rstrip().partition("\n")
    lines = [head, *_values(module, found, code), *body.split("\n")]
    for each in names_read(code).unknown:
        if each in IMPORTS:
            module.imports.add(IMPORTS[each])
        elif each != "keras" and each not in module.target.given.bindings:
            raise NoSource(f"it reads {each}, which the file does not hold: --bind {each}=VALUE")
    return _checked("\n".join(lines), name)


def _values(module: Module, found: Lambda, code: Code) -> Iterator[str]:
    """Assignments of captured variables, and of the globals that the user gave; imports of those that are modules."""
    from kdoctor.bytecode.imported import imports
    from kdoctor.bytecode.names import names_read
    from kdoctor.bytecode.source import constant_of

    closure = found.stored.closure or ()
    given = module.target.given.bindings
    values = {name: closure[index] if index < len(closure) else None for index, name in enumerate(code.freevars)}
    values |= {name: given[name] for name in names_read(code).unknown if name in given}
    for name, (home, part) in imports(code, given).items():
        values.pop(name, None)
        yield f"{PAD}import {home} as {name}" if part is None else f"{PAD}from {home} import {part} as {name}"
    for name, item in values.items():
        source = constant_of(item)
        if source is None or (name in code.freevars and name not in names_read(code).free and item is None):
            raise NoSource(f"the value of {name}, which it captured, is not in the file as it was")
        yield f"{PAD}{name} = {source}"


def _without_value(module: Module, found: Lambda, code: Code) -> Iterator[str]:
    """Arguments that a Lambda calls its function without: a file keeps the defaults of those that have a place, and of no other."""
    if found.key != "function":
        return
    config = module.document.at(found.at.parent)
    arguments = config.get("arguments") if isinstance(config, Mapping) else None
    stated = {*(arguments if isinstance(arguments, Mapping) else ()), "mask", "training"}  # Keras gives the last two
    placed = code.varnames[1 : max(code.argcount - len(found.stored.defaults or ()), 1)]
    only = code.varnames[code.argcount : code.argcount + code.kwonlyargcount]
    yield from (name for name in (*placed, *only) if name not in stated)


def _names(code: Code) -> Iterator[str]:
    """Every name in a code object and in all code within it."""
    for one in (code, *code.nested()):
        yield from (one.name, *one.names, *one.varnames, *one.freevars, *one.cellvars)


def _checked(source: str, name: str) -> str:
    """The source, if it is one function of that name and nothing else."""
    try:
        body = ast.parse(source).body
    except SyntaxError as error:
        raise NoSource("its source cannot be told") from error
    if len(body) != 1 or not isinstance(body[0], ast.FunctionDef) or body[0].name != name:
        raise NoSource("its source is more than one function")
    return source
