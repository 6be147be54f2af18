"""K608, K602: what Keras 1 wrote, in the words of today."""

from __future__ import annotations

from functools import lru_cache

from kdoctor.check import Repair, Safety
from kdoctor.document import Document
from kdoctor.edit import Edit
from kdoctor.graph.shapes import infer
from kdoctor.keras_1 import forgets, is_keras_1, multiplies_otherwise, today, without_words
from kdoctor.keras_api import habits
from kdoctor.pointer import Pointer
from kdoctor.structure.objects import Node, objects
from kdoctor.structure.outline import objects_named
from kdoctor.target import Target
from kdoctor.weights.keras_1 import relaid

from ._merged_branches import as_graph, begins_with_branches


def speaks_of_old(document: Document, target: Target) -> bool:
    """Whether the file is Keras 1's, and the target none that reads it."""
    return not habits.SPEAKS_KERAS_1.of(target) and (document.saved_by().major or 1) < 2


def cure_of(document: Document, node: Node, target: Target) -> Repair | None:
    """What K608 writes instead of a layer of Keras 1, or of the model that it is in."""
    if not speaks_of_old(document, target):
        return None
    graph = graph_of_branches(document)
    if graph is not None:
        return graph[1]
    return in_todays_words(document, node)[0] if is_keras_1(node) else None


@lru_cache(maxsize=4)
def graph_of_branches(document: Document) -> tuple[Pointer, Repair] | None:
    """Of a model that begins with a Merge of models: the words of its layers come after its form."""
    root = next((node for node in objects_named(document, ("Sequential",)) if begins_with_branches(node)), None)
    graph = as_graph(root, {node.name for node in objects(document) if node.name is not None}) if root is not None else None
    if root is None or graph is None:
        return None
    return root.at, Repair("write it as a graph of its layers", (Edit(root.at, old=root.raw, new=graph),))


def in_todays_words(document: Document, node: Node) -> tuple[Repair | None, str | None]:
    """The repair of one layer, or why it has none, where that can be said."""
    said, arrays = today(node), relaid(document, node)
    if said is None:
        return None, without_words(node)
    if multiplies_otherwise(node, infer(document).inputs.get(node.at, ())):
        return None, "it multiplies by other axes than a Dot of today"
    if arrays is None:
        return None, "its arrays are not stored as Keras 1 had them"
    edits = (Edit(node.at, old=node.raw, new=said), *arrays)
    if forgets(node):
        title = f"write it as {said['class_name']} in today's words, without its dropout of whole words, which training used"
        return Repair(title, edits, Safety.UNSAFE), without_words(node)
    return Repair(f"write it as {said['class_name']} in today's words", edits), without_words(node)
