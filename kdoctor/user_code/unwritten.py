"""Code that is still to be written: what ``--stub`` leaves to its reader, and what a base class leaves to its heirs."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Final

COMPUTING: Final = ("call", "__call__")
SAID: Final = "NotImplementedError"


def is_unwritten(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether all that the function does, its docstring apart, is to raise NotImplementedError."""
    body = [one for one in function.body if not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))]
    raised = body[0].exc if len(body) == 1 and isinstance(body[0], ast.Raise) else None
    raised = raised.func if isinstance(raised, ast.Call) else raised
    return isinstance(raised, ast.Name) and raised.id == SAID


def computes_nothing(line: Sequence[ast.ClassDef]) -> bool:
    """Of a class and its bases in the source: whether what Keras calls is unwritten."""
    for held in line:
        found = [one for one in held.body if isinstance(one, ast.FunctionDef) and one.name in COMPUTING]
        if found:
            return any(map(is_unwritten, found))
    return False
