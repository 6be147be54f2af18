"""What differs between two saved models: architecture, arguments, weights, training state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kdoctor.document import ABSENT, Document, Json
from kdoctor.structure.layers import Layer, is_model
from kdoctor.weights.accounting import Holding, Owner, holdings
from kdoctor.weights.pairing import Pairing, paired
from kdoctor.weights.stored import written

# Said beside a layer's arguments: where it stands in the file, not what it does.
NOT_ARGUMENTS = frozenset({"layers", "input_layers", "output_layers"})
# A number that the process which saved the file gave to an object.
PASSING = frozenset({"shared_object_id"})


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: ``topic`` is architecture, arguments, weights or training; ``place`` a layer, an argument, a weight; None for a
    side that has nothing there."""

    topic: str
    place: str
    one: Json
    other: Json


def compared(one: Document, other: Document) -> tuple[Change, ...]:
    """All differences, in the order of the first document. The numbers of the weights count where both documents have looked at them."""
    pairing = paired(one, other)
    return (
        *_architecture(pairing),
        *_arguments(pairing),
        *_weights(one, other, pairing),
        *_values("training", "", one.training, other.training),
    )


def _architecture(pairing: Pairing) -> Iterator[Change]:
    first, second = pairing.first, pairing.second
    for name in dict.fromkeys((*first, *second)):
        one, other = first.get(name), second.get(name)
        if one is None or other is None:
            yield Change("architecture", name, one and one.class_name, other and other.class_name)
            continue
        if one.name != other.name:
            yield Change("architecture", f"{name}: name", one.name, other.name)
        if one.class_name != other.class_name:
            yield Change("architecture", name, one.class_name, other.class_name)
        elif _inputs(one, {}) != _inputs(other, pairing.names):
            yield Change("architecture", f"{name}: inputs", _inputs(one, {}), _inputs(other, {}))
    shared = [name for name in first if name in second]
    order = [name for name in second if name in first]
    if shared != order:
        at = next(index for index, (one_, other_) in enumerate(zip(shared, order, strict=True)) if one_ != other_)
        yield Change("architecture", "order of the layers", shared[at], order[at])


def _inputs(layer: Layer, names: Mapping[str, str]) -> Json:
    return [[f"{names.get(source.layer, source.layer)}[{source.call}][{source.output}]" for source in call] for call in layer.calls]


def _arguments(pairing: Pairing) -> Iterator[Change]:
    for name, one in pairing.first.items():
        other = pairing.second.get(name)
        if other is not None and other.class_name == one.class_name:
            yield from _values("arguments", name, _config(one), _config(other))


def _config(layer: Layer) -> Json:
    left_out = {"name", *(NOT_ARGUMENTS if is_model(layer.node) else ())}  # names are told with the architecture
    return {key: value for key, value in layer.node.config.items() if key not in left_out}


def _values(topic: str, place: str, one: Json, other: Json) -> Iterator[Change]:
    """The innermost places at which two JSON values differ."""
    stack = [(place, one, other)]
    while stack:
        at, left, right = stack.pop()
        if isinstance(left, Mapping) and isinstance(right, Mapping):
            keys = reversed([key for key in dict.fromkeys((*left, *right)) if key not in PASSING])
            stack += [(f"{at}.{key}".lstrip("."), left.get(key, ABSENT), right.get(key, ABSENT)) for key in keys]
        elif left is not right and (left != right or type(left) is not type(right)):
            yield Change(topic, at, None if left is ABSENT else left, None if right is ABSENT else right)


def _weights(one: Document, other: Document, pairing: Pairing) -> Iterator[Change]:
    first, second = _named(one, {}), _named(other, pairing.names)
    for name in dict.fromkeys((*first, *second)):
        left, right = first.get(name), second.get(name)
        if left is None or right is None or (left.weight.shape, left.weight.dtype) != (right.weight.shape, right.weight.dtype):
            yield Change("weights", name, left and _told(left), right and _told(right))
        elif one.numbers and other.numbers and one.numbers.get(left.path) != other.numbers.get(right.path):
            yield Change("weights", f"{name}: numbers", _summary(one, left), _summary(other, right))


def _named(document: Document, names: Mapping[str, str]) -> dict[str, Holding]:
    """Weights by layer and role, which a conversion leaves as they are; by their paths where that does not tell them apart."""
    found: dict[str, Holding] = {}
    for holding in holdings(document):
        name = f"{names.get(holding.layer, holding.layer)}.{holding.role}" if holding.owner is Owner.LAYER else holding.path
        found[holding.path if name in found else name] = holding
    return found


def _told(holding: Holding) -> str:
    return f"{holding.weight.dtype} {written(holding.weight.shape)}"


def _summary(document: Document, holding: Holding) -> str:
    numbers = document.numbers.get(holding.path)
    if numbers is None or numbers.least is None or numbers.mean is None or numbers.most is None:
        return "no numbers"
    return f"{numbers.least:.6g} … {numbers.mean:.6g} … {numbers.most:.6g}, checksum {numbers.checksum:08x}"
