"""How many tensors the built-in layers take, alone or in a list.

Measured in Keras 3.0.5 to 3.15.1 by loading models whose connections were changed, from archives (where a layer is built before it is
called) and without their build_config. Checked against the real thing: tests/keras_api/test_input_counts.py does the same with each layer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

from kdoctor.keras_api.operation import is_operation
from kdoctor.keras_api.variables.table import is_builtin
from kdoctor.structure.connections import Argument, Form
from kdoctor.structure.layers import layer_list
from kdoctor.structure.objects import Node
from kdoctor.structure.sources import tensors

RANKS = (1, 2, 3)
# Those with an input_spec: a list of several is counted before anything else.
COUNTED: Final = frozenset(
    [
        "Dense", "SpectralNormalization", "Flatten", "Permute", "RepeatVector", "LSTM", "GRU", "SimpleRNN", "Bidirectional",
        "SeparableConv1D", "SeparableConv2D", "DepthwiseConv1D", "DepthwiseConv2D",
    ]
    + [f"{kind}{rank}D" for kind in ("Conv", "UpSampling", "ZeroPadding", "Cropping", "ConvLSTM", "SpatialDropout") for rank in RANKS]
    + [f"Conv{rank}DTranspose" for rank in RANKS]
    + [f"{scope}{kind}Pooling{rank}D" for scope in ("", "Global") for kind in ("Max", "Average") for rank in RANKS]
)  # fmt: skip
COUNTED_ONCE_BUILT: Final = frozenset(("EinsumDense", "PReLU", "BatchNormalization", "GroupNormalization"))
# Those that fail at a list in ways of their own.
ALONE: Final = frozenset(
    ["Embedding", "Masking", "Reshape", "Discretization", "CenterCrop", "CategoryEncoding", "Hashing", "RandomCrop", "RNN"]
    + [f"Adaptive{kind}Pooling{rank}D" for kind in ("Max", "Average") for rank in RANKS]
)
# Those that compute with a list once they are built, and cannot be built from one.
ALONE_UNTIL_BUILT: Final = frozenset(("LayerNormalization", "RMSNormalization", "Normalization"))
# Those that want a list, of how many at least and at most.
LISTS: Final[Mapping[str, tuple[int, int | None]]] = MappingProxyType({
    **dict.fromkeys(("Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract"), (1, None)),
    "Dot": (2, 2),
    "Attention": (2, 3),
    "AdditiveAttention": (2, 3),
})  # fmt: skip
# What Keras 2 does otherwise, measured in 2.9 and 2.15 (TensorFlow 2.9.3 and 2.15.1): what it takes as a list of several tensors, states of
# a recurrent layer among them, and what it does not count any more once it was built from an archive.
TAKES_LISTS_IN_KERAS_2: Final = frozenset(
    ["LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional", "Discretization", *(f"ConvLSTM{rank}D" for rank in RANKS)]
)
UNCOUNTED_ONCE_BUILT_IN_KERAS_2: Final = frozenset(
    ["Normalization", *(f"{kind}{rank}D" for kind in ("GlobalMaxPooling", "SpatialDropout") for rank in RANKS)]
)
# Those whose output is one tensor, whatever their arguments say.
GIVES_ONE: Final = (COUNTED | COUNTED_ONCE_BUILT | {"InputLayer", "Embedding", "Masking", "Reshape", "Activation", "Dropout", "Rescaling"}) - {
    "LSTM", "GRU", "SimpleRNN", "Bidirectional", *(f"ConvLSTM{rank}D" for rank in RANKS),
}  # fmt: skip
QUERIED: Final = ("MultiHeadAttention", "GroupQueryAttention", "GroupedQueryAttention")


class Miscount(NamedTuple):
    """Why a layer does not take the tensors it is handed: what it wants, what it is handed, and the message that Keras 3 shows."""

    wants: str
    given: str
    keras_says: str | None = None


def miscount_of(node: Node, arguments: Sequence[Argument]) -> Miscount | None:
    """Why a layer or a nested model of Keras cannot be called with these arguments; None where it can, or where that is not known."""
    if not arguments or (arguments[0].form is Form.ONE and takes_one(node)):  # almost every call
        return None
    first = arguments[0]
    if not is_builtin(node) or is_operation(node):
        return None
    if node.class_name in QUERIED:
        return _without_value(arguments)
    if first.form is Form.OTHER or (first.name is not None and first.name != "inputs"):
        return None
    if node.class_name in LISTS:
        return _no_list(node, first)
    if node.class_name == "Sequential" or "output_layers" in node.config:
        return _model(node, first)
    return _several(node, first)


def takes_one(node: Node) -> bool:
    """Whether one tensor can be no miscount: no list is wanted, no value beside a query, and no model has inputs of its own."""
    wants_more = node.class_name in LISTS or node.class_name in QUERIED
    return not wants_more and node.class_name != "Sequential" and "output_layers" not in node.config


def _several(node: Node, first: Argument) -> Miscount | None:
    """A list of tensors for a layer that takes one."""
    count, built = len(first.sources), bool(node.build_config)
    if first.form is not Form.LIST or count < 2:
        return None
    wants, given = "one tensor", f"a list of {count}"
    if node.class_name in COUNTED or (node.class_name in COUNTED_ONCE_BUILT and built):
        return Miscount(wants, given, f'ValueError: Layer "{node.name}" expects 1 input(s), but it received {count} input tensors.')
    if node.class_name in ALONE or node.class_name in COUNTED_ONCE_BUILT or (node.class_name in ALONE_UNTIL_BUILT and not built):
        return Miscount(wants, given)
    if node.class_name == "TimeDistributed" and count == 2:
        says = "ValueError: `TimeDistributed` Layer should be passed an `input_shape` with at least 3 dimensions, received:"
        return Miscount(wants, given, says)
    return None


def _no_list(node: Node, first: Argument) -> Miscount | None:
    least, most = LISTS[node.class_name]
    count = len(first.sources)
    wants = "a list of tensors" if most is None else f"a list of {least}" if least == most else f"a list of {least} or {most}"
    if first.form is Form.ONE:
        return Miscount(wants, "one tensor", None if node.build_config else _wants_a_list(node))
    if count < least or (most is not None and count > most):
        return Miscount(wants, f"a list of {count}")
    if node.class_name == "Subtract" and count != 2 and not node.build_config:
        return Miscount("a list of 2", f"a list of {count}")
    return None


def _wants_a_list(node: Node) -> str:
    if node.class_name == "Concatenate":
        return "ValueError: A `Concatenate` layer should be called on a list of at least 1 input. Received:"
    if node.class_name == "Dot":
        return "ValueError: A `Dot` layer should be called on a list of 2 inputs. Received:"
    if node.class_name in ("Attention", "AdditiveAttention"):
        return f"ValueError: {node.class_name} layer must be called on a list of inputs, namely [query, value] or [query, value, key]."
    return "ValueError: A merge layer should be called on a list of inputs."


def _model(node: Node, first: Argument) -> Miscount | None:
    """A nested model takes as many tensors as it has inputs: one with an InputLayer in front, or those that it declares."""
    wanted = _inputs(node)
    count = len(first.sources)
    if not wanted or count == len(wanted):
        return None
    names = ", ".join(repr(name) for name in wanted)
    says = f'ValueError: Layer "{node.name}" expects {len(wanted)}' if "output_layers" in node.config else None
    return Miscount(f"{len(wanted)} ({names})", str(count), says)


def _inputs(node: Node) -> tuple[str, ...]:
    if "output_layers" in node.config:
        return tuple(source.layer for source in tensors(node.config.get("input_layers")))
    items, _ = layer_list(node)
    first = items[0] if items else None
    if not isinstance(first, Mapping) or first.get("class_name") != "InputLayer" or not isinstance(first.get("config"), Mapping):
        return ()
    return (str(first["config"].get("name")),)


def _without_value(arguments: Sequence[Argument]) -> Miscount | None:
    placed = [argument for argument in arguments if argument.name is None]
    named = {argument.name for argument in arguments}
    if any(argument.form is Form.OTHER for argument in placed) or "value" in named or len(placed) > 1:
        return None
    return Miscount("a query and a value", "the query alone", "TypeError: missing a required argument: 'value'")


def miscount_in_keras_2(node: Node, arguments: Sequence[Argument], archived: bool) -> Miscount | None:
    """The same for a release of Keras 2; ``archived``: whether its layers are built as their build_config says before they are called.

    A nested model leaves out what it gets beyond its inputs, and a Sequential takes the first of several.
    """
    found = miscount_of(node, arguments)
    if found is None or node.class_name in TAKES_LISTS_IN_KERAS_2 or node.class_name == "Sequential":
        return None
    first = arguments[0]
    if "output_layers" in node.config:
        says = "AssertionError: Could not compute output KerasTensor"
        return found._replace(keras_says=says) if len(first.sources) < len(_inputs(node)) else None
    if node.class_name in UNCOUNTED_ONCE_BUILT_IN_KERAS_2 and archived and node.build_config:
        return None
    if node.class_name in COUNTED | frozenset(LISTS):
        return found
    return found._replace(keras_says=None)
