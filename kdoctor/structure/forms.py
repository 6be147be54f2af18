"""What every loader of Keras takes for granted in a config: which keys stand in a model, a layer, a call and a tensor, and of which kind.

Read in Sequential.from_config, functional_from_config and deserialize_node (keras/src/models, 3.0 to 3.15; keras/src/engine/functional.py
before), and measured by changing one value after the other of 141 configs that load.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from kdoctor.document import ABSENT, Document, Json
from kdoctor.edit import Edit
from kdoctor.pointer import Key, Pointer
from kdoctor.structure.dtypes import is_tensor_dtype
from kdoctor.structure.layers import layer_list, layer_nodes
from kdoctor.structure.missing_names import Misfit, in_names, in_root, nameless, written
from kdoctor.structure.models import model_nodes
from kdoctor.structure.objects import Node
from kdoctor.structure.plain_calls import called_plainly
from kdoctor.structure.sources import as_source, is_constant, is_named, listed_tensors, only_tensor, tensors
from kdoctor.structure.whole_tensor import KEYS as TENSOR
from kdoctor.structure.whole_tensor import is_history, is_shape, is_whole

OBJECT = ("class_name", "config")
GRAPH = ("layers", "input_layers", "output_layers")
NO_GRAPH = "TypeError: Functional.__init__() missing 2 required positional arguments: 'inputs' and 'outputs'"


def misfits(document: Document) -> Iterator[Misfit]:
    """What is not of the form that loaders read, of all models of the config. Never raises."""
    plainly = called_plainly(document)
    for node in model_nodes(document):
        yield from _in_model(node, plainly)


def _in_model(model: Node, plainly: Collection[int]) -> Iterator[Misfit]:
    config = model.raw.get("config")
    if isinstance(config, list):  # Keras 0.3 to 2.2.2 (K608)
        return
    yield from () if model.at.keys else in_root(model)
    if model.class_name == "Sequential":
        yield from _in_sequential(model)
    elif _lists_layers(model) and (lacking := [key for key in GRAPH if key not in model.config]):
        yield _without_graph(model, lacking)
    elif _lists_layers(model) and "name" not in model.config:
        yield nameless(model, NO_GRAPH)
    listed = model.config.get("layers", [])
    if not isinstance(listed, list):
        says = f"TypeError: '{type(listed).__name__}' object is not iterable"
        yield Misfit(model.at / "config" / "layers", f"the layers of the {model.class_name} are {written(listed)}, no list", says)
    items, at = layer_list(model)
    functional = "output_layers" in model.config
    yield from in_names(layer_nodes(model), functional)
    for index, item in enumerate(items):
        if not _is_plain(item, functional, plainly):
            yield from _in_item(item, at / index, functional)
    for key in GRAPH[1:] if functional else ():
        if key in model.config and not _names_tensors(model.config[key]):
            why = f"{key} of {model.name!r} is {written(model.config[key])}, which is no list of layers, calls and outputs"
            yield Misfit(model.at / "config" / key, why, "RuntimeError: Internal error: could not find layer")


def _lists_layers(model: Node) -> bool:
    """A Functional, or what is called a Model and has layers: Keras makes that of a graph alone."""
    return model.class_name == "Functional" or (model.class_name == "Model" and isinstance(model.config.get("layers"), list))


def _without_graph(model: Node, lacking: Sequence[str]) -> Misfit:
    """A Functional without its ends; where no layer is connected to anything either, it can only have been a Sequential."""
    says = NO_GRAPH
    if model.class_name == "Model":
        says = "ValueError: Unrecognized keyword arguments passed to Model: {'layers': …}"
    items = model.config.get("layers")
    stacked = isinstance(items, list) and not any(isinstance(item, dict) and "inbound_nodes" in item for item in items)
    cure = Edit(model.at / "class_name", old=model.class_name, new="Sequential") if stacked and len(lacking) == 2 and items else None
    why = f"the config of the {model.class_name} has no {' and no '.join(map(repr, lacking))}"
    return Misfit(model.at / "config", why + (", and its layers no connections: it is a Sequential" if cure else ""), says, cure=cure)


def _in_sequential(model: Node) -> Iterator[Misfit]:
    if "name" not in model.config:
        yield nameless(model, "ValueError: A Sequential model configuration must be a dictionary containing the 'name' and 'layers' keys.")
    if "layers" not in model.config:
        yield Misfit(model.at / "config", "the config of the Sequential has no 'layers'", "KeyError: 'layers'")


def _names_tensors(value: Json) -> bool:
    """Whether the ends of a Functional are tensors, in a list, in a dict, or one alone."""
    if isinstance(value, dict):
        return all(map(_names_tensors, value.values()))
    if not isinstance(value, list):
        return False
    return as_source(value) is not None or all(map(_names_tensors, value))


def _is_plain(item: Json, functional: bool, plainly: Collection[int]) -> bool:
    """Whether an entry is as almost all are: an object and, in a Functional, one with a name and calls of whole tensors."""
    if not isinstance(item, dict) or "config" not in item or not isinstance(item.get("class_name"), str) or item["class_name"] == "Input":
        return False
    if not functional or id(item) in plainly:
        return not functional or "name" in item
    nodes = item.get("inbound_nodes")
    return "name" in item and isinstance(nodes, list) and all(map(_takes_whole, nodes))


def _takes_whole(call: Json) -> bool:
    """Whether a call takes one whole tensor, in the words of either Keras, or a list of such in those of Keras 3."""
    if isinstance(call, dict):
        if only_tensor(call) is not None:
            return is_whole(call["args"][0])
        return bool(listed_tensors(call)) and all(map(is_whole, call["args"][0]))
    entry = call[0] if isinstance(call, list) and len(call) == 1 else None
    return isinstance(entry, list) and as_source(entry) is not None and (len(entry) < 4 or (len(entry) == 4 and isinstance(entry[3], dict)))


def _in_item(item: Json, at: Pointer, functional: bool) -> Iterator[Misfit]:
    """One entry of a model's list of layers."""
    if not isinstance(item, dict) or any(key not in item for key in OBJECT) or not isinstance(item["class_name"], str):
        lacking = [key for key in OBJECT if not isinstance(item, dict) or key not in item] or ["class_name"]
        says = "ValueError: Only instances of `keras.Layer` can be added to a Sequential model." if not functional else ""
        yield Misfit(
            at, f"an entry of the list of layers has no {' and no '.join(map(repr, lacking))}", says or f"KeyError: '{lacking[0]}'"
        )
        return
    name = item.get("name") if isinstance(item.get("name"), str) else None
    if item["class_name"] == "Input":
        says = "ValueError: Only instances of `keras.Layer` can be added to a Sequential model. Received: <function Input>"
        cure = Edit(at / "class_name", old="Input", new="InputLayer")
        yield Misfit(at, "Input is a function; the layer that it makes is an InputLayer", says, name, cure)
    if not functional:
        return
    for key in ("name", "inbound_nodes"):
        if key not in item:
            why = f"the entry of the {item['class_name']} in a Functional has no {key!r}"
            yield Misfit(at, why, f"KeyError: '{key}'", name, _derived(item, at, key))
    nodes = item.get("inbound_nodes", [])
    if not isinstance(nodes, list):
        says = f"TypeError: '{type(nodes).__name__}' object is not iterable" if nodes is None else "TypeError"
        yield Misfit(at / "inbound_nodes", f"the connections of {name!r} are {written(nodes)}, no list", says, name)
        return
    for index, call in enumerate(nodes):
        place = at / "inbound_nodes" / index
        if not call or not isinstance(call, (dict, list)):
            why = f"a call of {name!r} is {written(call)}: it takes no tensor"
            yield Misfit(place, why, "ValueError: Invalid Functional model configuration.", name)
        elif isinstance(call, dict):
            yield from _in_call(call, place, name)
        else:
            yield from _in_listed_call(call, place, name)


