"""Layers whose dtype policy says that they compute in whole numbers, or in numbers of 8 bits, which their class does not.

``_int8_call`` and its like stand in core/dense.py, einsum_dense.py, embedding.py and reversible_embedding.py alone (Keras 3.3.3 to 3.15.1);
those of every other layer raise NotImplementedError (layers/layer.py, quantized_call).
"""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Repair
from kdoctor.document import Document, Json
from kdoctor.edit import Edit
from kdoctor.keras_api.reader import Call, found_in_calls
from kdoctor.keras_api.variables.dense import quantization
from kdoctor.structure.layers import is_model
from kdoctor.target import Target

WITH_KERNELS, WITH_WORDS = ("Dense", "EinsumDense"), ("Embedding", "ReversibleEmbedding")
COMPUTING = {
    "int8": WITH_KERNELS + WITH_WORDS,
    "int4": WITH_KERNELS + WITH_WORDS,
    "float8": WITH_KERNELS,
    "gptq": WITH_KERNELS,
    "awq": WITH_KERNELS,
}


def unquantized(document: Document, target: Target) -> Iterator[Finding]:
    """Keras quantizes no such layer: the policy that it is quantized from is written, in which alone it can have computed (K610)."""
    if target.keras_3:
        yield from found_in_calls(document, target, _of_layer)


def _of_layer(call: Call) -> Iterator[Finding]:
    node, mode = call.node, _mode(call)
    if mode is None or node.class_name in COMPUTING[mode]:
        return
    at, stated = node.at / "config" / "dtype", node.config["dtype"]
    source = _source(stated)
    yield Finding(
        at,
        f"{node.class_name} {node.name!r} is quantized by its dtype ({mode}), and does not compute so in any Keras",
        repair=None if source is None else Repair(f"write the dtype {source}", (Edit(at, old=stated, new=source),)),
        layer=node.name,
        keras_says=f"NotImplementedError: Layer {node.class_name} does not have a `_{mode}_call` method implemented.",
    )


def _mode(call: Call) -> str | None:
    if call.kind != "layer" or call.found is None or call.found.kind != "layer" or is_model(call.node) or "dtype" not in call.node.config:
        return None
    try:
        mode = quantization(call.node.config)
    except (TypeError, AttributeError):  # a DTypePolicyMap, or no policy at all
        return None
    return mode if mode in COMPUTING else None


def _source(stated: Json) -> str | None:
    """``float32`` of ``int8_from_float32``, and of a QuantizedDTypePolicy."""
    if isinstance(stated, str):
        return stated.partition("_from_")[2] or None
    inside = stated.get("config") if isinstance(stated, dict) else None
    found = inside.get("source_name") if isinstance(inside, dict) else None
    return found if isinstance(found, str) else None
