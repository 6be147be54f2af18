"""What one release of Keras 1 or 2 knows, gathered from its source: the objects that a model file can name, and how they are looked up."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from kdoctor.keras_api.config_keys import config_keys, keys_taken
from kdoctor.keras_api.constructor import Signature, class_signature, function_signature
from kdoctor.keras_api.facts import ObjectFacts, ReaderFacts, ReleaseFacts, overridden
from kdoctor.keras_api.hierarchy import Hierarchy, Key
from kdoctor.keras_api.interfaces import converted_weights, interface_of, read_interfaces
from kdoctor.keras_api.keras_2_tables import read_tables_of_keras_2
from kdoctor.keras_api.literals import texts

# The class that every object of a kind descends from, most special first: metrics and models are layers.
ROOTS = (
    ("Network", "model"),
    ("Container", "model"),
    ("Sequential", "model"),
    ("Model", "model"),
    ("Metric", "metric"),
    ("Layer", "layer"),
    ("_BaseOptimizer", "optimizer"),
    ("OptimizerV2", "optimizer"),
    ("Optimizer", "optimizer"),
    ("LearningRateSchedule", "schedule"),
    ("Loss", "loss"),
    ("Initializer", "initializer"),
    ("Regularizer", "regularizer"),
    ("Constraint", "constraint"),
    ("Policy", "dtype_policy"),
)
# Modules whose functions are objects of a kind, where they are not helpers.
KINDS_OF_FUNCTIONS = {
    "activations": "activation",
    "constraints": "constraint",
    "initializations": "initializer",
    "initializers": "initializer",
    "layers": "layer",
    "legacy": "layer",
    "engine": "layer",
    "losses": "loss",
    "metrics": "metric",
    "objectives": "loss",
    "regularizers": "regularizer",
}
HELPERS = ("get", "serialize", "deserialize", "populate_deserializable_objects", "get_fans", "get_variable_shape", "is_tensor_or_variable")
# The functions that may stand where a layer is looked up.
FUNCTIONS_OF_LAYERS = (
    "Input", "merge", "add", "subtract", "multiply", "average", "maximum", "minimum", "concatenate", "dot", "AtrousConvolution1D", "AtrousConvolution2D",
)  # fmt: skip
# The public modules of releases that mark nothing as exported.
PUBLIC = (
    "layers",
    "models",
    "activations",
    "initializers",
    "initializations",
    "regularizers",
    "constraints",
    "losses",
    "objectives",
    "metrics",
    "optimizers",
)


def gather_keras_2(hierarchy: Hierarchy, package: str) -> ReleaseFacts:
    """The facts of one release whose modules lie in ``package``: ``keras``, ``keras.src``, ``tensorflow.python.keras``, ``tf_keras.src``."""
    exports = _exports(hierarchy, package)
    tables = read_tables_of_keras_2(hierarchy, package)
    keys = {key for key in hierarchy.defined() if _is_named(hierarchy, key, key in exports, package)}
    keys |= {key for (kind, _), key in tables.items() if _fits(hierarchy, key, kind, package)}
    tables = {place: key for place, key in tables.items() if key in keys and _fits(hierarchy, key, place[0], package)}
    kinds = {key: kind for (kind, _), key in reversed(tables.items()) if hierarchy.function_node(key)}
    objects = {key: _facts(hierarchy, key, exports.get(key, ()), kinds.get(key), package) for key in sorted(keys)}
    for name, key in _activations_of_tensorflow(hierarchy, package).items():
        objects[key] = ObjectFacts("activation", True, False, (), Signature({}, takes_anything=True), (), ())
        tables[("activation", name)] = key
    for key, name in _registered(hierarchy, objects):
        tables.update({("optimizer", name): key, ("legacy_optimizer", name): key})
    interfaces = read_interfaces(hierarchy, package)
    classes = [key for key in objects if not objects[key].is_function]
    renamed = {key: interface_of(hierarchy, key, interfaces) for key in classes}
    return ReleaseFacts(
        objects,
        {**_imports(hierarchy, objects, package), **_put_into_globals(hierarchy, tables, package)},
        tables,
        _reader(hierarchy, package),
        {key: written for key in classes if (written := config_keys(hierarchy, key))},
        {key: interface for key, interface in renamed.items() if interface is not None},
        {key: taken for key in classes if (taken := keys_taken(hierarchy, key))},
    )


def _kind(hierarchy: Hierarchy, key: Key, package: str) -> str:
    """The kind of a class by its bases, of a function by its module; ``other`` for what no model file names."""
    if hierarchy.class_node(key) is None:
        head = key[0].removeprefix(package).lstrip(".").split(".")[0]
        kind = KINDS_OF_FUNCTIONS.get(head, "other")
        is_helper = key[1] in HELPERS or key[1].startswith("_") or (kind == "layer" and key[1] not in FUNCTIONS_OF_LAYERS)
        return "other" if is_helper else kind
    names = {name for _, name in hierarchy.order(key)}
    return next((kind for root, kind in ROOTS if root in names), "other")


def _is_named(hierarchy: Hierarchy, key: Key, exported: bool, package: str) -> bool:
    kind = _kind(hierarchy, key, package)
    return kind != "other" and (hierarchy.class_node(key) is not None or (exported and kind != "layer"))


def _fits(hierarchy: Hierarchy, key: Key, kind: str, package: str) -> bool:
    """Whether what a namespace holds can be meant where an object of the kind is looked up: it holds imported helpers, too."""
    found = _kind(hierarchy, key, package)
    if kind == "layer":
        return found in ("layer", "model") or (found == "metric" and hierarchy.class_node(key) is not None)
    if kind == "activation":
        return found in ("activation", "layer") and (found == "activation" or hierarchy.class_node(key) is not None)
    return found == kind.removeprefix("legacy_") or (kind == "metric" and found == "loss" and hierarchy.function_node(key) is not None)


def _facts(hierarchy: Hierarchy, key: Key, exports: tuple[str, ...], kind: str | None, package: str) -> ObjectFacts:
    own_kind = kind or _kind(hierarchy, key, package)
    node = hierarchy.function_node(key)
    if node is not None:
        return ObjectFacts(own_kind, True, False, exports, function_signature(node), (), ())
    order = hierarchy.order(key)
    root = next((root for root, found in ROOTS if found == own_kind and root in {name for _, name in order}), "")
    return ObjectFacts(own_kind, False, False, exports, class_signature(hierarchy, key), order[1:], overridden(hierarchy, order, root))


def _activations_of_tensorflow(hierarchy: Hierarchy, package: str) -> dict[str, Key]:
    """The functions of ``tf.nn`` that the module of the activations only gives a name: ``silu = tf.nn.silu``."""
    module = hierarchy.modules.get(f"{package}.activations")
    bound = module.names if module else {}
    return {name: ("tensorflow.nn", meant.attribute) for name, meant in bound.items() if meant.module.endswith(".nn") and meant.attribute}


def _registered(hierarchy: Hierarchy, objects: Mapping[Key, ObjectFacts]) -> Iterator[tuple[Key, str]]:
    """The optimizers that Keras registers as if they were custom objects, since 2.8, and their names: ``Custom>Adam``."""
    for key in (key for key, facts in objects.items() if facts.kind == "optimizer"):
        node = hierarchy.class_node(key)
        decorators = [ast.unparse(decorator) for decorator in node.decorator_list] if node else []
        if any(text.endswith("register_keras_serializable()") for text in decorators):
            yield key, f"Custom>{key[1]}"


def _exports(hierarchy: Hierarchy, package: str) -> dict[Key, tuple[str, ...]]:
    """The public paths of each class and function, its own name first where releases mark none and any importable name counts."""
    marked = {key: paths for key in hierarchy.defined() if (paths := _marked(hierarchy, key))}
    if len(marked) > 10:
        return marked
    found: dict[Key, tuple[str, ...]] = {}
    for public in PUBLIC:
        names = hierarchy.namespace(f"{package}.{public}")
        for name, key in sorted(names.items(), key=lambda entry: (entry[0] != entry[1][1], entry[0])):
            if not name.startswith("_") and _fits_public(hierarchy, key, public, package):
                found[key] = (*found.get(key, ()), f"{package}.{public}.{name}")
    return found


def _fits_public(hierarchy: Hierarchy, key: Key, public: str, package: str) -> bool:
    kind = _kind(hierarchy, key, package)
    if public == "models":
        return kind == "model"
    return kind == "optimizer" if public == "optimizers" else _fits(hierarchy, key, KINDS_OF_FUNCTIONS[public], package)


def _marked(hierarchy: Hierarchy, key: Key) -> tuple[str, ...]:
    """The paths of ``@keras_export("…", "…", v1=[…])``, those of TensorFlow 1 left out."""
    node = hierarchy.class_node(key) or hierarchy.function_node(key)
    for decorator in node.decorator_list if node else []:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func).rpartition(".")[2] in ("keras_export", "tf_export"):
            return tuple(path for argument in decorator.args for path in texts(argument) if path.startswith("keras."))
    return ()


def _imports(hierarchy: Hierarchy, objects: Mapping[Key, ObjectFacts], package: str) -> dict[Key, Key]:
    """What the packages import from their modules, and the aliases of every module, which the objects' own places do not tell."""
    found: dict[Key, Key] = {}
    for path, module in hierarchy.modules.items():
        for name, key in hierarchy.namespace(path).items() if path.startswith(package) else ():
            if key in objects and key != (path, name) and (module.is_package or key[0] == path):
                found[(path, name)] = key
    return found


def _put_into_globals(hierarchy: Hierarchy, tables: Mapping[Key, Key], package: str) -> dict[Key, Key]:
    """What the module of the initializers adds to its names: ``globals().update(LOCAL.ALL_OBJECTS)``."""
    module = hierarchy.modules.get(f"{package}.initializers")
    if module is None or not any(ast.unparse(statement).startswith("globals().update(") for statement in module.body):
        return {}
    return {(module.path, name): key for (kind, name), key in tables.items() if kind == "initializer"}


def _reader(hierarchy: Hierarchy, package: str) -> ReaderFacts:
    library = hierarchy.modules.get(f"{package}.saving.serialization_lib")
    native = library is not None and "_retrieve_class_or_fn" in library.functions
    builtins = [
        statement.value
        for statement in (library.body if library else [])
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "BUILTIN_MODULES"
    ]
    return ReaderFacts(
        by_symbol=native,
        saveable_only=False,
        keras_only=False,
        has_api_folder=False,
        builtin_modules=tuple(sorted(texts(builtins[0]))) if builtins else (),
        kinds_by_module=(),
        refused=(),
        package=package,
        native=native,
        converted_weights=converted_weights(hierarchy),
    )
