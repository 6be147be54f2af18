"""What either Keras does with the masks that come to a layer: which it heeds, and which it hands on.

Read in 2.9.0, 2.15.0 and 3.15.1 (layers' ``supports_masking``, ``compute_mask``, the arguments of their ``call``; Layer.__call__), and run there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from kdoctor.convert.keras_2_operations import ACTIVATIONS, MERGES
from kdoctor.convert.mask_terms import ALL, Mask, any_of_features, in_a_row, joined, unequal
from kdoctor.convert.refusal import NotConvertible
from kdoctor.document import Json
from kdoctor.graph.hidden_queries import SAMPLES, drops, returns_scores
from kdoctor.graph.masks import OF_ALL, RECURRENT
from kdoctor.structure.objects import Node
from kdoctor.structure.sources import Source

STEPWISE: Final = frozenset(
    """Activation ActivityRegularization AlphaDropout BatchNormalization Dense Dropout ELU GaussianDropout GaussianNoise LayerNormalization LeakyReLU
    PReLU ReLU SpatialDropout1D SpatialDropout2D SpatialDropout3D""".split()  # noqa: SIM905 (a table)
)  # hand the mask on, and compute each step by itself
BOTH: Final = STEPWISE | {"GroupNormalization", "Softmax", "UnitNormalization"}
KERAS_3_ALONE: Final = frozenset({"Identity", "Normalization", "Rescaling"})
SCORING: Final = frozenset({"Attention", "AdditiveAttention"})
STATED: Final = RECURRENT | {"ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"}
HEEDING: Final = STATED | SCORING | {"GlobalAveragePooling1D", "GlobalAvgPool1D", "Softmax"}
HEADS: Final = "MultiHeadAttention"
ELEMENTWISE: Final = ACTIVATIONS.keys() | {"Softmax", "Elu", "LeakyRelu", "Gelu", "Square"}  # operations that a layer of Keras 2 says


class State(NamedTuple):
    """Of a tensor: its mask in Keras 3 and in Keras 2, and the masks at whose hidden steps its numbers differ."""

    keras_3: Mask = None
    keras_2: Mask = None
    unlike: frozenset[Mask] = frozenset()


class Call(NamedTuple):
    """One call of a layer: its tensors by position, all of them with what either Keras takes for their masks.

    ``given``: the mask that Keras 3 was handed over, or takes from the one tensor that there is; ``rank`` is the first tensor's.
    """

    node: Node
    operation: bool
    inputs: Sequence[tuple[Source, State]]
    others: Sequence[tuple[Source, State]]
    given: Sequence[Mask] | None
    rank: int | None

    @property
    def first(self) -> State:
        return self.inputs[0][1]

    @property
    def masks_3(self) -> list[Mask]:
        """What Keras 3 hands on: what was given, else what comes with the tensors."""
        return list(self.given) if self.given else [state.keras_3 for _, state in self.inputs]

    @property
    def masks_2(self) -> list[Mask]:
        return [state.keras_2 for _, state in self.inputs]


def heeded(call: Call, heads_heed: bool) -> list[tuple[Mask, Mask]]:
    """The masks that the layer computes with: Keras 3's, Keras 2's."""
    name, found = call.node.class_name, call.masks_2
    if call.operation:  # a layer of Keras 2 says it, which may heed the mask
        return [(None, found[0])] if name in ("Mean", "Softmax") else []
    if name == HEADS:
        tensors = [state for _, state in (*call.inputs, *call.others)]
        return [(state.keras_3, state.keras_2 if heads_heed else None) for state in tensors]
    if name == "GroupNormalization":  # of Keras 2, which had none before 2.11
        return [(None, found[0])]
    if name not in HEEDING:
        return []
    masks = [None] * len(found) if call.given is None else [*call.given, *[None] * (len(found) - len(call.given))]
    pairs = list(zip(masks, found, strict=False))
    return pairs[:1] if name in STATED else pairs[:2]


def handed_on(call: Call, heads_heed: bool) -> tuple[Mask, Mask]:
    """The mask of the (first) output: Keras 3's, Keras 2's."""
    name, config = call.node.class_name, call.node.config
    if call.operation:
        return None, _handed_on_by_the_layer(call)
    if name == "Embedding" and bool(config.get("mask_zero")):
        made = unequal(call.inputs[0][0], 0)
        return made, made
    if name == "Masking":
        made = any_of_features(unequal(call.inputs[0][0], config.get("mask_value", 0.0)))
        return made, made
    if name in STATED:
        held = config.get("layer")
        inner = held.get("config") if isinstance(held, Mapping) else config
        kept = isinstance(inner, Mapping) and inner.get("return_sequences") is True
        return (call.masks_3[0], call.masks_2[0]) if kept else (None, None)
    if name in OF_ALL:
        return _joined_by_keras_3(call), joined_by_keras_2(call)
    if name == "Concatenate":
        return _concatenated(call)
    if name in BOTH or name in SCORING or (name == "TimeDistributed" and _holds_stepwise(call)):
        return call.masks_3[0], call.masks_2[0]
    if name == HEADS:
        return call.first.keras_3, call.first.keras_2 if heads_heed else None
    if name == "TimeDistributed" and makes_masks(config.get("layer")):
        return None, ("keras 2", call.node.name)
    return (call.masks_3[0], None) if name in KERAS_3_ALONE else (None, None)


def _handed_on_by_the_layer(call: Call) -> Mask:
    """What the layer of Keras 2 hands on that says an operation, which hands on nothing."""
    name = call.node.class_name
    if name in MERGES and len(call.inputs) == 2:
        return joined_by_keras_2(call)
    if name == "Concatenate":
        return _concatenated(call)[1]
    if name == "Maximum":  # with a number
        return call.masks_2[0]
    return call.masks_2[0] if name in ELEMENTWISE else None


def makes_masks(held: Json) -> bool:
    """Whether a layer begins a mask, which Keras 2 takes out of a TimeDistributed."""
    config = held.get("config") if isinstance(held, Mapping) else None
    if not isinstance(held, Mapping) or not isinstance(config, Mapping):
        return False
    listed = config.get("layers")
    inside = isinstance(listed, list) and any(makes_masks(layer) for layer in listed)
    return held.get("class_name") == "Masking" or bool(config.get("mask_zero")) or inside


def _holds_stepwise(call: Call) -> bool:
    """Raises `NotConvertible` for masks that come to a TimeDistributed of anything that may heed or make some."""
    held = call.node.config.get("layer")
    name = held.get("class_name") if isinstance(held, Mapping) else None
    plain = name in STEPWISE or name in ("Flatten", "Reshape", "Conv1D", "Conv2D")
    if not plain and (call.masks_3[0] is not None or call.masks_2[0] is not None):
        raise NotConvertible(f"what {call.node.name!r} does with the mask of its input is not known of both Keras 3 and Keras 2")
    return plain


def _joined_by_keras_3(call: Call) -> Mask:
    masks = call.masks_3
    return None if None in masks else joined("or", masks)


def joined_by_keras_2(call: Call) -> Mask:
    masks = [mask for mask in call.masks_2 if mask is not None]
    return joined("and", masks) if masks else None


def _concatenated(call: Call) -> tuple[Mask, Mask]:
    axis, masks_3, masks_2 = call.node.config.get("axis", -1), call.masks_3, call.masks_2
    if all(mask is None for mask in (*masks_3, *masks_2)):
        return None, None
    unknown: Mask = ("unknown", call.node.name)
    if call.rank is None or type(axis) is not int:
        return ("keras 3", unknown), ("keras 2", unknown)
    if axis % call.rank == call.rank - 1:
        return tuple(  # type: ignore[return-value]
            joined(how, [ALL if mask is None else mask for mask in masks]) if any(masks) else None
            for how, masks in (("or", masks_3), ("and", masks_2))
        )
    return tuple(  # type: ignore[return-value]
        in_a_row(axis % call.rank, masks) if all(masks) else (which, unknown) if any(masks) else None
        for which, masks in (("keras 3", masks_3), ("keras 2", masks_2))
    )


def unlike(call: Call, zeroed: bool) -> frozenset[Mask]:
    """The masks at whose hidden steps the output differs. Raises `NotConvertible` where a difference gets to steps that are not hidden.

    ``zeroed``: Keras 3 makes zeros of what a hidden query attends to where it computes scores, Keras 2 the mean of all values (Softmax.call).
    """
    name, told = call.node.class_name, {mask for _, state in (*call.inputs, *call.others) for mask in state.unlike}
    own: set[Mask] = set()
    if name == HEADS and not call.operation:
        own = {call.first.keras_3} - {None} if zeroed and _computes_scores(call) else set()
        told = {*call.first.unlike, *(mask for _, state in (*call.inputs[1:], *call.others) for mask in state.unlike - {state.keras_3})}
        if told - call.first.unlike:
            raise NotConvertible(_differs(call))
        return frozenset({*told, *own})
    if not told or (call.operation and name in ("ZerosLike", "OnesLike")):
        return frozenset()
    hiding = {mask for pair in heeded(call, True) for mask in pair[:1]}
    if (name in HEEDING - {"Softmax"} and told == hiding and len(hiding) == 1) or name == "Masking":
        return frozenset()
    apart = name in STEPWISE or name in OF_ALL or name in KERAS_3_ALONE or (name == "TimeDistributed" and _holds_stepwise(call))
    if (apart and call.node.config.get("axis", -1) in (-1, [-1], 2, [2])) or (
        name == "Concatenate" and call.node.config.get("axis", -1) in (-1, 2)
    ):
        return frozenset(told)
    raise NotConvertible(_differs(call))


def _computes_scores(call: Call) -> bool:
    """A layer that is called several times is asked for all."""
    calls = len(call.node.raw.get("inbound_nodes") or ())
    return drops(call.node) or call.rank != SAMPLES or any(returns_scores(call.node, number) for number in range(calls))


def _differs(call: Call) -> str:
    return (
        f"{call.node.class_name} {call.node.name!r} takes steps that are masked from a MultiHeadAttention, which makes zeros of them in Keras 3 "
        "and something else in Keras 2"
    )
