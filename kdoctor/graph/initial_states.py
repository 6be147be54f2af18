"""The states that a recurrent layer begins with: Keras 2 stored them beside its input, in one list; Keras 3 wants them as an argument."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kdoctor.document import Json
from kdoctor.edit import Edit
from kdoctor.keras_api.statistics import lengths_of
from kdoctor.keras_api.variables.table import is_builtin
from kdoctor.native_config import keras_tensor, native_call, native_node
from kdoctor.structure.connections import Form, arguments_of
from kdoctor.structure.objects import Node, as_node

INITIAL: Final = "initial_state"
# How many states a layer or cell has.
STATES: Final = {
    "LSTM": 2, "GRU": 1, "SimpleRNN": 1, "LSTMCell": 2, "GRUCell": 1, "SimpleRNNCell": 1, "ConvLSTM1D": 2, "ConvLSTM2D": 2, "ConvLSTM3D": 2,
}  # fmt: skip

BEGINNING: Final = frozenset({*STATES, "RNN", "Bidirectional"})  # those that take states, and what holds one


def takes_states(layer: Node, node: Json) -> bool:
    """Whether a call hands a recurrent layer its input and as many tensors as it has states, in one list."""
    states = _states(layer)
    if states is None or layer.config.get("num_constants"):
        return False
    arguments = arguments_of(node)
    if any(item.name in ("constants", INITIAL) for item in arguments):
        return False
    return bool(arguments) and arguments[0].form is Form.LIST and len(arguments[0].sources) == 1 + states


def numbers_given(layer: Node, node: Json) -> list[Json]:
    """The states that a call of Keras 2 begins with where they are numbers, each a batch of lists; none where they are anything else."""
    states = _states(layer)
    given = _keywords(node).get(INITIAL) if isinstance(node, list) and states is not None else None
    stated = given if isinstance(given, list) else []
    return stated if len(stated) == states and all(len(lengths_of(one) or ()) > 1 for one in stated) else []


def with_constants(node: list[Json], numbers: list[Json]) -> Json:
    """Such a call in the words of Keras 3, with the states as tensors that the file holds."""
    called = native_call(node)
    states = [{"class_name": "__tensor__", "config": {"value": one, "dtype": "float32"}} for one in numbers]
    return {**called, "kwargs": {**called["kwargs"], INITIAL: states}}


def given_apart(layer: Node, index: int) -> tuple[Edit, ...]:
    """The edits that hand over a call's first tensor alone, and the others as ``initial_state``.

    Keras 2.15 stored with which shapes the layer was built, those of its states too: Keras 3 builds it from the first.
    """
    at = layer.at / "inbound_nodes" / index
    node, built = layer.raw["inbound_nodes"][index], layer.build_config.get("input_shape")
    edits = [Edit(at, old=node, new=_apart(node))]
    if isinstance(built, list) and built and isinstance(built[0], list):
        edits.append(Edit(layer.at / "build_config" / "input_shape", old=built, new=built[0]))
    return tuple(edits)


def _apart(node: Json) -> Json:
    first = arguments_of(node)[0]
    called = native_node(node)
    keywords = called.get("kwargs") if isinstance(called, Mapping) else _keywords(node)
    kept = {key: value for key, value in (keywords or {}).items() if key not in ("constants", INITIAL)}
    states = [keras_tensor(source) for source in first.sources[1:]]
    return {"args": [keras_tensor(first.sources[0])], "kwargs": {**kept, INITIAL: states}}


def _keywords(node: Json) -> dict[str, Json]:
    """Those of a list node, which repeats them with each tensor."""
    found: dict[str, Json] = {}
    for entry in node:
        found.update(entry[3] if isinstance(entry, list) and len(entry) > 3 and isinstance(entry[3], Mapping) else {})
    return found


def _states(layer: Node) -> int | None:
    """None for what is no recurrent layer, and for stacked cells, whose states Keras 2 did not keep apart."""
    if not is_builtin(layer):
        return None
    key = {"RNN": "cell", "Bidirectional": "layer"}.get(layer.class_name)
    if key is None:
        return STATES.get(layer.class_name)
    inner = as_node(layer.config.get(key), layer.at / "config" / key)
    if inner is None or (layer.class_name == "Bidirectional" and inner.class_name == "Bidirectional"):
        return None
    found = _states(inner)
    return found if found is None or layer.class_name == "RNN" else 2 * found