def _derived(item: Mapping[str, Json], at: Pointer, key: str) -> Edit | None:
    """The name beside a layer's config is that in it, and an InputLayer is connected to nothing."""
    inner = item["config"].get("name") if isinstance(item["config"], dict) else None
    if key == "name":
        return _write(at / "name", inner) if isinstance(inner, str) else None
    return _write(at / key, []) if item["class_name"] == "InputLayer" else None


def _write(at: Pointer, value: Json) -> Edit:
    return Edit(at, old=ABSENT, new=value)


def _in_call(call: Mapping[str, Json], at: Pointer, name: str | None) -> Iterator[Misfit]:
    """One call in the words of Keras 3: ``{"args": […], "kwargs": {…}}``."""
    if is_named(call) or (only_tensor(call) is not None and is_whole(call["args"][0])):
        return
    for key, kind in (("args", list), ("kwargs", dict)):
        if key not in call:
            yield Misfit(at, f"a call of {name!r} has no {key!r}", f"KeyError: '{key}'", name)
        elif not isinstance(call[key], kind):
            why = f"{key!r} of a call of {name!r} is {written(call[key])}, no {'list' if kind is list else 'dict'}"
            yield Misfit(at / key, why, "TypeError: argument after * must be an iterable", name)
    for keys, tensor in _encoded(call):
        if not is_whole(tensor):
            yield from _in_tensor(tensor, Pointer(at.part, (*at.keys, *keys)), name)


