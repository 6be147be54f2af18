"""Serialized objects as the calls that make them: layers, initializers, optimizers, functions, custom objects."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from kdoctor.document import Json
from kdoctor.identifiers import is_identifier
from kdoctor.keras_api.api_object import REQUIRED, ApiObject
from kdoctor.keras_api.reader import kind_of
from kdoctor.pointer import Pointer
from kdoctor.rebuild.defaults import is_default, kind_of_argument
from kdoctor.rebuild.fragments import Atom, Fragment, Item, call, listing, sequence
from kdoctor.rebuild.functions import stored_source
from kdoctor.rebuild.literals import TUPLES, literal, mapping, single_precision, text
from kdoctor.rebuild.module import Module
from kdoctor.rebuild.names import is_free
from kdoctor.structure.layers import is_model
from kdoctor.structure.objects import CODE, FUNCTION, MODELS, Node, as_node, is_repaired_hub

HUB = "kdoctor.hub.layer"
# Kinds of functions and objects of the training state, by the argument that they are given to.
TRAINING_KINDS = {"optimizer": "optimizer", "loss": "loss", "metrics": "metric", "weighted_metrics": "metric"}
BY_NAME = frozenset({"dtype", "default_policy"})  # take the name of a policy for it; a policy map does not
CALLED = "fn"  # MeanMetricWrapper and its like call what they are given, and look up no names
ANY_KIND = ("activation", "loss", "metric", "initializer", "regularizer", "constraint")


def value(module: Module, item: Json, at: Pointer, key: str) -> Fragment:
    """An argument's value: a literal, an object, or a collection of them. ``key`` is the argument's name."""
    node = as_node(item, at)
    if node is not None:
        return instance(module, node, key)
    if isinstance(item, (list, tuple)):
        items = [value(module, one, at / index, key) for index, one in enumerate(item)]
        return sequence(items) if key in TUPLES else listing(items)
    if isinstance(item, Mapping):
        return mapping({str(name): value(module, one, at / str(name), key) for name, one in item.items()})
    if isinstance(item, str):
        return _named(module, item, at, key)
    return literal(single_precision(item) if isinstance(item, float) and at.part == "training" else item)


def _named(module: Module, name: str, at: Pointer, key: str) -> Fragment:
    """A text; where it names a function, and a text would not do, that function."""
    if key == CALLED and (found := _called(module, None, name)) is not None:
        return found
    kind = kind_of_argument(key) or TRAINING_KINDS.get(key)
    plain = name.rpartition(">")[2]
    if kind is not None and plain in module.foreign and module.catalogue.function(kind, name) is None:
        return custom(module, plain, at)
    return literal(name)


def instance(module: Module, node: Node, key: str) -> Fragment:
    """A serialized object, or an encoded plain value."""
    if node.class_name in ENCODED:
        return ENCODED[node.class_name](module, node)
    if node.class_name == CODE:
        return stored_source(module, node)
    if node.class_name == FUNCTION:
        return _function(module, node, key)
    if node.class_name in MODELS or (is_model(node) and resolved(module, node) is None):
        return call(module.nested(module, node), ())
    if node.class_name == "DTypePolicy" and set(node.config) <= {"name"} and key in BY_NAME:
        return literal(node.config.get("name"))
    return constructor(module, node)


def _called(module: Module, stated: str | None, name: str) -> Fragment | None:
    """The function of Keras by its public name."""
    found = module.catalogue.resolve(stated, name) or module.catalogue.resolve("builtins", name)
    if found is None or not found.is_function or not found.exports or name in module.foreign:
        return None
    return Atom(found.exports[0])


def _function(module: Module, node: Node, key: str) -> Fragment:
    name = str(node.raw["config"])
    if key == CALLED and (called := _called(module, node.module, name)) is not None:
        return called
    kinds = [kind for kind in (kind_of_argument(key), TRAINING_KINDS.get(key)) if kind]
    for kind in kinds or ANY_KIND:
        if module.catalogue.function(kind, name) is not None and name.rpartition(">")[2] not in module.foreign:
            return literal(name)
    found = module.catalogue.resolve(node.module, name)
    if found is not None and found.exports:
        return Atom(found.exports[0])
    return custom(module, name.rpartition(">")[2], node.at)


def custom(module: Module, name: str, at: Pointer) -> Fragment:
    """A class or function that is not Keras's own: a stub stands for it, or its module is imported."""
    if not is_free(name) or name not in module.foreign:
        module.problem(f"{name!r}: kdoctor does not know this object, and it has no name that Python could use", at)
        return Atom("None")
    if name in module.given:
        module.imports.add(module.given[name])
    else:
        module.stubs.setdefault(name, module.custom[name])
    return Atom(name)


def constructor(module: Module, node: Node) -> Fragment:
    """The call that makes the object."""
    known = resolved(module, node)
    if known is None:
        return _unknown(module, node)
    if not known.exports and not known.path.startswith("keras.src."):
        module.problem(f"{node.class_name}: it has no public name", node.at)
    name = known.exports[0] if known.exports else known.name
    if not known.exports:
        module.imports.add(f"from {known.module} import {known.name}")
    return call(name, arguments(module, node, known))


