"""The shapes that an attention layer was built with, where nothing can be built with them."""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Need, Repair
from kdoctor.document import Document, Json
from kdoctor.edit import Edit
from kdoctor.graph.shapes import infer
from kdoctor.keras_api import habits
from kdoctor.keras_api.reader import Resolution, calls_of, read_natively
from kdoctor.keras_api.variables.variable import Shapes
from kdoctor.target import Target

ATTENTIONS = frozenset({"MultiHeadAttention", "GroupQueryAttention"})
ASKED, TAKEN = ("query_shape", "value_shape"), ("query_shape", "value_shape", "key_shape")
NEED = Need("FILE", "the config as Keras wrote it", "what the layer is called with is not told")


def unfit_shapes(document: Document, target: Target) -> Iterator[Finding]:
    """Of an archive: ``build(**shapes_dict)`` of what its ``build_config`` states (``Layer.build_from_config`` of Keras 3)."""
    if not habits.BUILDS_ATTENTION_WITH_SHAPES.of(target):
        return
    for call in calls_of(document, target, "layer"):
        node = call.node
        known = node.class_name in ATTENTIONS and call.resolution is Resolution.FOUND
        if not known or "shapes_dict" not in node.build_config or "input_shape" in node.build_config:
            continue
        given, stated = infer(document).inputs.get(node.at, ()), node.build_config["shapes_dict"]
        refusal = _refusal(stated, given) if read_natively(node, document.format.native, target) else None
        if refusal is None:
            continue
        why, says = refusal
        right = dict(zip(TAKEN, (list(shape or ()) for shape in given), strict=False)) if len(given) in (2, 3) else {}
        sound = bool(right) and _refusal(right, given) is None
        at = node.at / "build_config" / "shapes_dict"
        yield Finding(
            at,
            f"the build_config of {node.name!r} states shapes with which it cannot be built: {why}",
            repair=Repair("write the shapes that it is given", (Edit(at, old=stated, new=right),)) if sound else None,
            needs=() if sound else (NEED,),
            layer=node.name,
            keras_says=says,
        )


def _refusal(stated: Json, given: Shapes) -> tuple[str, str] | None:
    """Why the layer cannot be built with what is stated, or not called afterwards, and what Keras says; None where it can."""
    if not isinstance(stated, dict):
        return "they are no dict", f"TypeError: build() argument after ** must be a mapping, not {type(stated).__name__}"
    lacking = [name for name in ASKED if name not in stated]
    if lacking:
        return f"there is no {lacking[0]}", f"TypeError: build() missing 1 required positional argument: '{lacking[0]}'"
    surplus = [name for name in stated if name not in TAKEN]
    if surplus:
        return f"{surplus[0]} is none of them", f"TypeError: build() got an unexpected keyword argument '{surplus[0]}'"
    for index, name in enumerate(TAKEN):
        shape = stated.get(name)
        if name not in ASKED and shape is None:
            continue
        if not isinstance(shape, list) or len(shape) < 2 or not all(length is None or type(length) is int for length in shape):
            return f"{name} is no shape", f"ValueError: Cannot convert '{shape}' to a shape."
        if shape[-1] is None:
            return f"{name} leaves its features open", "ValueError: Shapes used to initialize variables must be fully-defined."
        told = given[index] if index < len(given) else None
        if told is not None and len(told) != len(shape):
            return f"{name} has {len(shape)} axes, and {len(told)} are given", "ValueError: Input 0 … is incompatible with the layer"
    return None
