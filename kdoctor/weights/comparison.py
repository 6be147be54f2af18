"""What differs between two saved models: architecture, arguments, weights, training state."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from kdoctor.document import Document, Json
from kdoctor.pointer import Pointer
from kdoctor.structure.call_numbers import counted_from_one
from kdoctor.structure.layers import Layer, is_model
from kdoctor.structure.lookups import LOOKUPS, WORDS
from kdoctor.structure.models import models
from kdoctor.weights.accounting import Holding, holdings
from kdoctor.weights.accounting import Owner as Holder
from kdoctor.weights.counterparts import counterparts
from kdoctor.weights.dialects import class_of, value_differences
from kdoctor.weights.directions import WRAPPER, both_directions
from kdoctor.weights.likeness import same_numbers
from kdoctor.weights.looked_up import Learned, word_differences
from kdoctor.weights.meant_values import Owner, Releases, releases_of
from kdoctor.weights.model_ends import call_words, ends
from kdoctor.weights.pairing import Pairing, paired
from kdoctor.weights.stored import written
from kdoctor.weights.training_words import plain_training

# Said beside a model's arguments: where it stands in the file and what it was built with, not what it does.
NOT_ARGUMENTS = frozenset({"layers", "input_layers", "output_layers", "build_input_shape"})
OF_INPUTS = {"batch_input_shape": "batch_shape"}  # what Keras 2 calls it
FLAGS = frozenset({"sparse", "ragged", "optional"})  # of an InputLayer: a release that does not say one means no


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: ``topic`` is architecture, arguments, weights or training; ``place`` a layer, an argument, a weight; None for a
    side that has nothing there."""

    topic: str
    place: str
    one: Json
    other: Json


@dataclass(frozen=True, slots=True)
class _Calls:
    """What goes into the layers of one document.

    ``from_one``: a model -> its nested models whose calls the file counts from 1; ``before``: a layer of a Sequential -> the one before it.
    """

    from_one: Mapping[Pointer, frozenset[str]]
    before: Mapping[Pointer, str | None]

    @classmethod
    def of(cls, document: Document) -> _Calls:
        from_one: dict[Pointer, frozenset[str]] = {}
        before: dict[Pointer, str | None] = {}
        for model in models(document):
            if model.functional:
                from_one[model.node.at] = counted_from_one([layer.node for layer in model.layers], model.node.config.get("output_layers"))
            else:
                chain = [None, *(layer.name for layer in model.layers)]
                before |= {layer.node.at: name for layer, name in zip(model.layers, chain, strict=False)}
        return cls(from_one, before)

    def states(self, layer: Layer) -> bool:
        """Whether the file says what goes into a layer, as that of a Sequential needs not."""
        return layer.node.at not in self.before

    def told(self, layer: Layer, stated: bool, names: Mapping[str, str] | None = None) -> Json:
        """The tensors of each call, with the calls of nested models counted from 0, whatever the file does.

        stated: whether the other file says them. names: what the other file calls the layers.
        """
        called = names or {}
        if layer.node.at in self.before:
            first = self.before[layer.node.at]
            return [[f"{called.get(first, first)}[0][0]"]] if stated and first is not None else []
        counted = self.from_one.get(layer.container, frozenset())
        return [
            [f"{called.get(at.layer, at.layer)}[{at.call - (at.layer in counted)}][{at.output}]" for at in call] for call in layer.calls
        ]


def compared(
    one: Document, other: Document, *, weights_alone: bool = False, learned: tuple[Learned, Learned] = ({}, {})
) -> tuple[Change, ...]:
    """All differences, in the order of the first document. The numbers of the weights count where both documents have looked at them.

    weights_alone: one of the two was a file of weights, which says nothing else; learned: the words of lookup layers beside either config."""
    pairing = paired(one, other)
    if weights_alone:
        alone = not (_is_trained(one) and _is_trained(other))
        return tuple(_weights(one, other, pairing, layers_alone=alone))
    return (
        *_architecture(pairing, _Calls.of(one), _Calls.of(other)),
        *(Change("architecture", *said) for said in ends(one, other, pairing)),
        *_arguments(pairing, releases_of(one, other)),
        *(Change("arguments", *said) for said in word_differences(one, other, pairing, learned)),
        *_weights(one, other, pairing),
        *_training(one, other),
    )


def _architecture(pairing: Pairing, ours: _Calls, theirs: _Calls) -> Iterator[Change]:
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
        elif ours.told(one, theirs.states(other)) != theirs.told(other, ours.states(one), pairing.names):
            yield Change("architecture", f"{name}: inputs", ours.told(one, theirs.states(other)), theirs.told(other, ours.states(one)))
    shared = [name for name in first if name in second]
    order = [name for name in second if name in first]
    if shared != order:
        at = next(index for index, (one_, other_) in enumerate(zip(shared, order, strict=True)) if one_ != other_)
        yield Change("architecture", "order of the layers", shared[at], order[at])


def _arguments(pairing: Pairing, releases: Releases) -> Iterator[Change]:
    begins = [{layer.parents for layer in side.values() if layer.class_name == "InputLayer"} for side in (pairing.first, pairing.second)]
    begun = frozenset(begins[0] & begins[1])
    for name, one in pairing.first.items():
        other = pairing.second.get(name)
        if other is not None and class_of(other.node.raw) == class_of(one.node.raw):
            owner, pair = Owner("layer", str(class_of(one.node.raw))), (_config(one, begun), _config(other, begun))
            yield from (Change("arguments", *found) for found in value_differences(name, *pair, owner, releases))
            words = call_words(one, other, releases)
            if words is not None:
                yield Change("arguments", f"{name}: calls", *words)


def _config(layer: Layer, begun: Collection[tuple[str, ...]]) -> Json:
    """The arguments. ``begun``: the models that have an InputLayer: a shape stated at another layer says nothing there."""
    left_out = {"name", *(NOT_ARGUMENTS if is_model(layer.node) else ())}  # names are told with the architecture
    said = OF_INPUTS if layer.class_name == "InputLayer" else {}
    if not said and layer.parents in begun:
        left_out |= {*OF_INPUTS}
    if layer.class_name in LOOKUPS:
        left_out |= {WORDS}  # which are told by themselves
    config = both_directions(layer.node.config) if layer.class_name == WRAPPER else layer.node.config
    return {said.get(key, key): value for key, value in config.items() if key not in left_out and not (said and key in FLAGS and not value)}


def _training(one: Document, other: Document) -> Iterator[Change]:
    """The training states, each in one form, where there are two."""
    whole = isinstance(one.training, Mapping) and isinstance(other.training, Mapping)
    left, right = (plain_training(one), plain_training(other)) if whole else (one.training, other.training)
    yield from (Change("training", *found) for found in value_differences("", left, right, None, releases_of(one, other)))


def _is_trained(document: Document) -> bool:
    return any(held.owner is Holder.TRAINING for held in holdings(document))


def _weights(one: Document, other: Document, pairing: Pairing, *, layers_alone: bool = False) -> Iterator[Change]:
    for name, left, right in counterparts(one, other, pairing):
        if layers_alone and Holder.TRAINING in (left and left.owner, right and right.owner):
            continue  # one of the files has no room for them
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
