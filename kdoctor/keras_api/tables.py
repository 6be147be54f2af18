"""The tables of bare names that Keras looks strings up in: ``ALL_OBJECTS_DICT`` of activations, losses, metrics and so on."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from kdoctor.keras_api.hierarchy import Hierarchy, Key
from kdoctor.structure.snake_case import snake_case

# The sub-package of keras.src that holds the table, and the kind of its objects.
KINDS_OF_TABLES = {
    "activations": "activation",
    "constraints": "constraint",
    "dtype_policies": "dtype_policy",
    "initializers": "initializer",
    "losses": "loss",
    "metrics": "metric",
    "optimizers": "optimizer",
    "quantizers": "quantizer",
    "regularizers": "regularizer",
}


def read_tables(hierarchy: Hierarchy) -> dict[tuple[str, str], Key]:
    """(kind, identifier) to the class or function that the identifier means."""
    found: dict[tuple[str, str], Key] = {}
    for package, kind in KINDS_OF_TABLES.items():
        for identifier, key in _read_table(hierarchy, f"keras.src.{package}"):
            found[(kind, identifier)] = key
    return found


def kinds_by_module(hierarchy: Hierarchy) -> tuple[str, ...]:
    """The kinds whose ``get`` looks a config up by its module; that of every other kind asks its table, whatever the module."""
    found = []
    for package, kind in KINDS_OF_TABLES.items():
        module = hierarchy.modules.get(f"keras.src.{package}")
        getter = module.functions.get("get") if module else None
        branches = [node for node in ast.walk(getter) if isinstance(node, ast.If)] if getter else []
        bodies = [branch.body for branch in branches if ast.unparse(branch.test) == "isinstance(identifier, dict)"]
        if any("serialization_lib.deserialize_keras_object(" in ast.unparse(statement) for body in bodies for statement in body):
            found.append(kind)
    return tuple(found)


def _read_table(hierarchy: Hierarchy, path: str) -> Iterator[tuple[str, Key]]:
    module = hierarchy.modules.get(path)
    members: list[ast.expr] = []
    for statement in module.body if module else []:
        match statement:
            case ast.Assign(targets=[ast.Name(id="ALL_OBJECTS")], value=ast.Set(elts=members)):
                pass
            case ast.Assign(targets=[ast.Name(id="ALL_OBJECTS_DICT")], value=entries):
                yield from _entries(hierarchy, path, entries, members)
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id="ALL_OBJECTS_DICT"), attr="update"), args=[entries])):
                yield from _entries(hierarchy, path, entries, members)
            case ast.Assign(targets=[ast.Subscript(value=ast.Name(id="ALL_OBJECTS_DICT"), slice=identifier)], value=value):
                yield ast.literal_eval(identifier), _known(hierarchy, path, value)


def _entries(hierarchy: Hierarchy, path: str, entries: ast.expr, members: list[ast.expr]) -> Iterator[tuple[str, Key]]:
    match entries:
        case ast.Dict():
            for identifier, value in zip(entries.keys, entries.values, strict=True):
                assert identifier is not None
                yield ast.literal_eval(identifier), _known(hierarchy, path, value)
        case ast.DictComp(key=spelling):
            for member in members:
                key = _known(hierarchy, path, member)
                yield _spelled(key[1], spelling), key
        case _:
            raise ValueError(f"{path}: a table written in a new way: {ast.unparse(entries)}")


def _known(hierarchy: Hierarchy, path: str, expression: ast.expr) -> Key:
    key = hierarchy.evaluate(path, expression)
    if key is None:
        raise ValueError(f"{path}: {ast.unparse(expression)} leads nowhere")
    return key


def _spelled(name: str, spelling: ast.expr) -> str:
    """The identifier of a comprehension's entry: ``cls.__name__``, its ``.lower()``, or ``to_snake_case`` of it."""
    text = ast.unparse(spelling)
    if "to_snake_case" in text:
        return snake_case(name)
    return name.lower() if text.endswith(".lower()") else name
