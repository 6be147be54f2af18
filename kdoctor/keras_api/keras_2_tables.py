"""The tables of bare names of Keras 1 and 2: what its ``deserialize`` functions find for a class or function name, by kind."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from kdoctor.keras_api.hierarchy import Hierarchy, Key
from kdoctor.keras_api.namespaces import Names, Namespaces

# Kind, modules that may hold its lookup (the first that does counts), functions that may be the lookup, likewise.
LOOKUPS: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("layer", ("layers.serialization", "layers", "utils.layer_utils"), ("deserialize", "layer_from_config")),
    ("optimizer", ("optimizers",), ("deserialize", "get")),
    ("legacy_optimizer", ("optimizers",), ("deserialize", "get")),
    ("loss", ("losses", "objectives"), ("deserialize", "get")),
    ("metric", ("metrics",), ("deserialize", "get")),
    ("activation", ("activations",), ("deserialize", "get")),
    ("initializer", ("initializers", "initializations"), ("deserialize", "get")),
    ("regularizer", ("regularizers",), ("deserialize", "get")),
    ("constraint", ("constraints",), ("deserialize", "get")),
    ("schedule", ("optimizers.schedules.learning_rate_schedule", "optimizer_v2.learning_rate_schedule"), ("deserialize",)),
    ("dtype_policy", ("mixed_precision.policy", "mixed_precision.experimental.policy"), ("deserialize",)),
)
# Names that Keras 1 gives to models by hand, in layer_from_config.
MODELS_OF_KERAS_1 = {"Sequential": "Sequential", "Model": "Model", "Container": "Model"}


def read_tables_of_keras_2(hierarchy: Hierarchy, package: str) -> dict[tuple[str, str], Key]:
    """(kind, identifier) to class or function, everything that a namespace holds; optimizers are sought in small letters.

    ``legacy_optimizer`` is the table for a config that does not say ``"is_legacy_optimizer": false``; it differs since Keras 2.11.
    """
    found: dict[tuple[str, str], Key] = {}
    for kind, owners, lookups in LOOKUPS:
        for owner, function in _lookups(hierarchy, package, owners, lookups):
            for name, key in _names(hierarchy, owner, function, kind).items():
                found[(kind, name)] = key
    return found


def _lookups(
    hierarchy: Hierarchy, package: str, owners: tuple[str, ...], lookups: tuple[str, ...]
) -> Iterator[tuple[str, ast.FunctionDef]]:
    for owner in owners:
        module = hierarchy.modules.get(f"{package}.{owner}")
        function = next((module.functions[name] for name in lookups if name in module.functions), None) if module else None
        if module and function:
            yield module.path, function
            return


def _names(hierarchy: Hierarchy, owner: str, function: ast.FunctionDef, kind: str) -> Names:
    namespaces = Namespaces(hierarchy, owner, legacy=kind == "legacy_optimizer")
    module = hierarchy.modules[owner]
    namespaces.run(statement for statement in module.body if isinstance(statement, ast.Assign))
    if "populate_deserializable_objects()" in ast.unparse(function):
        namespaces.run(module.functions["populate_deserializable_objects"].body)
    namespaces.run(function.body)
    names = namespaces.table(_asked(function))
    if function.name == "layer_from_config":
        models = {name: hierarchy.find(owner, meant) for name, meant in MODELS_OF_KERAS_1.items()}
        names = {**names, **{name: key for name, key in models.items() if key}}
    return {**names, **_renamed(namespaces, names)}


def _asked(function: ast.FunctionDef) -> ast.expr:
    """The table that a lookup asks: ``module_objects=globs``, or the second argument of ``get_from_module`` in Keras 1."""
    for call in (child for child in ast.walk(function) if isinstance(child, ast.Call)):
        given = next((item.value for item in call.keywords if item.arg == "module_objects"), None)
        if given is not None:
            return given
        if ast.unparse(call.func).endswith("get_from_module"):
            return call.args[1]
    raise ValueError(f"{function.name}: a lookup written in a new way")


def _renamed(namespaces: Namespaces, names: Names) -> Names:
    """The class names that TensorFlow 2.0 to 2.2 exchanges for others first, in ``_DESERIALIZATION_TABLE``."""
    table = namespaces.values.get("_DESERIALIZATION_TABLE")
    pairs = ast.literal_eval(table) if table is not None else {}
    return {old: names[new] for old, new in pairs.items() if new in names}
