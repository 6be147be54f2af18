"""Which base class takes the keywords that a class's own constructors do not name."""

from __future__ import annotations

import ast
from collections.abc import Sequence

LIKE_FUNCTIONAL = ("inputs", "outputs", "name")  # the arguments of Functional's own constructor (Model.from_config compares them)


def base_above(constructors: Sequence[ast.FunctionDef], bases: Sequence[str]) -> str | None:
    """The one base that is not in the source, where every constructor hands on its ``**kwargs`` as they are; else None.

    bases: names of the bases that are not in the source.
    """
    return bases[0] if len(bases) == 1 and all(_hands_on(one) for one in constructors) else None


def named(constructors: Sequence[ast.FunctionDef]) -> frozenset[str]:
    """Every argument that one of the constructors names."""
    return frozenset(one.arg for function in constructors for one in _arguments(function))


def takes_a_graph(constructor: ast.FunctionDef | None) -> bool:
    """Whether Keras puts a model of the class together from its graph, as it does a Functional (keras/src/models/model.py, from_config)."""
    if constructor is None:
        return True
    given = constructor.args
    anything = given.vararg is not None and given.vararg.arg == "args" and given.kwarg is not None and given.kwarg.arg == "kwargs"
    return anything or tuple(one.arg for one in (*given.posonlyargs, *given.args)[1:]) == LIKE_FUNCTIONAL


def _hands_on(function: ast.FunctionDef) -> bool:
    """Whether ``**kwargs`` goes to ``super().__init__`` and is used for nothing else; so is one that has none."""
    if function.args.kwarg is None:
        return True
    name = function.args.kwarg.arg
    uses = sum(isinstance(node, ast.Name) and node.id == name for node in ast.walk(function))
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call) and _is_constructor(node.func)]
    given = [one for call in calls for one in call.keywords if one.arg is None and isinstance(one.value, ast.Name) and one.value.id == name]
    return uses == len(given) == 1


def _is_constructor(function: ast.expr) -> bool:
    return isinstance(function, ast.Attribute) and function.attr == "__init__"


def _arguments(function: ast.FunctionDef) -> list[ast.arg]:
    given = function.args
    return [*[*given.posonlyargs, *given.args][1:], *given.kwonlyargs]
