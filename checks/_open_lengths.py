"""Layers that a length which the input leaves open keeps from being made."""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Repair
from kdoctor.document import Document
from kdoctor.edit import Edit
from kdoctor.graph.open_lengths import MULTIPLIES, left_open, own_inputs, reached, told_lengths, undetermined
from kdoctor.pointer import Pointer
from kdoctor.structure.flow import flow
from kdoctor.structure.layers import is_model
from kdoctor.structure.models import Model, is_wrapped
from kdoctor.structure.objects import Node
from kdoctor.structure.sequential import FEATURE_AXIS, stack_at
from kdoctor.target import Target

from ._input_shape import stated

OF_KERAS_2 = "ValueError: The channel dimension of the inputs should be defined."
OF_KERAS_3 = "ValueError: Shapes used to initialize variables must be fully-defined (no `None` dimensions)."
OF_MULTIPLIED = "TypeError: unsupported operand type(s) for *: 'int' and 'NoneType'"


def of_open_lengths(document: Document, model: Model, target: Target, advice: Repair) -> Iterator[Finding]:
    """Keras 3 makes the layers of an archive from what they say they were built with; Keras 2 calls each of them anew.

    Keras makes a nested model from its own inputs, before anything calls it. Keras 3 takes a length as open which an EinsumDense of Keras 2
    states as None, whatever its input has: what the input tells is written.
    """
    refused = _refused_by_kernel(document, model)
    for layer, given in reached(model, keras_3=target.keras_3):
        built = target.keras_3 and _says_how_it_was_built(document, layer.node)
        told = layer.at == refused and not (document.format.native and layer.node.build_config)
        what = None if is_model(layer.node) or told else undetermined(layer.node, given, built=built)
        if what is not None:
            shapes = " and ".join(str(shape) for shape in given)
            multiplied = layer.class_name in MULTIPLIES
            yield Finding(
                layer.at,
                f"{layer.class_name} {layer.name!r} is given {shapes}, which leaves open {what}",
                repair=_with_lengths(model) or advice,
                layer=layer.name,
                keras_says=OF_KERAS_2 if not target.keras_3 else OF_MULTIPLIED if multiplied else OF_KERAS_3,
            )


def _with_lengths(model: Model) -> Repair | None:
    """The cure where the model's inputs tell all lengths, and an EinsumDense alone leaves one open."""
    if any(shape is None or None in shape[1:] for shape in own_inputs(model)):
        return None
    told = told_lengths(model)
    layers = {layer.at: layer.node for layer in left_open(model)}
    edits = tuple(
        Edit(at / "config" / "output_shape", old=layers[at].config["output_shape"], new=list(lengths)) for at, lengths in told.items()
    )
    lengths = ", ".join(str(list(lengths)) for lengths in dict.fromkeys(told.values()))
    return (
        Repair(f"write the lengths that the input has for those which EinsumDense leaves open: output_shape {lengths}", edits)
        if edits
        else None
    )


def _says_how_it_was_built(document: Document, node: Node) -> bool:
    """A ``.keras`` does of every layer, and of those that a wrapper holds an ``.h5`` may, too."""
    held = node.config.get("layer", node.config.get("cell"))
    return bool(node.build_config if document.format.native or is_wrapped(node.at) else ()) or (
        isinstance(held, dict) and bool(held.get("build_config"))
    )


def _refused_by_kernel(document: Document, model: Model) -> Pointer | None:
    """The layer of a Sequential whose stored kernel wants something else: of that K201 tells, and better."""
    stack = None if model.functional else stack_at(document, model.node.at)
    place = None if stack is None else stated(stack) or next(iter(stack.built), None)
    clash = None if stack is None or place is None else flow(document, stack.layers, place.shape).clash
    return clash.layer.at if clash is not None and clash.layer.class_name in FEATURE_AXIS else None