def _in_listed_call(call: list[Json], at: Pointer, name: str | None) -> Iterator[Misfit]:
    """One call in the words of Keras 2: ``[[layer, call, output, {…}], …]``, or one such entry alone (K604 knows who reads that).

    Each entry overrides the keywords of those before it: 2.15, 3.0.5 and 3.15.1 take anything there but in the last one.
    """
    alone = as_source(call) is not None or is_constant(call)
    last = 0 if alone else len(call) - 1
    for index, entry in enumerate([call] if alone else call):
        place = at if alone else at / index
        if isinstance(entry, list) and len(entry) > 4:
            why = f"a call of {name!r} takes {written(entry)}, which is more than a layer, a call, an output and keywords"
            yield Misfit(place, why, "ValueError: Cannot deserialize the model (invalid config data?)", name)
        elif not tensors(entry) and not is_constant(entry):
            yield Misfit(place, f"a call of {name!r} takes {written(entry)}, which names no tensor", "ValueError: Missing node", name)
        elif index == last and as_source(entry) is not None and len(entry) > 3 and not isinstance(entry[3], dict):
            why = f"the keywords of a call of {name!r} are {written(entry[3])}, no dict"
            yield Misfit(place / 3, why, "TypeError: argument after ** must be a mapping", name)


def _encoded(call: Mapping[str, Json]) -> Iterator[tuple[tuple[Key, ...], Mapping[str, Json]]]:
    """The tensors of a call, wherever they stand in its arguments, by the keys that lead to them."""
    stack: list[tuple[tuple[Key, ...], Json]] = [((), call)]
    while stack:
        keys, value = stack.pop()
        if isinstance(value, dict):
            config = value.get("config")
            if value.get("class_name") == "__keras_tensor__" or (isinstance(config, dict) and "keras_history" in config):
                yield keys, value
            else:
                stack += [((*keys, key), inner) for key, inner in value.items() if inner and isinstance(inner, (dict, list))]
        elif isinstance(value, list):
            stack += [((*keys, index), inner) for index, inner in enumerate(value) if inner and isinstance(inner, (dict, list))]


def _in_tensor(tensor: Mapping[str, Json], at: Pointer, name: str | None) -> Iterator[Misfit]:
    if tensor.get("class_name") != "__keras_tensor__":
        why = f"a tensor that {name!r} takes is said to be of the class {tensor.get('class_name')!r}"
        yield Misfit(at, why, "ValueError: Only input tensors may be passed as positional arguments.", name)
        return
    config = tensor["config"] if isinstance(tensor.get("config"), dict) else {}
    lacking = [key for key in TENSOR if key not in config]
    if lacking:
        yield Misfit(at, f"a tensor that {name!r} takes has no {' and no '.join(map(repr, lacking))}", f"KeyError: '{lacking[0]}'", name)
        return
    history = config["keras_history"]
    if not is_history(history):
        why = f"a tensor that {name!r} takes comes from {written(history)}, which is no layer, call and output"
        says = f"ValueError: Unknown layer: {history[0]}" if isinstance(history, list) and history else "TypeError"
        yield Misfit(at / "config" / "keras_history", why, says, name)
    if not is_shape(config["shape"]):
        says = f"ValueError: Cannot convert '{config['shape']}' to a shape."
        yield Misfit(at / "config" / "shape", f"a tensor that {name!r} takes has the shape {written(config['shape'])}", says, name)
    if not is_tensor_dtype(config["dtype"]):
        why = f"a tensor that {name!r} takes has the dtype {written(config['dtype'])}"
        yield Misfit(at / "config" / "dtype", why, f"ValueError: Invalid dtype: {config['dtype']}", name)
