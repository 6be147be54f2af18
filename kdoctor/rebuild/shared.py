"""Layers that stand in several models and are one layer (`structure.shared_layers`): a function makes each once in every model built."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from kdoctor.document import Document
from kdoctor.pointer import Pointer
from kdoctor.rebuild.fragments import INDENT, Fragment, call, statement
from kdoctor.rebuild.module import Module
from kdoctor.rebuild.objects import instance
from kdoctor.structure.objects import Node
from kdoctor.structure.shared_layers import twins

PAD = " " * INDENT


def layer(module: Module, node: Node) -> Fragment:
    """The constructor of a layer; of one that other models have too, the call of the function that makes it."""
    first = _entries(module.document).get(node.at)
    if first is None:
        return instance(module, node, "layer")
    if first not in module.shared:
        module.imports.add("import functools")
        name = module.shared[first] = module.function_name("shared_", str(node.name))
        made = statement("return ", instance(module, node, "layer"), INDENT)
        module.definitions.append(f'@functools.cache\ndef {name}():\n{PAD}"""One layer, which several models have."""\n{made}')
    return call(module.shared[first], ())


def forgotten(module: Module) -> Iterator[str]:
    """Statements for the beginning of what builds the model: each model that is built has shared layers of its own."""
    return (f"{PAD}{name}.cache_clear()" for name in module.shared.values())


@lru_cache(maxsize=4)
def _entries(document: Document) -> Mapping[Pointer, Pointer]:
    """The place of the first entry, by that of each entry of a shared layer."""
    pairs = twins(document)
    return {at: pair.first.at for pair in pairs.values() for at in (pair.first.at, pair.later.at)}
