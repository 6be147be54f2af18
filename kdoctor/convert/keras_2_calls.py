"""Connections of a Functional model as Keras 2 writes them: ``[[layer, call, output, {argument: …}], …]`` for each call of a layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kdoctor.convert.refusal import NotConvertible
from kdoctor.document import Json
from kdoctor.pointer import Pointer
from kdoctor.structure.connections import calls_of
from kdoctor.structure.objects import MODELS, as_node
from kdoctor.structure.sources import as_source, tensors

RECURRENT = frozenset({"RNN", "LSTM", "GRU", "SimpleRNN", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "Bidirectional"})
# What Keras 3 may give by position behind the first argument, by the name that Keras 2 has for it.
POSITIONS: Mapping[str, tuple[str, ...]] = {"MultiHeadAttention": ("value", "key")}
ATTENTION = frozenset({"value", "key", "attention_mask", "return_attention_scores", "use_causal_mask", "training"})
NAMED: Mapping[str, frozenset[str]] = {
    "MultiHeadAttention": ATTENTION,
    **dict.fromkeys(("Attention", "AdditiveAttention"), frozenset({"mask", "training", "return_attention_scores", "use_causal_mask"})),
}
USUAL = frozenset({"mask", "training"})
STACK = "Sequential"


def keras_2_node(node: Json, class_name: str) -> Json:
    """One call of a layer. A list is Keras 2's already. Raises `NotConvertible` for arguments that it has no way to write."""
    if not isinstance(node, Mapping):
        return node
    given = node.get("args")
    args = list(given) if isinstance(given, list) else []
    keywords = dict(node.get("kwargs") or {}) if isinstance(node.get("kwargs"), Mapping) else {}
    if not args:
        raise NotConvertible(f"a {class_name} is called without a positional argument, which Keras 2 cannot write")
    inputs = [_tensor(item, class_name) for item in (args[0] if isinstance(args[0], list) else [args[0]])]
    if class_name in RECURRENT:
        inputs += _states(args[1:2], keywords, class_name)
        args = [args[0], *args[2:]]
    names = POSITIONS.get(class_name, ())
    if len(args) - 1 > len(names):
        raise NotConvertible(f"a {class_name} is called with {len(args)} positional arguments, which Keras 2 cannot write")
    keywords |= dict(zip(names, args[1:], strict=False))
    if keywords.get("training") is True:
        del keywords["training"]  # over which Keras 3 predicts, and which Keras 2 would heed
    said = {name: _value(value, class_name) for name, value in keywords.items() if not _says_nothing(value)}
    unknown = said.keys() - NAMED.get(class_name, USUAL)
    if unknown:
        raise NotConvertible(f"a {class_name} is called with {min(unknown)!r}, which Keras 2 does not take")
    return [[*source, said] for source in inputs]  # functional.py, process_node: those beside the last one count


def _states(positional: list[Json], keywords: dict[str, Json], class_name: str) -> list[Json]:
    """Initial states stand behind the input, as if they were inputs too (recurrent layers sort them out when they are called)."""
    found = keywords.pop("initial_state", None)
    found = positional[0] if positional and found is None else found
    states = [] if found is None else found if isinstance(found, list) else [found]
    return [_tensor(item, class_name) for item in states]


def _tensor(value: Json, class_name: str) -> list[Json]:
    """``[layer, call, output]``."""
    config = value.get("config") if isinstance(value, Mapping) and value.get("class_name") == "__keras_tensor__" else None
    history = config.get("keras_history") if isinstance(config, Mapping) else None
    if not isinstance(history, list) or as_source(history) is None:
        raise NotConvertible(f"a {class_name} is called with something that is neither a tensor nor a list of them")
    return list(history)


def _value(value: Json, class_name: str) -> Json:
    if isinstance(value, Mapping):
        return _tensor(value, class_name)
    if isinstance(value, list):
        return [_value(item, class_name) for item in value]
    return value


def _says_nothing(value: Json) -> bool:
    return value is None or (isinstance(value, list) and all(_says_nothing(item) for item in value))


def endpoints(value: Json) -> Json:
    """``input_layers`` or ``output_layers``: a single tensor in a list, as Keras 2 has it."""
    return [value] if as_source(value) is not None else value


def counted_from_one(config: Mapping[str, Json], anew: bool) -> dict[str, Json]:
    """A Functional's config in which the calls of nested models are counted from 1: Keras 2 holds their own making for call 0.

    ``anew``: they are counted from 0, as Keras 3.2 and later do, though no layer may take call 0. Of a model whose calls it does not find
    Keras 2 waits for one that never comes: load_model does not return (run in 2.15).
    """
    nested = {name: kind for layer in config["layers"] for name, kind in _nested(layer)}
    shifted = {name for name in nested if anew or any(source == name and call == 0 for source, call in _references(config))}
    ends = config.get("output_layers")
    shifted_ends = {source.layer for source in tensors(ends) if nested.get(source.layer) == STACK and source.call == 0} | {
        name for name in shifted if nested[name] == STACK
    }  # there Keras 3, too, counts the calls of a Functional from 1
    layers = [
        {**layer, "inbound_nodes": _recounted(layer["inbound_nodes"], shifted | shifted_ends)} if "inbound_nodes" in layer else layer
        for layer in config["layers"]
    ]
    return {**config, "layers": layers, "output_layers": _recounted(ends, shifted_ends)}


def _nested(layer: Json) -> Iterator[tuple[str, str]]:
    """The name of a model among the layers, and its class."""
    node = as_node(layer, Pointer("config"))
    if node is not None and node.class_name in MODELS and node.name is not None:
        yield node.name, node.class_name


def _references(config: Mapping[str, Json]) -> Iterator[tuple[str, int]]:
    for layer in config["layers"]:
        for call in calls_of(layer) if isinstance(layer, Mapping) else ():
            yield from ((source.layer, source.call) for source in call)


def _recounted(value: Json, names: set[str]) -> Json:
    if as_source(value) is not None and value[0] in names:
        return [value[0], value[1] + 1, *(_recounted(item, names) for item in value[2:])]
    if isinstance(value, list):
        return [_recounted(item, names) for item in value]
    return {key: _recounted(item, names) for key, item in value.items()} if isinstance(value, Mapping) else value
