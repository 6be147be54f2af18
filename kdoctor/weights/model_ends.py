"""What two files say of a model beside its layers: what goes in and comes out, whether it may be trained, and with which words its layers
are called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from kdoctor.document import Document, Json
from kdoctor.edit import same
from kdoctor.keras_api.absence import says_nothing_in_call
from kdoctor.structure.layers import Layer, is_model, layer_at
from kdoctor.structure.models import Model, models
from kdoctor.weights.dialects import class_of
from kdoctor.weights.pairing import Pairing

ENDS = {"input_layers": "inputs", "output_layers": "outputs"}


class Said(NamedTuple):
    """A place, and what either side says there."""

    place: str
    one: Json
    other: Json


def ends(one: Document, other: Document, pairing: Pairing) -> Iterator[Said]:
    """Whether the models are of two classes; models whose inputs or outputs are others, or stand in another order, and those of which one alone is trained at all."""
    left, right = _models(one), _models(other)
    kinds = [class_of(side[""].node.raw) if "" in side else None for side in (left, right)]
    if None not in kinds and kinds[0] != kinds[1]:
        yield Said("class of the model", *kinds)
    for path, first in left.items():
        second = right.get(pairing.renamed.get(path, path))
        if second is None or first.functional is not second.functional:
            continue
        for key, word in ENDS.items() if first.functional else ():
            a, b = _tensors(first, key, {}), _tensors(second, key, pairing.names)
            if a != b:
                yield Said(f"{path}: {word}" if path else word, a, b)
        if not path and first.node.config.get("trainable", True) is not second.node.config.get("trainable", True):
            yield Said("trainable", first.node.config.get("trainable", True), second.node.config.get("trainable", True))


def _models(document: Document) -> Mapping[str, Model]:
    found = {}
    for model in models(document):
        row = layer_at(document, model.node.at)
        found["" if row is None else "/".join((*row.parents, row.name))] = model
    return found


def _tensors(model: Model, key: str, names: Mapping[str, str]) -> list[Json]:
    """The calls of a model within are not told: Keras 2 counts them from 1, and Keras 3 where they are an output."""
    within = {layer.name for layer in model.layers if is_model(layer.node)}
    return [
        f"{names.get(end.layer, end.layer)}{'' if end.layer in within else f'[{end.call}]'}[{end.output}]" for end in model.endpoints(key)
    ]


def call_words(one: Layer, other: Layer, releases: tuple[str | None, str | None]) -> tuple[Json, Json] | None:
    """The plain keywords of each call, ``training=True``, where they differ; None where they mean the same."""
    left, right = _keywords(one.node.raw.get("inbound_nodes")), _keywords(other.node.raw.get("inbound_nodes"))
    if len(left) != len(right):
        return None  # told with the tensors
    pairs = zip(left, right, strict=True)
    return (left, right) if any(_differ(one.class_name, a, b, releases) for a, b in pairs) else None


def _differ(class_name: str, one: Mapping[str, Json], other: Mapping[str, Json], releases: tuple[str | None, str | None]) -> bool:
    for key in {**one, **other}:
        if key in one and key in other:
            if not same(one[key], other[key]):
                return True
        elif not says_nothing_in_call(class_name, key, one.get(key, other.get(key)), releases[0] if key in one else releases[1]):
            return True
    return False


def _keywords(nodes: Json) -> list[dict[str, Json]]:
    found = []
    for node in nodes if isinstance(nodes, list) else ():
        said = node.get("kwargs") if isinstance(node, Mapping) else None
        if isinstance(node, list) and node and isinstance(node[0], list) and len(node[0]) > 3:
            said = node[0][3]
        words = said.items() if isinstance(said, Mapping) else ()
        found.append({key: value for key, value in words if isinstance(value, (bool, int, float, str))})
    return found