def resolved(module: Module, node: Node) -> ApiObject | None:
    """The class of Keras that the object is of; None for anyone else's."""
    if is_repaired_hub(node) or node.class_name.rpartition(">")[2] in module.foreign:
        return None
    return module.catalogue.resolve(node.module, node.class_name) or module.catalogue.argument(kind_of(node), node.module, node.class_name)


def _unknown(module: Module, node: Node) -> Fragment:
    stated = [Item(value(module, item, node.at / "config" / key, key), f"{key}=") for key, item in _said(module, node)]
    if is_repaired_hub(node):
        module.imports.add(f"import {HUB}")
        return call(f"{HUB}.HubLayer", stated)
    name = custom(module, node.class_name.rpartition(">")[2], node.at)
    return call(name.text if isinstance(name, Atom) else "", stated)


def _said(module: Module, node: Node) -> Iterator[tuple[str, Json]]:
    """The arguments of a custom object, those that every layer has and that say nothing left out."""
    for key, item in node.config.items():
        usual = {"trainable": not is_repaired_hub(node), "dtype": "float32", "batch_input_shape": item}.get(key, node)
        policy = as_node(item, node.at)
        if item == usual or (key == "dtype" and (item is None or (policy is not None and policy.config.get("name") == "float32"))):
            continue
        if is_identifier(key):
            yield key, item
        else:
            module.problem(f"{node.class_name} has an argument {key!r}, which is no Python name", node.at)


def arguments(module: Module, node: Node, known: ApiObject) -> tuple[Item, ...]:
    """What the constructor is given: required arguments first and without their names, defaults left out."""
    config = _as_given(node)
    for name in config:
        if name not in known.parameters and not (known.takes_anything and is_identifier(name)) and config[name] is not None:
            module.problem(f"{known.name} of {module.target} takes no {name!r}", node.at / "config" / name)
    found = []
    by_place = known.kind == "layer"
    for name in [*known.parameters, *(name for name in config if name not in known.parameters and known.takes_anything)]:
        by_place = by_place and known.parameters.get(name) is REQUIRED and name in config
        if name in config and not is_default(module.catalogue, known, name, config[name]):
            found.append(Item(value(module, config[name], node.at / "config" / name, name), "" if by_place else f"{name}="))
    return tuple(found)


def _as_given(node: Node) -> Mapping[str, Json]:
    """The config without what the constructor derives itself."""
    if node.class_name == "Discretization" and None not in (node.config.get("num_bins"), node.config.get("bin_boundaries")):
        learned = "num_bins" if node.config["bin_boundaries"] else "bin_boundaries"  # Keras writes both once it has adapted, and takes one
        return {key: item for key, item in node.config.items() if key != learned}
    if node.class_name != "Bidirectional":
        return node.config
    config = dict(node.config)
    forward, backward = as_node(config.get("layer"), node.at / "config" / "layer"), as_node(config.get("backward_layer"), node.at)
    if forward is None:
        return config
    plain = str(forward.name).removeprefix("forward_")
    mirrored = {**forward.config, "go_backwards": True, "name": f"backward_{forward.name}"}
    known_names = (f"backward_{plain}", f"backward_{forward.name}")
    if backward is not None and backward.name in known_names and {**mirrored, "name": backward.name} == backward.config:
        del config["backward_layer"]
        config["layer"] = {**forward.raw, "config": {**forward.config, "name": plain}}
    return config


def _array(module: Module, node: Node) -> Fragment:
    module.imports.add("import numpy as np")
    items = [Item(literal(node.config.get("value"))), Item(literal(node.config.get("dtype")), "dtype=")]
    return call("np.array", items)


def _slice(module: Module, node: Node) -> Fragment:
    ends = [node.config.get(key) for key in ("start", "stop", "step")]
    return call("slice", [Item(value(module, end, node.at, "")) for end in ends])


def _bytes(module: Module, node: Node) -> Fragment:
    return Atom(repr(str(node.config.get("value")).encode()))


def _ellipsis(module: Module, node: Node) -> Fragment:
    return Atom("...")


def _no_python(module: Module, node: Node) -> Fragment:
    module.problem(f"a value of the kind {node.class_name} cannot be written in Python", node.at)
    return Atom("None")


ENCODED: Mapping[str, Callable[[Module, Node], Fragment]] = {
    "__numpy__": _array, "__tensor__": _array, "__slice__": _slice, "__bytes__": _bytes, "__ellipsis__": _ellipsis,
    "__typespec__": _no_python, "__keras_tensor__": _no_python, "__tuple__": _no_python,
}  # fmt: skip


def quoted_name(node: Node) -> Item:
    """``name="…"`` of a layer or model."""
    return Item(Atom(text(str(node.name))), "name=")
