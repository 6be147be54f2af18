"""A TensorFlowOpLayer whose constants come back as another kind of number than its operation takes."""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Need, Repair
from kdoctor.document import Document
from kdoctor.edit import Edit
from kdoctor.replacements.plain_replacements import in_words_of
from kdoctor.structure.layers import layer_at
from kdoctor.structure.objects import Node
from kdoctor.structure.outline import objects_named
from kdoctor.target import Target

NAME = "TensorFlowOpLayer"
ENTIRE = "float64"
NEED = Need("FILE", "a Keras 3", "for it `kdoctor fix` writes the operation with Keras's own")


def misread_constants(document: Document, target: Target) -> Iterator[Finding]:
    """Saved where ``floatx`` was float64, or in half precision: no Keras 2 reads that back, the one that saved it neither."""
    from kdoctor.translate.node_constants import misread_constants as misread  # few files hold such layers, and the table is dear to import

    for node in objects_named(document, (NAME,)):
        for place, wanted, read in misread(node.config) if node.class_name == NAME else ():
            layer = layer_at(document, node.at)
            cure = None if wanted != ENTIRE else _as_rescaling(node, document, target)
            yield Finding(
                node.at / "config" / "constants" / place,
                f"a constant of the operation {node.name!r} is a {wanted}, and {target} reads it as a {read}, which the operation does not take",
                repair=cure,
                needs=() if cure else (NEED,),
                layer=layer.name if layer is not None else node.name,
                keras_says=f"ValueError: Inconsistent values for attr 'T' {_kind(wanted)} vs. {_kind(read)} while building NodeDef …",
            )


def _as_rescaling(node: Node, document: Document, target: Target) -> Repair | None:
    """Under the name beside the config, which the connections have: ``tf_op_layer_mul`` for ``mul``."""
    from kdoctor.translate.node_constants import rescaling

    told, name = rescaling(node.config), node.raw.get("name")
    if told is None or not isinstance(name, str) or document.format.native or "module" in node.raw:
        return None
    config = {"name": name, "trainable": True, "dtype": ENTIRE, **told}
    said = in_words_of(target, {**node.raw, "class_name": "Rescaling", "config": config, "name": name})
    return None if said is None else Repair("write the Rescaling that it is", (Edit(node.at, old=node.raw, new=said),))


def _kind(dtype: str) -> str:
    from kdoctor.translate.node_def import DTYPES

    return next((name for name, meant in DTYPES.items() if meant == dtype), dtype)
