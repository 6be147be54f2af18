"""A build_config that leaves the length open which the layer's kernel was made for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kdoctor.check import Finding, Repair
from kdoctor.document import Document
from kdoctor.edit import Edit
from kdoctor.structure.layers import layers
from kdoctor.structure.sequential import Stack, as_shape, features_of

FIRST = "channels_first"


def open_builds(document: Document, told: Iterable[Stack]) -> Iterator[Finding]:
    """Of layers whose features stand last: the reader of ``.keras`` builds each as its build_config says, and makes no kernel of an open length.

    The layers of a Sequential are followed from its input (``told``).
    """
    followed = {one.at for stack in told for one in stack.layers}
    for layer in layers(document) if document.format.native else ():
        if layer.at in followed:
            continue
        stored = layer.node.build_config.get("input_shape")
        shape = as_shape(stored) if isinstance(stored, list) else None
        if not shape or shape[-1] is not None or layer.node.config.get("data_format") == FIRST:
            continue
        features = features_of(document, layer.node)
        if features is None:
            continue
        at, right = layer.at / "build_config" / "input_shape", [*shape[:-1], features]
        yield Finding(
            at,
            f"the build_config of {layer.name!r} leaves the features open, of which its kernel takes {features}: {stored}",
            repair=Repair(f"write the shape that the kernel proves, {right}", (Edit(at, old=stored, new=right),)),
            layer=layer.name,
            keras_says="ValueError: Shapes used to initialize variables must be fully-defined (no `None` dimensions).",
        )
