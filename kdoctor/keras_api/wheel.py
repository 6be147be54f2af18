"""A Keras wheel read as source: its modules and the names they bind, without importing anything."""

from __future__ import annotations

import ast
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

# Packages inside the wheel that no model file can name, or that need another library to be read in any meaningful way.
SKIPPED = (
    "keras/src/testing/",
    "keras/src/backend/jax/",
    "keras/src/backend/numpy/",
    "keras/src/backend/openvino/",
    "keras/src/backend/torch/",
)


@dataclass(frozen=True, slots=True)
class Name:
    """What a module binds a name to: the attribute ``attribute`` of ``module``, or the module itself when that is empty."""

    module: str
    attribute: str = ""


@dataclass(frozen=True, slots=True)
class Module:
    """One source file. ``names``: imported or aliased; ``stars``: modules whose every name is imported; ``body``: top-level statements."""

    path: str
    is_package: bool
    classes: dict[str, ast.ClassDef] = field(default_factory=dict)
    functions: dict[str, ast.FunctionDef] = field(default_factory=dict)
    names: dict[str, Name] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)
    body: list[ast.stmt] = field(default_factory=list)


def read_wheel(path: Path) -> dict[str, Module]:
    """Every module of the wheel by its dotted path; tests and other backends than TensorFlow are left out."""
    modules: dict[str, Module] = {}
    with zipfile.ZipFile(path) as archive:
        for member in archive.namelist():
            is_source = member.startswith("keras/") and member.endswith(".py")
            if is_source and not member.endswith("_test.py") and not member.startswith(SKIPPED):
                dotted, is_package = _dotted(member)
                modules[dotted] = _read_module(dotted, is_package, archive.read(member).decode("utf-8"))
    return modules


def _dotted(member: str) -> tuple[str, bool]:
    parts = member.removesuffix(".py").split("/")
    return (".".join(parts[:-1]), True) if parts[-1] == "__init__" else (".".join(parts), False)


def _read_module(path: str, is_package: bool, source: str) -> Module:
    module = Module(path, is_package)
    for statement in _flat(ast.parse(source).body):
        module.body.append(statement)
        if isinstance(statement, ast.ClassDef):
            module.classes[statement.name] = statement
        elif isinstance(statement, ast.FunctionDef):
            module.functions[statement.name] = statement
        else:
            _bind(module, statement)
    return module


def _flat(statements: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Top-level statements, entering ``try`` and the branch of ``if`` that the TensorFlow backend takes."""
    for statement in statements:
        if isinstance(statement, ast.If):
            wanted = _backend_compared(statement.test)
            if wanted in (None, "tensorflow"):
                yield from _flat(statement.body)
            if wanted != "tensorflow":
                yield from _flat(statement.orelse)
        elif isinstance(statement, ast.Try):
            yield from _flat(statement.body)
        else:
            yield statement


def _backend_compared(test: ast.expr) -> str | None:
    """The backend's name in ``backend() == "jax"``, ``backend.backend() == "jax"``; None for any other condition."""
    match test:
        case ast.Compare(left=ast.Call(func=asked), ops=[ast.Eq()], comparators=[ast.Constant(value=str(name))]):
            return name if "backend" in ast.unparse(asked) else None
    return None


def _bind(module: Module, statement: ast.stmt) -> None:
    match statement:
        case ast.Import():
            for alias in statement.names:
                bound = alias.asname or alias.name.split(".")[0]
                module.names[bound] = Name(alias.name if alias.asname else bound)
        case ast.ImportFrom():
            source = _imported_from(module, statement)
            for alias in statement.names:
                if alias.name == "*":
                    module.stars.append(source)
                else:
                    module.names[alias.asname or alias.name] = Name(source, alias.name)
        case ast.Assign(targets=[ast.Name(id=bound)], value=ast.Name(id=other)):
            module.names[bound] = module.names.get(other, Name(module.path, other))


def _imported_from(module: Module, statement: ast.ImportFrom) -> str:
    if not statement.level:
        return statement.module or ""
    base = module.path.split(".") if module.is_package else module.path.split(".")[:-1]
    base = base[: len(base) - statement.level + 1]
    return ".".join([*base, *(statement.module or "").split(".")]).rstrip(".")
