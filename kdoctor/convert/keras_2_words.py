"""A model's config in the words of a release of Keras 2: legacy names, list nodes, plain dtypes, only arguments that it takes.

What the release has no words for is refused; nothing is dropped unless leaving it out means the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kdoctor.convert.keras_2_calls import counted_from_one, endpoints, keras_2_node
from kdoctor.convert.keras_2_operations import as_layer, spelled_out
from kdoctor.convert.refusal import NotConvertible
from kdoctor.document import Json
from kdoctor.keras_api import habits
from kdoctor.keras_api.absence import INITIALIZER, means_nothing
from kdoctor.keras_api.api_object import ApiObject
from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.keras_api.operation import is_operation
from kdoctor.keras_api.reader import kind_of
from kdoctor.keras_api.retired import OPERATION_LAYERS
from kdoctor.keras_api.variables.table import is_builtin
from kdoctor.pointer import Pointer
from kdoctor.structure.layers import layer_list
from kdoctor.structure.lookups import LOOKUPS, weighs_words
from kdoctor.structure.objects import CODE, FUNCTION, MODELS, VALUES, Node, as_node

# (class, argument of Keras 3) -> the argument of Keras 2 that means the same
RENAMED = {("InputLayer", "batch_shape"): "batch_input_shape", ("LeakyReLU", "negative_slope"): "alpha"}
# (class, argument) whose false is what leaving it out means; the constructors have another default, None, for that
FALSE_IS_USUAL = frozenset({("InputLayer", "sparse"), ("InputLayer", "ragged"), ("InputLayer", "optional")})
# Layers that give whole numbers: Keras 2 wants their dtype to be one of those.
COUNTING = frozenset({"StringLookup", "IntegerLookup", "Hashing", "Discretization"})
CAUSAL = "use_causal_mask"
PLAIN_POLICIES = frozenset(
    {"float16", "float32", "float64", "bfloat16", "mixed_float16", "mixed_bfloat16", "int32", "int64", "uint8", "bool"}
)
POLICIES = frozenset({"DTypePolicy", "Policy", "FloatDTypePolicy"})


@dataclass(frozen=True, slots=True)
class Words:
    """Rewrites objects for one release. ``older``: the file was saved by Keras 2, whose own layers stay as they are; ``archive``: for the
    reader of archives, which goes by modules, rather than for that of ``.h5`` files."""

    catalogue: Catalogue
    saved_by: str | None
    older: bool
    archive: bool

    def model(self, value: Json) -> dict[str, Json]:
        """The root object and everything in it."""
        node = as_node(value, Pointer("config"))
        if node is None or node.class_name not in MODELS:
            raise NotConvertible("the model is of a class of its own")
        return self._model(node)

    def _value(self, value: Json, at: Pointer) -> Json:
        node = as_node(value, at)
        if node is not None:
            return self._object(node)
        if isinstance(value, Mapping):
            if value.get("class_name") == "__tuple__":
                return self._value(value.get("items"), at)
            return {key: self._value(item, at / key) for key, item in value.items()}
        if isinstance(value, list):
            return [self._value(item, at / index) for index, item in enumerate(value)]
        if isinstance(value, str) and (at.keys[-1:] and str(at.keys[-1]).endswith("activation")):
            return self._activation(value)
        return value

    def _object(self, node: Node) -> Json:
        if node.class_name in MODELS:
            return self._model(node)
        if node.class_name == FUNCTION and isinstance(node.raw.get("config"), str):
            return self._activation(node.raw["config"])
        if self.older and node.class_name in OPERATION_LAYERS:
            return dict(node.raw)
        if node.class_name in VALUES or node.class_name in (CODE, FUNCTION, "Lambda"):
            raise NotConvertible(f"{node.class_name} at {node.at.json} cannot be said in the words of Keras {self.catalogue.release}")
        kind = kind_of(node)
        if kind == "dtype_policy":
            return _policy(node)
        if is_operation(node):
            return self._value(as_layer(node), node.at)
        found = self.catalogue.legacy(kind, node.class_name) if is_builtin(node) else None
        homed = {} if found is not None or not is_builtin(node) or not self.archive else self._home(node)
        found = self.catalogue.resolve(node.module, node.class_name) if homed else found
        if found is None:
            raise NotConvertible(f"Keras {self.catalogue.release} has no {kind} {node.class_name}")
        return {
            "class_name": found.name,
            "config": {**self.arguments(node, kind, found), **_required(node)},
            **homed,
            **_beside(node, self.catalogue.release),
        }

    def _home(self, node: Node) -> dict[str, Json]:
        """The module of a class that the release finds by it alone: its readers of bare names were not told of every layer."""
        return {"module": node.module, "registered_name": None} if node.module == "keras.layers" else {}

    def arguments(self, node: Node, kind: str, found: ApiObject) -> dict[str, Json]:
        """The config with what the constructor takes, under the names that it has for it. Raises `NotConvertible` for what it refuses."""
        said: dict[str, Json] = {}
        for name, value in node.config.items():
            known = RENAMED.get((node.class_name, name), name)
            if name.endswith(INITIALIZER):
                said |= self._initializer(name, value, node, known in found.parameters)
            elif found.takes_anything or known in found.parameters or known in found.keys_taken:
                said[known] = self._value(value, node.at / "config" / name)
            elif not (
                (value is False and (node.class_name, name) in FALSE_IS_USUAL)
                or means_nothing(kind, node.class_name, name, value, self.saved_by)
                or (name == "backward_layer" and _is_mirrored(node))
            ):
                raise NotConvertible(f"{node.class_name} of Keras {self.catalogue.release} takes no argument {name!r} (here {value!r:.60})")
        if node.class_name in COUNTING and node.config.get("output_mode", "int") == "int" and "int" not in str(said.get("dtype")):
            said.pop("dtype", None)  # Keras 3 states what the layer computes in, and gives whole numbers all the same
        if node.class_name == "Discretization" and said.get("bin_boundaries") is not None:
            said["num_bins"] = None  # which Keras 3 states beside the boundaries that it learned, and Keras 2 refuses beside any
        if node.class_name in LOOKUPS and weighs_words(node):
            raise NotConvertible(f"the weights of the words of {node.name!r} (tf_idf) are not where Keras 2 looks for them")
        if node.class_name == "TextVectorization":
            said.pop("dtype", None)  # Keras 2 takes "string" alone, which it has for a default
        return said

    def _initializer(self, name: str, value: Json, node: Node, taken: bool) -> dict[str, Json]:
        """How a variable would be made afresh says nothing of one that is stored: what the release does not know is left out."""
        try:
            return {name: self._value(value, node.at / "config" / name)} if taken else {}
        except NotConvertible:
            return {}

    def _model(self, node: Node) -> dict[str, Json]:
        class_name = "Sequential" if node.class_name == "Sequential" else "Functional"
        if self.catalogue.legacy("model", class_name) is None:
            class_name = "Model"  # the only name that a Functional had before TensorFlow 2.4
        config = self._stack(node) if node.class_name == "Sequential" else self._graph(node)
        return {"class_name": class_name, "config": config, **_beside(node, self.catalogue.release)}

    def _stack(self, node: Node) -> dict[str, Json]:
        """A Sequential that states its input, if it was built for one."""
        given, at = layer_list(node)
        layers = [self._value(item, at / index) for index, item in enumerate(given)]
        shape = node.config.get("build_input_shape") or node.build_config.get("input_shape")
        if any(layer["class_name"] == "InputLayer" for layer in layers[1:]):
            raise NotConvertible(f"the InputLayer of the Sequential {node.name!r} is not its first layer")
        stated = layers and (layers[0]["class_name"] == "InputLayer" or "batch_input_shape" in layers[0]["config"])
        if not stated and isinstance(shape, list) and not self.older:
            entry = {"batch_input_shape": shape, "dtype": "float32", "sparse": False, "name": f"{node.name}_input"}
            layers = [{"class_name": "InputLayer", "config": entry}, *layers]
        return {"name": node.name, "layers": _distinct(layers)}

    def _graph(self, node: Node) -> dict[str, Json]:
        config: dict[str, Json] = {"name": node.name, "trainable": node.config.get("trainable", True)}
        at, layers = node.at / "config" / "layers", node.config.get("layers")
        listed = layers if isinstance(layers, list) else []
        taken = {str(item.get("name")) for item in listed if isinstance(item, Mapping)}
        config["layers"] = [self._value(one, at / index) for index, item in enumerate(listed) for one in spelled_out(item, taken)]
        _distinct(config["layers"])
        config |= {key: endpoints(node.config.get(key)) for key in ("input_layers", "output_layers")}
        if not config["input_layers"] or not config["output_layers"]:
            raise NotConvertible(f"the model {node.name!r} does not say what goes in or comes out")
        anew = not self.older and self.saved_by is not None and not habits.NUMBERS_CALLS_OF_ALL_MODELS.at(self.saved_by)
        return counted_from_one(config, anew)

    def _activation(self, name: str) -> str:
        if self.catalogue.function("activation", name) is None:
            raise NotConvertible(f"Keras {self.catalogue.release} has no activation {name!r}")
        return name


def _distinct(layers: list[Json]) -> list[Json]:
    """The layers. Raises `NotConvertible` where two have one name."""
    names = [layer["config"].get("name") for layer in layers]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise NotConvertible(f"two layers are called {twice!r}")
    return layers


def _required(node: Node) -> dict[str, Json]:
    """What ``MultiHeadAttention.from_config`` takes out of the config without asking: the shapes that it was built with."""
    if node.class_name != "MultiHeadAttention" or "query_shape" in node.config:
        return {}
    shapes = node.build_config.get("shapes_dict", node.build_config)
    given = shapes if isinstance(shapes, Mapping) else {}
    found = {name: given.get(name) for name in ("query_shape", "value_shape", "key_shape")}
    return {**found, "key_shape": found["key_shape"] or found["value_shape"]}


def _is_mirrored(node: Node) -> bool:
    """Whether a Bidirectional's second direction is what every release makes of the first one: the same layer, the other way round."""
    first, second = (_way(node.config.get(name)) for name in ("layer", "backward_layer"))
    return first is not None and second is not None and first == {**second, "go_backwards": not second.get("go_backwards")}


