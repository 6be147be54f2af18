"""Writes keras_ops.json from Keras's wheel: ``python -m kdoctor.translate.generate_keras_ops WHEEL``.

For developers, when Keras publishes a release. The wheel is read as source and never imported. For each function of ``keras.ops`` that makes
an operation of its arguments, the table says which: the operation's class, what its constructor gets and what it is called with.
"""

from __future__ import annotations

import ast
import datetime
import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MODULES = ("core", "image", "linalg", "math", "nn", "numpy")


def main() -> None:
    wheel = Path(sys.argv[1])
    functions: dict[str, Any] = {}
    with zipfile.ZipFile(wheel) as archive:
        for module in MODULES:
            tree = ast.parse(archive.read(f"keras/src/ops/{module}.py"))
            for node in tree.body:
                if isinstance(node, ast.FunctionDef):
                    functions.update(_entries(node))
    release = wheel.name.split("-")[1]
    lines = (f"{json.dumps(name)}:{json.dumps(functions[name], separators=(',', ':'))}" for name in sorted(functions))
    head = {"generated": datetime.date.today().isoformat(), "release": release}
    text = json.dumps(head)[:-1] + ',"functions":{\n' + ",\n".join(lines) + "\n}}\n"
    Path(__file__).with_name("keras_ops.json").write_text(text, encoding="utf-8")


def _entries(function: ast.FunctionDef) -> Iterator[tuple[str, Any]]:
    names = [name.removeprefix("keras.ops.") for name in _exported(function) if name.startswith("keras.ops.")]
    made = next((found for node in ast.walk(function) if (found := _made(node)) is not None), None)
    if not names or made is None:
        return
    class_name, config, operands = made
    taken = function.args
    defaults = [None] * (len(taken.args) - len(taken.defaults)) + list(taken.defaults)
    parameters = [[arg.arg, *_default(default)] for arg, default in zip(taken.args, defaults, strict=True)]
    for name in names:
        yield name, {"class": class_name, "parameters": parameters, "config": config, "operands": operands}


def _exported(function: ast.FunctionDef) -> Iterator[str]:
    for decorator in function.decorator_list:
        for node in ast.walk(decorator):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def _made(node: ast.AST) -> tuple[str, dict[str, str], list[str]] | None:
    """``Mean(axis=axis, keepdims=keepdims).symbolic_call(x)``, where every argument is a plain name."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "symbolic_call"):
        return None
    made = node.func.value
    if not (isinstance(made, ast.Call) and isinstance(made.func, ast.Name)) or (node.keywords and len(node.args) == 0):
        return None
    given = [*made.args, *(keyword.value for keyword in made.keywords), *node.args, *(keyword.value for keyword in node.keywords)]
    if made.args or not all(isinstance(value, ast.Name) for value in given):
        return _positional(made, node) if all(isinstance(value, ast.Name) for value in given) else None
    config = {str(keyword.arg): keyword.value.id for keyword in made.keywords if isinstance(keyword.value, ast.Name)}
    return made.func.id, config, _operands(node)


def _positional(made: ast.Call, node: ast.Call) -> tuple[str, dict[str, str], list[str]]:
    assert isinstance(made.func, ast.Name)
    config = {value.id: value.id for value in made.args if isinstance(value, ast.Name)}
    config |= {str(keyword.arg): keyword.value.id for keyword in made.keywords if isinstance(keyword.value, ast.Name)}
    return made.func.id, config, _operands(node)


def _operands(node: ast.Call) -> list[str]:
    named = [keyword.value for keyword in node.keywords]
    return [value.id for value in [*node.args, *named] if isinstance(value, ast.Name)]


def _default(node: ast.expr | None) -> list[Any]:
    if node is None:
        return []
    try:
        return [ast.literal_eval(node)]
    except ValueError:
        return []


if __name__ == "__main__":
    main()
