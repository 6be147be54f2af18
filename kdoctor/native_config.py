"""A config of the `.h5` dialect in the words of a `.keras` archive: modules, registered names, shapes, functions, connections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kdoctor.document import Json
from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.keras_api.reader import kind_of
from kdoctor.pointer import Pointer
from kdoctor.structure.objects import Node, as_node
from kdoctor.structure.sources import Source, as_source, is_named

# Arguments that tf.keras wrote beside a Lambda's function, and that no release of Keras 3 takes (saving_utils.LAMBDA_DEP_ARGS).
BESIDE_A_LAMBDA = frozenset({"module", "function_type", "output_shape_type", "output_shape_module"})
MODEL_CLASSES = {"Model": "Functional", "Functional": "Functional"}


@dataclass(frozen=True, slots=True)
class Translator:
    """Rewrites objects for one release's native reader."""

    catalogue: Catalogue

    def model(self, value: Json) -> Json:
        """The root object and everything in it."""
        return self._value(value, Pointer("config"))

    def _value(self, value: Json, at: Pointer) -> Json:
        node = as_node(value, at)
        if node is not None and "module" not in node.raw:
            return self._object(node)
        if isinstance(value, Mapping):
            return {key: self._value(item, at / key) for key, item in value.items()}
        if isinstance(value, list):
            return [self._value(item, at / index) for index, item in enumerate(value)]
        return value

    def _object(self, node: Node) -> Json:
        class_name = MODEL_CLASSES.get(node.class_name, node.class_name)
        found = {**node.raw, "class_name": class_name, "config": self._config(node), **self._home(node, class_name)}
        if isinstance(found.get("inbound_nodes"), list):
            found["inbound_nodes"] = [native_node(item) for item in found["inbound_nodes"]]
        return found

    def _home(self, node: Node, class_name: str) -> dict[str, Json]:
        """Module and registered name; a class that is not Keras's own keeps the name that it was registered under."""
        kind = kind_of(node)
        known = self.catalogue.legacy("layer" if kind == "layer" else kind, class_name)
        if known is None:
            return {"module": None, "class_name": class_name.rpartition(">")[2], "registered_name": class_name}
        if not known.exports:
            return {"module": known.module, "class_name": known.name, "registered_name": known.name}
        module, _, name = known.exports[0].rpartition(".")  # GroupQueryAttention is not what its class is called
        return {"module": module, "class_name": name, "registered_name": None}

    def _config(self, node: Node) -> dict[str, Json]:
        config = {key: self._value(item, node.at / "config" / key) for key, item in node.config.items()}
        stated = config.pop("batch_input_shape", None)  # of a first layer: its InputLayer says it
        if node.class_name == "InputLayer" and stated is not None:
            config["batch_shape"] = stated
        axis = config.get("axis")
        if isinstance(axis, list) and len(axis) == 1:
            config["axis"] = axis[0]
        if node.class_name == "Lambda":
            config = {key: item for key, item in config.items() if key not in BESIDE_A_LAMBDA}
            config["function"] = _function(config.get("function"))
        return config


def _function(stored: Json) -> Json:
    """``[code, defaults, closure]`` as the object that it is in a `.keras`."""
    if isinstance(stored, list) and len(stored) == 3:
        code, defaults, closure = stored
        return {"class_name": "__lambda__", "config": {"code": code, "defaults": defaults, "closure": closure}}
    return stored


def native_node(node: Json) -> Json:
    """A connection as arguments of a call where a tensor stands among its keywords, or the tensors in a dict; any other list is read by
    Keras 3 as it is."""
    if isinstance(node, Mapping) and is_named(node):
        named = {key: keras_tensor(source) for key, item in node.items() if (source := as_source(item)) is not None}
        return {"args": [named], "kwargs": _keywords(list(node.values()))}
    return native_call(node) if isinstance(node, list) and has_tensors(node) else node


def native_call(node: list[Json]) -> dict[str, Json]:
    """A list of connections, ``[[layer, call, output, keywords], …]``, as arguments of a call."""
    tensors = [keras_tensor(source) for item in node if (source := as_source(item)) is not None]
    return {"args": [tensors[0] if len(tensors) == 1 else tensors], "kwargs": _keywords(node)}


def _keywords(entries: list[Json]) -> dict[str, Json]:
    """The keywords of a call, of which each of its tensors may bring some."""
    keywords: dict[str, Json] = {}
    for item in entries:
        keywords.update(item[3] if isinstance(item, list) and len(item) > 3 and isinstance(item[3], Mapping) else {})
    return {key: _keyword(value) for key, value in keywords.items()}


def has_tensors(node: Json) -> bool:
    """Whether a list node has tensors among its keyword arguments, which Keras 3 takes for plain lists."""
    for item in node if isinstance(node, list) else ():
        keywords = item[3] if isinstance(item, list) and len(item) > 3 else None
        if isinstance(keywords, Mapping) and any(_is_tensor(value) for value in keywords.values()):
            return True
    return False


def _is_tensor(value: Json) -> bool:
    return as_source(value) is not None or (isinstance(value, list) and bool(value) and all(as_source(item) is not None for item in value))


def _keyword(value: Json) -> Json:
    source = as_source(value)
    if source is not None:
        return keras_tensor(source)
    return [_keyword(item) for item in value] if _is_tensor(value) else value


def keras_tensor(source: Source) -> Json:
    """Keras resolves it by its history alone (functional.deserialize_node); shape and dtype are only to be valid."""
    history = [source.layer, source.call, source.output]
    return {"class_name": "__keras_tensor__", "config": {"shape": [None], "dtype": "float32", "keras_history": history}}
