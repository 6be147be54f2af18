"""What one Keras release knows, gathered from its wheel: objects, the names that lead to them, and how its reader looks them up."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field

from kdoctor.keras_api.config_keys import config_keys, keys_taken
from kdoctor.keras_api.constructor import Signature, class_signature, function_signature
from kdoctor.keras_api.hierarchy import Hierarchy, Key
from kdoctor.keras_api.interfaces import Interface
from kdoctor.keras_api.literals import texts
from kdoctor.keras_api.tables import KINDS_OF_TABLES, kinds_by_module, read_tables

# The class that every object of a kind descends from, most special first. Operation stands last: every layer is one.
ROOTS = (
    ("Model", "model"),
    ("Layer", "layer"),
    ("BaseOptimizer", "optimizer"),
    ("Optimizer", "optimizer"),
    ("LearningRateSchedule", "schedule"),
    ("Loss", "loss"),
    ("Metric", "metric"),
    ("Initializer", "initializer"),
    ("Regularizer", "regularizer"),
    ("Constraint", "constraint"),
    ("DTypePolicy", "dtype_policy"),
    ("DTypePolicyMap", "dtype_policy"),
    ("Quantizer", "quantizer"),
    ("Callback", "callback"),
    ("Operation", "operation"),
)
LOOKUPS = ("get", "serialize", "deserialize")
LEGACY_LAYERS = "keras.src.layers"  # the `.h5` reader looks layers up in this module's namespace, functions included
PUBLIC_COPIES = ("keras.api", "keras._tf_keras.keras")


@dataclass(frozen=True, slots=True)
class ObjectFacts:
    """One class or function.

    lineage: its bases in resolution order; overrides: which of ``from_config`` and ``get_config`` is not the kind's root's.
    """

    kind: str
    is_function: bool
    is_saveable: bool
    exports: tuple[str, ...]
    signature: Signature
    lineage: tuple[Key, ...]
    overrides: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReaderFacts:
    """How the release's native reader finds objects.

    by_symbol: it asks the table of exported names (3.0.0 forgot to return its answer); saveable_only: an import must yield a
    KerasSaveable class; keras_only: only Keras's own packages are imported; has_api_folder: ``keras.api`` can be imported;
    builtin_modules: where ``"module": "builtins"`` functions are sought; kinds_by_module: `kinds_by_module`; refused: exported names that it declines;
    package: where the modules lie; native: it reads ``.keras`` archives; converted_weights: layers whose Keras 1 weights it re-lays out.
    """

    by_symbol: bool
    saveable_only: bool
    keras_only: bool
    has_api_folder: bool
    builtin_modules: tuple[str, ...]
    kinds_by_module: tuple[str, ...]
    refused: tuple[str, ...]
    package: str = "keras.src"
    native: bool = True
    converted_weights: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReleaseFacts:
    """Everything gathered from one wheel; ``imports`` and ``tables`` lead from (module or kind, name) to an object.

    config_keys: `kdoctor.keras_api.config_keys.config_keys` of each class; interfaces: how its constructor takes Keras 1 arguments;
    keys_taken: `kdoctor.keras_api.config_keys.keys_taken`.
    """

    objects: dict[Key, ObjectFacts]
    imports: dict[Key, Key]
    tables: dict[tuple[str, str], Key]
    reader: ReaderFacts
    config_keys: dict[Key, tuple[str, ...]] = field(default_factory=dict)
    interfaces: dict[Key, Interface] = field(default_factory=dict)
    keys_taken: dict[Key, tuple[str, ...]] = field(default_factory=dict)


def gather(hierarchy: Hierarchy) -> ReleaseFacts:
    """The facts of one wheel."""
    tables = read_tables(hierarchy)
    tabled = set(tables.values())
    objects = {}
    for key in hierarchy.defined():
        if not key[0].startswith("keras.src."):
            continue
        facts = _of_function(hierarchy, key) if hierarchy.function_node(key) else _of_class(hierarchy, key)
        if facts.exports or key in tabled or _can_be_named(hierarchy, key, facts):
            objects[key] = facts
    reader = _reader(hierarchy)
    classes = [key for key, facts in objects.items() if not facts.is_function]
    configs = {key: keys for key in classes if (keys := config_keys(hierarchy, key))}
    taken = {key: keys for key in classes if (keys := keys_taken(hierarchy, key))}
    return ReleaseFacts(objects, _imports(hierarchy, objects, reader), tables, reader, configs, keys_taken=taken)


def _can_be_named(hierarchy: Hierarchy, key: Key, facts: ObjectFacts) -> bool:
    """Whether a file may name this object although it is not exported: Keras's readers want a class with ``from_config``."""
    if facts.is_function or key[0].startswith("keras.src.backend."):
        return False
    return facts.is_saveable or any(hierarchy.method(base, "from_config") for base in hierarchy.order(key))


