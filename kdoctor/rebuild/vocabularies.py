"""What lookup layers learned, set again in the model that holds them: a config does not tell it, and weights do not bring it."""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.rebuild.fragments import INDENT, Atom, Item, call, listing, statement
from kdoctor.rebuild.literals import literal, text
from kdoctor.rebuild.module import Module
from kdoctor.structure.layers import layer_list
from kdoctor.structure.objects import Node, as_node

NUMBERS = "IntegerLookup"
LOOKUPS = ("StringLookup", NUMBERS, "TextVectorization")
WITH_WEIGHTS = "tf_idf"


def vocabulary_lines(module: Module, model: Node, variable: str) -> Iterator[str]:
    """A call of ``set_vocabulary`` for each layer of the model itself that learned its words."""
    items, at = layer_list(model)
    for index, item in enumerate(items):
        node = as_node(item, at / index)
        words = None if node is None else module.words.get(node.at)
        if node is None or words is None or node.class_name not in LOOKUPS or node.config.get("vocabulary") is not None:
            continue
        if node.config.get("output_mode") == WITH_WEIGHTS:
            module.problem(f"{node.name!r} learned a weight for each of its words, which the code does not tell", node.at)
            continue
        try:
            values = [literal(int(word)) if node.class_name == NUMBERS else literal(word) for word in words]
        except ValueError:
            module.problem(f"the vocabulary of {node.name!r} holds what is no number", node.at)
            continue
        head = f"{variable}.get_layer({text(str(node.name))}).set_vocabulary"
        yield statement("", call(head, [Item(listing(values) if values else Atom("[]"))]), INDENT)
