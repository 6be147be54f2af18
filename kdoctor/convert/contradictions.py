"""What a file of weights tells against an architecture whose every variable has its array: which layers the saved model had, and their names.

Shapes tell neither a GlobalMaxPooling2D from a GlobalAveragePooling2D nor a Conv2D of as many channels from a Conv2DTranspose. But
Keras saves a group for each layer, with arrays or without: in ``.weights.h5`` since 2.13 under the name of its class, counted
(``layers/max_pooling2d_1``), and since 3.6 with the layer's own name; before, in the list ``layer_names``, where automatic names tell the class.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from kdoctor.document import Document
from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.keras_api.layouts import CHECKPOINT, LAYERS
from kdoctor.keras_api.operation import is_operation
from kdoctor.structure.layers import layer_nodes
from kdoctor.structure.objects import MODELS, Node, model_of
from kdoctor.structure.snake_case import snake_case
from kdoctor.target import Target
from kdoctor.weights.claims import Claim, claims

# Inputs belong to the way a model is put together; operations are layers in Keras 2 alone; the others compute nothing when it predicts: many
# leave them out then.
MUTE: Final = re.compile(
    r"input_layer|(spatial_|gaussian_|alpha_)?dropout([123]d)?|gaussian_noise|activity_regularization|identity|random_\w+"
    r"|tf_op_lambda|slicing_op_lambda|tensor_flow_op_layer|class_method|instance_(method|property)"
)
COUNT: Final = re.compile(r"_\d+$")
SHOWN: Final = 3
LISTS: Final = ("/", "/model_weights")


def contradictions(weights: Document, whole: Document, target: Target) -> tuple[str, ...]:
    """Why the architecture of ``whole`` is not the one that was saved, as sentences; empty where nothing tells against it."""
    listed = next((names for group in LISTS if isinstance(names := weights.attributes.get(group, {}).get("layer_names"), list)), None)
    if listed is not None:
        return tuple(_of_names([name for name in listed if isinstance(name, str)], whole, target))
    return (*_of_folders(weights, claims(whole)), *_of_exchanged(weights, claims(whole)))


def _of_folders(weights: Document, claimed: Iterable[Claim]) -> Iterator[str]:
    """The groups of layers in each model's ``layers``, beside those that its layers are known to have."""
    groups = {_today(path) for path in weights.attributes}
    layers = (claim for claim in claimed if not is_operation(claim.node))  # no operation has a group
    known = {place for claim in layers for place in _around(claim.place) if _folder(place).endswith(LAYERS)}  # models and their layers
    models = {_folder(place) for place in known}
    saved = {path for path in groups if _folder(path) in models}
    filled = {place for path in weights.weights for place in _around(_today(path))}
    if saved <= filled and "name" not in weights.attributes.get(
        "/vars", {}
    ):  # by who writes no group without arrays; Keras since 3.6 says both
        return
    counted, claimed_there = Counter(map(_stem, saved)), Counter(map(_stem, known))
    yield from _told((counted - claimed_there).keys(), (claimed_there - counted).keys())


def _of_exchanged(weights: Document, claimed: Iterable[Claim]) -> Iterator[str]:
    """Names of the author's own that stand at each other's places: automatic ones are counted anew in each program."""
    own = {_today(path): values.get("name") for path, values in weights.attributes.items()}
    rows = ((own.get(f"{claim.place}/vars"), claim.node) for claim in claimed)
    other = [(saved, str(node.name)) for saved, node in rows if isinstance(saved, str) and saved != node.name and not _counted(saved, node)]
    if other and sorted(saved for saved, _ in other) == sorted(name for _, name in other):
        yield "the arrays of the layer {!r} stand where it has {!r}".format(*other[0])


def _counted(saved: str, node: Node) -> bool:
    return snake_case(node.class_name) in (COUNT.sub("", saved), COUNT.sub("", node.name or ""))


def _of_order(listed: list[str], nodes: Sequence[Node]) -> Iterator[str]:
    """The author's own names among both, where they stand in another order: Keras pairs groups with layers by their order."""
    names = {*listed}
    own = [node.name for node in nodes if _automatic(node) is None and node.name in names]
    both = {*own}
    for saved, name in zip([name for name in listed if name in both], own, strict=False):
        if saved != name:
            yield f"the arrays of the layer {saved!r} stand where it has {name!r}"
            return


def _of_names(listed: list[str], whole: Document, target: Target) -> Iterator[str]:
    """The classes that automatic names tell, beside those of the architecture's layers."""
    model = model_of(whole)
    nodes = [] if model is None else layer_nodes(model)
    known = {snake_case(name) for name in Catalogue.load(target.release, target.family).names("layer")} - {
        snake_case(name) for name in MODELS
    }
    stems = [COUNT.sub("", name) for name in listed]
    saved = Counter(stem for stem in stems if stem in known)
    held = Counter(snake_case(node.class_name) for node in nodes if not is_operation(node))
    lacks = list((saved - held).elements())
    told = all(stem in known for stem in stems)  # else a layer of the author's naming may be of any class
    yield from _of_order(listed, nodes)
    yield from _told(lacks, list((Counter(filter(None, map(_automatic, nodes))) - saved).elements()) if told else [])


def _automatic(node: Node) -> str | None:
    """The stem of an automatic name; a model is called ``model_1`` in one release and ``functional_1`` in another."""
    stem = snake_case(node.class_name)
    return stem if not is_operation(node) and node.class_name not in MODELS and COUNT.sub("", node.name or "") == stem else None


def _told(lacks: Iterable[str], more: Iterable[str]) -> Iterator[str]:
    lacks, more = (sorted({stem for place in places if not MUTE.fullmatch(stem := place.rpartition("/")[2])}) for places in (lacks, more))
    if lacks:
        yield f"the saved model had layers that it lacks ({', '.join(lacks[:SHOWN])})"
    if more:
        yield f"it has layers that the saved model did not have ({', '.join(more[:SHOWN])})"


def _stem(place: str) -> str:
    return COUNT.sub("", place)


def _around(place: str) -> Iterator[str]:
    keys = place.split("/")
    return ("/".join(keys[:count]) for count in range(2, len(keys) + 1, 2))


def _folder(place: str) -> str:
    return place.rpartition("/")[0]


def _today(path: str) -> str:
    """A path as Keras 3 writes it: 2.13 and 2.14 had another word for ``layers``."""
    return path.strip("/").replace(CHECKPOINT, LAYERS)
