"""What a mask is, as a term: so that the one which Keras 3 wrote down as operations and the one which Keras 2 makes by itself can be compared.

A term is hashable; two masks are the same where their terms are. Read in merging/base_merge.py and merging/concatenate.py of 2.9, 2.15, 3.0 and 3.15.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

from kdoctor.document import Json
from kdoctor.structure.layers import Layer
from kdoctor.structure.sources import Source, tensors

Mask: TypeAlias = "tuple[object, ...] | None"  # None: there is no mask

ALL: Final[Mask] = ("all",)  # a mask that hides nothing
PLAIN: Final = frozenset({"ConvertToTensor", "Identity", "Copy"})


def unequal(value: Source, number: Json) -> Mask:
    return ("unequal", value, number if isinstance(number, (int, float)) else 0)


def any_of_features(mask: Mask) -> Mask:
    """Whether any feature of a step is there."""
    if mask is not None and mask[0] == "wide":
        return mask[1]  # type: ignore[return-value]
    if mask is not None and mask[0] == "features":
        return joined("or", mask[1])  # type: ignore[arg-type]
    return ("any", mask)


def joined(how: str, masks: Iterable[Mask]) -> Mask:
    """Several masks as one: ``or``, ``and``."""
    found = frozenset(masks)
    if how == "or" and ALL in found:
        return ALL
    found -= {ALL} if len(found) > 1 else frozenset()
    return next(iter(found)) if len(found) == 1 else (how, found)


def in_a_row(axis: int, masks: Iterable[Mask]) -> Mask:
    return ("row", axis, tuple(masks))


class Recorded:
    """The masks that a Functional of Keras 3 holds as operations."""

    def __init__(self, layers: Iterable[Layer]) -> None:
        self._operations = {layer.key: layer for layer in layers if is_operation_of_masks(layer)}
        self._known: dict[str, Mask] = {}

    def of(self, source: Source) -> Mask:
        """The term of a tensor that is given as a mask; one that a layer makes is a term of its own."""
        layer = self._operations.get(source.layer)
        if layer is None:
            return ("tensor", source)
        if source.layer not in self._known:
            self._known[source.layer] = ("tensor", source)  # an operation that takes itself ends here
            self._known[source.layer] = self._made(layer)
        return self._known[source.layer]

    def is_kept(self, sources: Iterable[Source]) -> bool:
        """Whether none of these tensors is made by an operation."""
        found = [source.layer for source in sources]
        return bool(found) and not any(name in self._operations for name in found)

    def _made(self, layer: Layer) -> Mask:
        nodes = layer.node.raw.get("inbound_nodes")
        call = nodes[0] if isinstance(nodes, list) and len(nodes) == 1 and isinstance(nodes[0], Mapping) else {}
        args, config = call.get("args"), layer.node.config
        given = tensors(args)
        own: Mask = ("tensor", Source(layer.key, 0, 0))
        if not isinstance(args, list) or not given:
            return own
        if layer.class_name == "NotEqual" and len(given) == 1 and len(args) == 2 and type(args[1]) in (int, float):
            return unequal(given[0], args[1])
        if layer.class_name in ("OnesLike", "ZerosLike"):
            return ALL if layer.class_name == "OnesLike" else ("none",)
        if layer.class_name in PLAIN:
            return self.of(given[0])
        if layer.class_name == "Any" and config.get("axis") in (-1, [-1]) and not config.get("keepdims"):
            return any_of_features(self.of(given[0]))
        if layer.class_name == "ExpandDims" and config.get("axis") == -1:
            return ("wide", self.of(given[0]))
        if layer.class_name == "LogicalOr" and len(given) == 2:
            return joined("or", {self.of(one) for one in given} - {("none",)})
        if layer.class_name == "Concatenate":
            return self._concatenated(layer, call, [self.of(one) for one in given]) or own
        return own

    def _concatenated(self, layer: Layer, call: Mapping[str, Json], masks: list[Mask]) -> Mask:
        """Of masks that were widened to their inputs: they stand beside each other in the features, or in another axis."""
        rank, axis = rank_of(call), layer.node.config.get("axis")
        if rank is None or type(axis) is not int:
            return None
        if axis % rank == rank - 1:
            return ("features", frozenset(mask[1] if mask is not None and mask[0] == "wide" else mask for mask in masks))
        if all(mask is not None and mask[0] == "wide" for mask in masks):
            return ("wide", in_a_row(axis % rank, [mask[1] for mask in masks if mask is not None]))  # type: ignore[misc]
        return None


def is_operation_of_masks(layer: Layer) -> bool:
    """Whether a listed layer is an operation of Keras 3 that is called once."""
    return (layer.node.module or "").startswith("keras.src.ops.") and len(layer.calls) == 1


def rank_of(call: Mapping[str, Json]) -> int | None:
    """How many axes the first tensor of a call has, which Keras 3 states beside it."""
    found = [call.get("args")]
    while found:
        value = found.pop(0)
        if isinstance(value, Mapping):
            config = value.get("config")
            shape = config.get("shape") if isinstance(config, Mapping) else None
            return len(shape) if isinstance(shape, list) else None
        if isinstance(value, list):
            found = [*value, *found]
    return None
