"""What a class or function reads of ``keras.backend``, which lost most of its names with Keras 3.1."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

BACKEND: Final = "keras.backend"
RUN_BY_KERAS: Final = ("__init__", "build", "call", "compute_output_shape")
Function: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda"


def backends(tree: ast.Module) -> frozenset[str]:
    """The local names of ``keras.backend``, ``K`` mostly, each bound once in the whole module, and not under ``if`` or ``try``."""
    bound = Counter(name for node in ast.walk(tree) for name in _bound(node))
    found = {local for statement in tree.body for local, meant in _imported(statement) if meant in (BACKEND, "keras")}
    named = {local for statement in tree.body for local, meant in _imported(statement) if meant == BACKEND}
    whole = {BACKEND} if "keras" in found and bound["keras"] == 1 else set()
    return frozenset({name for name in named if bound[name] == 1} | whole)


def read_of_backend(functions: Sequence[Function], known: frozenset[str]) -> tuple[str, ...]:
    """The names as they are written, ``K.dot``, that are read whenever the functions run. A function with a ``try``, or which asks the module what
    it has, is left out."""
    found: dict[str, None] = {}
    for function in functions if known else ():
        nodes = [*ast.walk(function)]
        if any(isinstance(node, ast.Try) or (isinstance(node, ast.Name) and node.id in ("hasattr", "getattr")) for node in nodes):
            continue
        own = {name for node in nodes for name in _bound(node)}
        for node in _always(function):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) and (of := ast.unparse(node.value)) in known - own:
                found[f"{of}.{node.attr}"] = None
    return tuple(found)


def _always(function: Function) -> Iterator[ast.AST]:
    """Nodes that run whenever the function does: of a condition the question alone, and nothing of the functions in it."""
    stack: list[ast.AST] = [*function.body] if isinstance(function.body, list) else [function.body]
    stack.reverse()
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, (ast.If, ast.IfExp, ast.While)):
            stack.append(node.test)
        elif isinstance(node, ast.For):
            stack.append(node.iter)
        elif isinstance(node, ast.BoolOp):
            stack.append(node.values[0])
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            stack += [*ast.iter_child_nodes(node)][::-1]


def methods(line: Sequence[ast.ClassDef]) -> tuple[ast.FunctionDef, ...]:
    """Of a class and its bases in the source, those that Keras runs when it makes and calls the layer."""
    found: dict[str, ast.FunctionDef] = {}
    for held in line:
        for one in held.body:
            if isinstance(one, ast.FunctionDef) and one.name in RUN_BY_KERAS:
                found.setdefault(one.name, one)
    return tuple(found.values())


def _imported(statement: ast.stmt) -> Iterator[tuple[str, str]]:
    if isinstance(statement, ast.Import):
        for one in statement.names:
            yield one.asname or one.name.split(".")[0], one.name if one.asname else one.name.split(".")[0]
    elif isinstance(statement, ast.ImportFrom) and not statement.level:
        for one in statement.names:
            yield one.asname or one.name, f"{statement.module}.{one.name}"


def _bound(node: ast.AST) -> Iterator[str]:
    """The names that a node binds."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        yield from (local for local, _ in _imported(node))
    elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        yield node.id
    elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, ast.arg):
        yield node.arg
