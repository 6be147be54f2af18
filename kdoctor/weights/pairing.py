"""Which layers of two models are the same ones, although their automatic names were counted on: ``dense_14`` here, ``dense_8`` there."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kdoctor.document import Document
from kdoctor.structure.layers import Layer, layers
from kdoctor.weights.dialects import class_of

# What Keras puts behind the name of a class that it has named before in this process; Keras 2 calls the input of a Sequential by its first layer.
COUNT = re.compile(r"_\d+(?=(_input)?$)")
STEMS = {"input_layer": "input"}  # what Keras 3 and Keras 2 name an InputLayer that is given no name


@dataclass(frozen=True, slots=True)
class Pairing:
    """The layers of two models by their paths, the second's by those of the first where they are paired.

    ``renamed``: path in the first -> path in the second, where they differ; ``names``: the same for bare names, second -> first.
    """

    first: Mapping[str, Layer]
    second: Mapping[str, Layer]
    renamed: Mapping[str, str]
    names: Mapping[str, str] = field(default_factory=dict)


def paired(one: Document, other: Document) -> Pairing:
    """Layers of the same name; where names of one stem and class are others, but as many in the same model, in their order."""
    first = {_path(layer): layer for layer in layers(one)}
    theirs: dict[str, str] = {}  # path in the second -> path in the first
    groups = _by_stem(first.values(), {})
    for depth, level in sorted(_by_depth(layers(other)).items()):
        for key, members in _by_stem(level, theirs).items():
            ours = [layer for layer in groups.get(key, ()) if layer.depth == depth]
            same = {layer.name for layer in members} == {layer.name for layer in ours}
            for index, layer in enumerate(members):
                mine = ours[index].name if len(ours) == len(members) and not same else layer.name
                theirs[_path(layer)] = "/".join((*key[0], mine))
    if len(set(theirs.values())) < len(theirs):  # a name would stand for two layers: each keeps its own
        theirs = {path: path for path in theirs}
    second, renamed, names = {}, {}, {}
    for layer in layers(other):
        path = _path(layer)
        second[theirs[path]] = layer
        if theirs[path] != path:
            renamed[theirs[path]] = path
            names[layer.name] = theirs[path].rpartition("/")[2]
    return Pairing(first, second, renamed, names)


def _path(layer: Layer) -> str:
    return "/".join((*layer.parents, layer.name))


def _by_depth(found: Iterable[Layer]) -> Mapping[int, list[Layer]]:
    levels: dict[int, list[Layer]] = defaultdict(list)
    for layer in found:
        levels[layer.depth].append(layer)
    return levels


def _by_stem(found: Iterable[Layer], theirs: Mapping[str, str]) -> Mapping[tuple[tuple[str, ...], str, str], list[Layer]]:
    """The layers of one model, class and stem; the model by the first document's names."""
    groups: dict[tuple[tuple[str, ...], str, str], list[Layer]] = defaultdict(list)
    for layer in found:
        around = "/".join(layer.parents)
        parents = tuple(theirs.get(around, around).split("/")) if around else ()
        stem = COUNT.sub("", layer.name)
        groups[parents, str(class_of(layer.node.raw)), STEMS.get(stem, stem) if layer.class_name == "InputLayer" else stem].append(layer)
    return groups
