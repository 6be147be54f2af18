"""What layers of Keras's own need and the file does not state: asked of the user with ``--set LAYER.ARGUMENT=VALUE``."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from kdoctor.document import Document
from kdoctor.keras_api.compile_demands import required
from kdoctor.keras_api.demanding import demanding
from kdoctor.keras_api.operation import of_keras_3
from kdoctor.keras_api.reader import Call, Resolution, found_in_calls
from kdoctor.structure.layers import is_model
from kdoctor.structure.lookups import LOOKUPS, WORDS, as_words, learns_words, weighs_words
from kdoctor.structure.objects import Node
from kdoctor.structure.outline import objects_named
from kdoctor.target import Target
from kdoctor.weights.assets import without_assets

BOUNDARIES = "bin_boundaries"


def lacking_arguments(document: Document, target: Target) -> Iterator[tuple[Call, tuple[str, ...]]]:
    """The layers that cannot be made for want of arguments, and are not told of for words of another release (K601, K608)."""
    return found_in_calls(document, target, partial(_lacking, target))


def _lacking(target: Target, call: Call) -> Iterator[tuple[Call, tuple[str, ...]]]:
    if call.resolution is not Resolution.FOUND or call.found is None or call.kind != "layer" or call.found.is_function:
        return
    if not target.keras_3 and of_keras_3(call.node):  # an operation that has the name of a layer: Dot, Reshape
        return
    missing = tuple(name for name in required(call.found) if name not in call.arguments)
    if missing and not is_model(call.node) and not call.not_taken():
        yield call, missing


def without_boundaries(document: Document, target: Target) -> Iterator[Node]:
    """Discretization layers that Keras 3 finds without the boundaries that they were to learn: it saves those in the config."""
    for node in objects_named(document, ("Discretization",)) if target.keras_3 else ():
        learned = node.class_name == "Discretization" and node.at.part == "config" and node.config.get("num_bins") is not None
        if learned and node.config.get(BOUNDARIES) is None and node.config.get("bins") is None:
            yield node


def without_words(document: Document) -> Iterator[Node]:
    """Lookup layers that learned their words: an ``.h5`` has no room for them, an archive may have lost the files of them."""
    if not document.format.native:
        yield from (node for node in objects_named(document, LOOKUPS) if learns_words(node))
    else:
        yield from (node for node, _ in without_assets(document))


def words_elsewhere(document: Document) -> Iterator[Node]:
    """Lookup layers that read their words from a file outside the model; words with weights have those in another."""
    for node in objects_named(document, LOOKUPS):
        if node.class_name in LOOKUPS and node.at.part == "config" and isinstance(node.config.get(WORDS), str):
            yield node


def may_be_set(document: Document, target: Target) -> frozenset[tuple[str, str]]:
    """Each layer, by its name and by its class, with an argument that the user may give."""
    open_ = [(call.node, name) for call, missing in lacking_arguments(document, target) for name in missing]
    open_ += ((node, BOUNDARIES) for node in without_boundaries(document, target))
    open_ += ((node, WORDS) for node in without_words(document) if not weighs_words(node))
    open_ += ((node, WORDS) for node in words_elsewhere(document) if not weighs_words(node))
    trained = (pair for one in demanding(document, target) for pair in one.settable)
    return frozenset((called, name) for node, name in open_ for called in (node.name, node.class_name) if called).union(trained)


def told_of(node: Node, argument: str, target: Target) -> Any:
    """What the user says of a layer, by its name or its class."""
    settings = target.given.settings
    return next((value for called in (node.name, node.class_name) if (value := settings.get((called or "", argument)))), None)


def told_words(node: Node, target: Target) -> list[Any] | None:
    """The words that the user gives, if they are a list of what the layer takes."""
    told = told_of(node, WORDS, target)
    try:
        return as_words(node, told) if isinstance(told, list) and not weighs_words(node) else None
    except ValueError:
        return None
