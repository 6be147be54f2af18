"""What lookup layers learned, set again in the model that holds them: a config does not tell it, and weights do not bring it."""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.rebuild.fragments import INDENT, Atom, Item, call, listing, statement
from kdoctor.rebuild.literals import literal, text
from kdoctor.rebuild.module import Module
from kdoctor.structure.layers import layer_list
from kdoctor.structure.lookups import as_words, learns_words, weighs_words
from kdoctor.structure.objects import Node, as_node


def vocabulary_lines(module: Module, model: Node, variable: str) -> Iterator[str]:
    """A call of ``set_vocabulary`` for each layer of the model itself that learned its words."""
    items, at = layer_list(model)
    for index, item in enumerate(items):
        node = as_node(item, at / index)
        words = None if node is None else module.words.get(node.at)
        if node is None or words is None or not learns_words(node):
            continue
        if weighs_words(node):
            module.problem(f"{node.name!r} learned a weight for each of its words, which the code does not tell", node.at)
            continue
        try:
            tokens = [literal(value) for value in as_words(node, words)]
        except ValueError:
            module.problem(f"the vocabulary of {node.name!r} holds what is no number", node.at)
            continue
        head = f"{variable}.get_layer({text(str(node.name))}).set_vocabulary"
        yield statement("", call(head, [Item(listing(tokens) if tokens else Atom("[]"))]), INDENT)
