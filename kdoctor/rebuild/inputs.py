"""The inputs of a model: ``keras.Input(shape=(28, 28, 1), name="pixels")``."""

from __future__ import annotations

from kdoctor.rebuild.defaults import is_default
from kdoctor.rebuild.fragments import Fragment, Item, call
from kdoctor.rebuild.literals import literal
from kdoctor.rebuild.module import Module
from kdoctor.rebuild.objects import quoted_name, resolved, value
from kdoctor.structure.objects import Node

SHAPES = ("batch_shape", "shape", "batch_size")
RENAMED = {"batch_input_shape": "batch_shape", "input_shape": "shape"}  # Keras 2's words, which InputLayer of Keras 3 still takes


def as_input(module: Module, node: Node) -> Fragment:
    """The call that makes the input of an InputLayer's config."""
    known = resolved(module, node)
    if known is None:
        module.problem(f"{module.target} has no InputLayer", node.at)
        return literal(None)
    config = {RENAMED.get(key, key): item for key, item in node.config.items()}
    shape = config.get("batch_shape")
    items = []
    if isinstance(shape, list) and shape[:1] == [None] and not any(isinstance(length, list) for length in shape):
        items.append(Item(literal(shape[1:], "shape"), "shape="))
    else:
        items += [Item(literal(config[key], key), f"{key}=") for key in SHAPES if config.get(key) is not None]
    for key, item in config.items():
        if key in (*SHAPES, "name"):
            continue
        if key not in known.parameters:
            module.problem(f"an input of {module.target} takes no {key!r}", node.at)
        elif not is_default(module.catalogue, known, key, item) and item is not None:
            items.append(Item(value(module, item, node.at / "config" / key, key), f"{key}="))
    return call("keras.Input", [*items, *([quoted_name(node)] if node.name is not None else [])])
