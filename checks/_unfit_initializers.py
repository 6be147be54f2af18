"""An initializer whose list of numbers does not go with the variable that it fills."""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Need
from kdoctor.document import Document
from kdoctor.keras_api.initial_shapes import holds_list, unfit_list
from kdoctor.keras_api.layouts import layout_of
from kdoctor.keras_api.reader import Call, found_in_calls
from kdoctor.structure.layers import layer_at
from kdoctor.target import Target

from ._claimed_arrays import claimed_arrays

ENDING = "_initializer"
NEED = Need("FILE", "the config as Keras wrote it", "what stood there is not in the file")


def unfit_initializers(document: Document, target: Target) -> Iterator[Finding]:
    """Every variable is filled before its array is read, and no load_model comes that far. Those that hold one number are of nobody's concern."""
    listed = {call.node.at: call.node for call in found_in_calls(document, target, _that_may_hold)}
    if not listed:
        return
    shapes = {(one.layer, one.variable.role): one.weight.shape for one in claimed_arrays(document, layout_of(target))}
    for at, node in listed.items():
        layer, argument = layer_at(document, at), str(at.keys[-1])
        if layer is None or layer.at / "config" / argument != at or not argument.endswith(ENDING):
            continue
        shape = shapes.get((layer.name, argument.removesuffix(ENDING)))
        key = None if shape is None else unfit_list(node.class_name, node.config, shape)
        if key is not None:
            yield Finding(
                at / "config" / key,
                f"{key} of the {node.class_name} is a list that does not go with the shape {list(shape or ())} of the {argument.removesuffix(ENDING)}",
                needs=(NEED,),
                layer=layer.name,
                keras_says="InvalidArgumentError: Incompatible shapes: … [Op:Mul]",
            )


def _that_may_hold(call: Call) -> Iterator[Call]:
    if call.kind == "initializer" and holds_list(call.node.class_name, call.node.config):
        yield call
