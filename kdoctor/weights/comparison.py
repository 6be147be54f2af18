"""What differs between two saved models: architecture, arguments, weights, training state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kdoctor.document import Document, Json
from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.pointer import Pointer
from kdoctor.structure.call_numbers import counted_from_one
from kdoctor.structure.layers import Layer, is_model
from kdoctor.structure.models import models
from kdoctor.weights.accounting import Holding
from kdoctor.weights.counterparts import counterparts
from kdoctor.weights.dialects import class_of, value_differences
from kdoctor.weights.likeness import same_numbers
from kdoctor.weights.pairing import Pairing, paired
from kdoctor.weights.stored import written

# Said beside a layer's arguments: where it stands in the file, not what it does.
NOT_ARGUMENTS = frozenset({"layers", "input_layers", "output_layers"})
OPTIMIZER = {"optimizer_config": "optimizer"}  # what an .h5 calls it
REGISTERED, KERAS_2 = "Custom>", "2.15"  # how Keras 2 registers its own optimizers, and the last release of it
OF_INPUTS = {"batch_input_shape": "batch_shape"}  # what Keras 2 calls it

FromOne = Mapping[Pointer, frozenset[str]]  # a model -> its nested models whose calls the file counts from 1


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
        *_architecture(pairing, _from_one(one), _from_one(other)),
        *_arguments(pairing),
        *_weights(one, other, pairing),
        *_values("training", "", *_of_one_name(_training(one), _training(other))),
    )


def _architecture(pairing: Pairing, ours: FromOne, theirs: FromOne) -> Iterator[Change]:
    first, second = pairing.first, pairing.second
    for name in dict.fromkeys((*first, *second)):
        one, other = first.get(name), second.get(name)
        if one is None or other is None:
            yield Change("architecture", name, one and one.class_name, other and other.class_name)
            continue
        if one.name != other.name:
            yield Change("architecture", f"{name}: name", one.name, other.name)
        if class_of(one.node.raw) != class_of(other.node.raw):
            yield Change("architecture", name, one.class_name, other.class_name)
        elif _inputs(one, {}, ours) != _inputs(other, pairing.names, theirs):
            yield Change("architecture", f"{name}: inputs", _inputs(one, {}, ours), _inputs(other, {}, theirs))
    shared = [name for name in first if name in second]
    order = [name for name in second if name in first]
    if shared != order:
        at = next(index for index, (one_, other_) in enumerate(zip(shared, order, strict=True)) if one_ != other_)
        yield Change("architecture", "order of the layers", shared[at], order[at])


def _from_one(document: Document) -> FromOne:
    found = {}
    for model in models(document):
        if model.functional:
            found[model.node.at] = counted_from_one([layer.node for layer in model.layers], model.node.config.get("output_layers"))
    return found


def _inputs(layer: Layer, names: Mapping[str, str], from_one: FromOne) -> Json:
    """The tensors of each call, with the calls of nested models counted from 0, whatever the file does."""
    counted = from_one.get(layer.container, frozenset())
    return [[f"{names.get(at.layer, at.layer)}[{at.call - (at.layer in counted)}][{at.output}]" for at in call] for call in layer.calls]


def _arguments(pairing: Pairing) -> Iterator[Change]:
    for name, one in pairing.first.items():
        other = pairing.second.get(name)
        if other is not None and class_of(other.node.raw) == class_of(one.node.raw):
            yield from _values("arguments", name, _config(one), _config(other))


def _config(layer: Layer) -> Json:
    left_out = {"name", *(NOT_ARGUMENTS if is_model(layer.node) else ())}  # names are told with the architecture
    said = OF_INPUTS if layer.class_name == "InputLayer" else {}
    return {said.get(key, key): value for key, value in layer.node.config.items() if key not in left_out}


def _values(topic: str, place: str, one: Json, other: Json) -> Iterator[Change]:
    yield from (Change(topic, *found) for found in value_differences(place, one, other))


def _training(document: Document) -> Json:
    """The training state by the words of an archive, without what is null: ``compile`` takes that for what is not given."""
    found = document.training
    if not isinstance(found, Mapping):
        return found
    return {OPTIMIZER.get(key, key): value for key, value in found.items() if value is not None}


def _of_one_name(one: Json, other: Json) -> tuple[Json, Json]:
    """Two training states; an optimizer of Keras 2 itself, which an ``.h5`` of it calls ``Custom>Adam``, as the other side calls it."""
    return _named_as(one, other), _named_as(other, one)


def _named_as(training: Json, other: Json) -> Json:
    if not (isinstance(training, Mapping) and isinstance(other, Mapping)):
        return training
    found, beside = training.get("optimizer"), other.get("optimizer")
    if not (isinstance(found, Mapping) and isinstance(beside, Mapping) and found.get("class_name") == f"{REGISTERED}{class_of(beside)}"):
        return training
    if Catalogue.load(KERAS_2).legacy("optimizer", str(found["class_name"])) is None:
        return training  # somebody's own
    return {**training, "optimizer": {**found, "class_name": class_of(beside)}}


def _weights(one: Document, other: Document, pairing: Pairing) -> Iterator[Change]:
    for name, left, right in counterparts(one, other, pairing):
        if left is None or right is None or (left.weight.shape, left.weight.dtype) != (right.weight.shape, right.weight.dtype):
            yield Change("weights", name, left and _told(left), right and _told(right))
        elif one.numbers and other.numbers and not same_numbers(one, left, other, right):
            yield Change("weights", f"{name}: numbers", _summary(one, left), _summary(other, right))


def _told(holding: Holding) -> str:
    return f"{holding.weight.dtype} {written(holding.weight.shape)}"


def _summary(document: Document, holding: Holding) -> str:
    numbers = document.numbers.get(holding.path)
    if numbers is None or numbers.least is None or numbers.mean is None or numbers.most is None:
        return "no numbers"
    return f"{numbers.least:.6g} … {numbers.mean:.6g} … {numbers.most:.6g}, checksum {numbers.checksum:08x}"
