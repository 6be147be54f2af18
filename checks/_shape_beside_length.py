"""A layer that states the shape of its input and, beside it, the length of its last axis (``input_dim``)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from kdoctor.check import Finding, Repair
from kdoctor.document import ABSENT, Document
from kdoctor.edit import Edit
from kdoctor.keras_1 import is_keras_1
from kdoctor.keras_api.api_object import REQUIRED
from kdoctor.keras_api.reader import Call, Resolution, found_in_calls
from kdoctor.structure.layers import is_model
from kdoctor.target import Target

LENGTH, SHAPE = "input_dim", "input_shape"


def shape_beside_length(document: Document, target: Target) -> Iterator[Finding]:
    """Keras 3 takes the length and refuses the shape that is left (Layer.__init__, alike in 3.0.5 and 3.15.1); Keras 2 went by the shape.

    An Embedding has an argument of this name, which says something else.
    """
    if target.keras_3:
        yield from found_in_calls(document, target, partial(_of_layer, target))


def _of_layer(target: Target, call: Call) -> Iterator[Finding]:
    if SHAPE in call.arguments and call.arguments.get(LENGTH) is not None and _takes_either(call):
        at, value = call.node.at / "config" / LENGTH, call.arguments[LENGTH]
        yield Finding(
            at,
            f"{call.node.class_name} states the length of its input, {LENGTH} {value!r:.60}, beside its shape, and {target} takes one of the two",
            repair=Repair(f"leave out {LENGTH}: Keras 2 goes by the shape", (Edit(at, old=value, new=ABSENT),)),
            layer=call.node.name,
            keras_says=f"ValueError: Unrecognized keyword arguments passed to {call.node.class_name}: {{'{SHAPE}': …}}",
        )


def _takes_either(call: Call) -> bool:
    found = call.found
    if call.resolution is not Resolution.FOUND or call.kind != "layer" or found is None or is_model(call.node) or is_keras_1(call.node):
        return False
    return LENGTH in found.parameters and found.parameters[LENGTH] is not REQUIRED