def _way(held: Json) -> dict[str, Json] | None:
    """A recurrent layer's class and settings, without what says nothing of one that is stored."""
    config = held.get("config") if isinstance(held, Mapping) else None
    if not isinstance(config, Mapping):
        return None
    kept = {key: _unshared(value) for key, value in config.items() if key != "name" and not key.endswith(INITIALIZER)}
    return {**kept, "go_backwards": bool(config.get("go_backwards")), "class_name": held.get("class_name")}


def _unshared(value: Json) -> Json:
    """Without the numbers by which a file says that objects are one and the same."""
    if isinstance(value, Mapping):
        return {key: _unshared(item) for key, item in value.items() if key != "shared_object_id"}
    return [_unshared(item) for item in value] if isinstance(value, list) else value


def _policy(node: Node) -> str:
    name = node.config.get("name")
    if node.class_name not in POLICIES or name not in PLAIN_POLICIES:
        raise NotConvertible(f"Keras 2 has no dtype policy {name or node.class_name}")
    return str(name)


def _beside(node: Node, release: str) -> dict[str, Json]:
    """What stands beside a layer's config in a Functional model. Raises `NotConvertible` for calls that the release cannot make."""
    if "inbound_nodes" not in node.raw:
        return {}
    nodes = node.raw["inbound_nodes"]
    calls = [keras_2_node(call, node.class_name) for call in nodes] if isinstance(nodes, list) else []
    said = [tensor[3] for call in calls for tensor in call if isinstance(tensor, list) and len(tensor) > 3]
    if not habits.TELLS_CAUSALITY_IN_CALLS.at(release) and any(CAUSAL in keywords for keywords in said):
        raise NotConvertible(f"a {node.class_name} of Keras {release} cannot be called with {CAUSAL!r}")
    return {"name": node.raw.get("name", node.name), "inbound_nodes": calls}
