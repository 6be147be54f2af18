"""A Keras wheel or source archive read as source: its modules and the names they bind, without importing anything."""

from __future__ import annotations

import ast
import tarfile
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


def read_wheel(path: Path, kept: tuple[str, ...] = ("keras/",), skipped: tuple[str, ...] = SKIPPED) -> dict[str, Module]:
    """Every module of the archive by its dotted path; tests and other backends than TensorFlow are left out.

    ``kept`` and ``skipped`` are beginnings of the paths of its members.
    """
    modules: dict[str, Module] = {}
    for member, source in _sources(path, kept):
        if not member.endswith("_test.py") and not member.startswith(skipped):
            dotted, is_package = _dotted(member)
            modules[dotted] = _read_module(dotted, is_package, source.decode("utf-8"))
    return modules


def _sources(path: Path, kept: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    """The Python files: those of TensorFlow 2.0 and 2.1, in the folder ``tensorflow_core``, count as ``tensorflow``'s."""
    if path.suffix != ".gz":
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                member = "tensorflow/" + name.removeprefix("tensorflow_core/") if name.startswith("tensorflow_core/") else name
                if member.startswith(kept) and member.endswith(".py"):
                    yield member, archive.read(name)
        return
    with tarfile.open(path) as source_archive:
        for entry in source_archive:
            member = entry.name.partition("/")[2]
            file = source_archive.extractfile(entry) if member.startswith(kept) and member.endswith(".py") else None
            if file is not None:
                yield member, file.read()


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
            bind(module, statement)
    return module


def _flat(statements: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Top-level statements, entering ``try`` and the branch of ``if`` that TensorFlow 2 as the backend takes."""
    for statement in statements:
        if isinstance(statement, ast.If) and ast.unparse(statement.test).endswith("tf2.enabled()"):
            yield from _flat(statement.body)
        elif isinstance(statement, ast.If):
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


def bind(module: Module, statement: ast.stmt) -> None:
    """Note the names that an import or an alias binds in the module."""
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
        case ast.Assign(targets=targets, value=ast.Name() | ast.Attribute() as value):
            for target in targets:
                if isinstance(target, ast.Name):
                    module.names[target.id] = _meant(module, value)


def _meant(module: Module, expression: ast.expr) -> Name:
    """What ``other`` and ``package.other`` stand for in a module, as far as its imports tell."""
    if isinstance(expression, ast.Name):
        return module.names.get(expression.id, Name(module.path, expression.id))
    if isinstance(expression, ast.Attribute):
        owner = _meant(module, expression.value)
        return Name(f"{owner.module}.{owner.attribute}" if owner.attribute else owner.module, expression.attr)
    return Name("")


def _imported_from(module: Module, statement: ast.ImportFrom) -> str:
    if not statement.level:
        return statement.module or ""
    base = module.path.split(".") if module.is_package else module.path.split(".")[:-1]
    base = base[: len(base) - statement.level + 1]
    return ".".join([*base, *(statement.module or "").split(".")]).rstrip(".")
