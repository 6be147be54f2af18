from __future__ import annotations

import re
from collections.abc import Iterator

from kdoctor.check import Finding, Severity, check
from kdoctor.deployment import PURPOSES
from kdoctor.document import Document
from kdoctor.structure.objects import objects
from kdoctor.target import Target

KERNELS = re.compile(r"Conv|(?<!Global)(Average|Max)Pooling")
TAKEN_BY = frozenset({"onnx"})  # its convolutions take channels first, and nothing else


@check("K902", Severity.INFO, since="0.1.0")
def channels_first(document: Document, target: Target) -> Iterator[Finding]:
    """A layer takes images with the channels before height and width.

    Not every kernel for a CPU does: "The Conv2D op currently only supports the NHWC tensor format on the CPU", says a TensorFlow without
    oneDNN; TensorFlow Lite and TensorFlow.js have no other kernels, and their converters turn every tensor round twice, or refuse.
    ONNX takes channels first. Told of convolutions and poolings with ``--for serving``, ``tflite``, ``xla``, ``tfjs``.

    There is no cure in this release: kernels stay as they are, but whoever sends the images has to turn them.
    """
    if target.purpose not in PURPOSES or target.purpose in TAKEN_BY:
        return
    found = [node for node in objects(document) if node.config.get("data_format") == "channels_first" and KERNELS.search(node.class_name)]
    if found:
        names = ", ".join(repr(node.name) for node in found[:3]) + (f" and {len(found) - 3} more" if len(found) > 3 else "")
        told = f"{names} take channels first, which kernels for a CPU may not"
        yield Finding(found[0].at / "config" / "data_format", told, layer=found[0].name)
