"""A build_config that leaves the length open which the layer's kernel was made for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kdoctor.check import Finding, Repair
from kdoctor.document import Document, Json
from kdoctor.edit import Edit
from kdoctor.structure.layers import layers
from kdoctor.structure.sequential import Stack, as_shape, features_of

FIRST = "channels_first"


def open_builds(document: Document, told: Iterable[Stack]) -> Iterator[Finding]:
    """Of layers whose features stand last: the reader of ``.keras`` builds each as its build_config says, and makes no kernel of an open length.

    The layers of a Sequential are followed from its input (``told``).
    """
    open_ = [layer for layer in layers(document) if _is_open(layer.node.raw.get("build_config"))] if document.format.native else []
    followed = {one.at for stack in told for one in stack.layers} if open_ else set()
    for layer in open_:
        stored = layer.node.build_config["input_shape"]
        shape = as_shape(stored)
        if shape is None or layer.at in followed or layer.node.config.get("data_format") == FIRST:
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


def _is_open(build: Json) -> bool:
    """Whether the last length is null; asked of thousands of layers."""
    shape = build.get("input_shape") if isinstance(build, dict) else None
    return isinstance(shape, list) and bool(shape) and shape[-1] is None