def _of_function(hierarchy: Hierarchy, key: Key) -> ObjectFacts:
    node = hierarchy.function_node(key)
    assert node is not None
    exports = _exports(node.decorator_list)
    return ObjectFacts(_kind_of_function(key, exports), True, False, exports, function_signature(node), (), ())


def _kind_of_function(key: Key, exports: tuple[str, ...]) -> str:
    package = key[0].removeprefix("keras.src.").split(".")[0]
    if package in KINDS_OF_TABLES and key[1] not in LOOKUPS:
        return KINDS_OF_TABLES[package]
    return "operation" if any(path.startswith("keras.ops.") for path in exports) else "other"


def _of_class(hierarchy: Hierarchy, key: Key) -> ObjectFacts:
    node = hierarchy.class_node(key)
    assert node is not None
    order = hierarchy.order(key)
    names = [name for _, name in order]
    kind = next((kind for root, kind in ROOTS if root in names), "other")
    root = next((root for root, found in ROOTS if found == kind and root in names), "")
    signature = class_signature(hierarchy, key)
    return ObjectFacts(
        kind, False, "KerasSaveable" in names, _exports(node.decorator_list), signature, order[1:], overridden(hierarchy, order, root)
    )


def overridden(hierarchy: Hierarchy, order: tuple[Key, ...], root: str) -> tuple[str, ...]:
    """Which of the two methods a class of this resolution order has from below the root class of its kind."""
    names = [name for _, name in order]
    above = order[: names.index(root)] if root else order
    return tuple(method for method in ("from_config", "get_config") if any(hierarchy.method(key, method) for key in above))


def _exports(decorators: list[ast.expr]) -> tuple[str, ...]:
    """The paths of ``@keras_export("…")`` or ``@keras_export(["…", …])``; the first is the one that Keras registers."""
    for decorator in decorators:
        match decorator:
            case ast.Call(func=ast.Name(id="keras_export") | ast.Attribute(attr="keras_export"), args=[paths, *_]):
                values = ast.literal_eval(paths)
                return (values,) if isinstance(values, str) else tuple(values)
    return ()


def _imports(hierarchy: Hierarchy, objects: dict[Key, ObjectFacts], reader: ReaderFacts) -> dict[Key, Key]:
    """The imported names that the objects' own places and exports do not tell already, as far as this reader accepts them."""
    found: dict[Key, Key] = {}
    for path, module in hierarchy.modules.items():
        if path.startswith("keras._tf_keras"):
            continue
        for owner in (module, *(hierarchy.modules[star] for star in module.stars)):
            for name in (*owner.names, *owner.classes, *owner.functions):
                key = hierarchy.find(path, name)
                if key is None or key not in objects or key == (path, name) or f"{public_path(path)}.{name}" in objects[key].exports:
                    continue
                if objects[key].is_saveable or not reader.saveable_only or path == LEGACY_LAYERS:
                    found[(path, name)] = key
    return found


def public_path(module: str) -> str:
    """The public module that ``keras.api.…`` and ``keras._tf_keras.keras.…`` copy: ``keras.layers`` for ``keras.api.layers``."""
    for copy in PUBLIC_COPIES:
        if module == copy or module.startswith(copy + "."):
            return "keras" + module.removeprefix(copy)
    return module


def _reader(hierarchy: Hierarchy) -> ReaderFacts:
    library = hierarchy.modules["keras.src.saving.serialization_lib"]
    retrieve = library.functions["_retrieve_class_or_fn"]
    constants = {
        statement.targets[0].id: statement.value
        for statement in library.body
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)
    }
    lookup = hierarchy.modules["keras.src.api_export"].functions["get_symbol_from_name"]
    text = ast.unparse(retrieve)
    refused = next((name for name in ("NON_MODELING_APIS", "LOADING_APIS") if name in text), None)
    return ReaderFacts(
        by_symbol=any(isinstance(node, ast.Return) for node in ast.walk(lookup)),
        saveable_only="issubclass(obj, KerasSaveable)" in text,
        keras_only=re.search(r"package in \{'keras'", text) is not None,
        has_api_folder="keras.api" in hierarchy.modules,
        builtin_modules=tuple(sorted(texts(constants["BUILTIN_MODULES"]))),
        kinds_by_module=kinds_by_module(hierarchy),
        refused=tuple(sorted(texts(constants[refused]))) if refused else (),
    )
