"""Hidden steps that a Multiply, Maximum or Minimum leaves out of its values since Keras 3.4, and no Keras before."""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Need, Repair
from kdoctor.document import Document, Json
from kdoctor.edit import Edit
from kdoctor.graph.masked_products import PRODUCTS, Product, masked_products
from kdoctor.graph.merged_masks import Joining, joinings
from kdoctor.graph.shapes import infer
from kdoctor.native_config import keras_tensor
from kdoctor.structure.layers import Layer
from kdoctor.structure.models import all_models, is_wrapped
from kdoctor.structure.objects import objects_named
from kdoctor.target import Target

NEED = Need(
    "FILE", "the model with the operation in the layer's place", "no layer of the one Keras counts hidden steps as that of the other"
)
OPERATIONS = "keras.src.ops.numpy"


def products_of_masked(document: Document, target: Target) -> Iterator[Finding]:
    """One for each call of such a layer whose hidden steps get to what counts them (K609)."""
    was, now = joinings(document, target) or (None, None)
    if was is None or (was is Joining.ANY) is (now is Joining.ANY) or not any(objects_named(document, PRODUCTS)):
        return
    for model in all_models(document) if any(objects_named(document, ("Embedding", "Masking"))) else ():
        for found in masked_products(model, was) if model.functional else ():
            alone = was is Joining.NONE or not found.heeded  # 3.0 to 3.3 hand no mask on, as an operation does not
            told = now is Joining.ANY and alone and not is_wrapped(model.node.at) and _is_plain(document, found)
            repair = _as_operation(document, found.layer) if told else None
            yield Finding(
                found.layer.at,
                f"the {found.layer.class_name} {found.layer.name!r} is given masked steps, which {target} counts otherwise than the Keras that saved "
                "the file, and what comes behind it does not skip them",
                repair=repair,
                needs=() if repair else (NEED,),
                layer=found.layer.name,
                other_numbers=True,
            )


def _is_plain(document: Document, found: Product) -> bool:
    """Whether an operation computes the same: the layer is called once with two tensors of one rank, which it need not turn."""
    given = infer(document).inputs.get(found.layer.at, ())
    ranks = [len(shape) for shape in given if shape is not None]
    return len(found.layer.calls) == 1 and len(found.layer.calls[0]) == 2 and len(ranks) == 2 and len({*ranks}) == 1


def _as_operation(document: Document, layer: Layer) -> Repair:
    """An ``.h5`` cannot hold the operation: it is written as a ``.keras`` archive first."""
    (call,) = layer.calls
    tensors = [keras_tensor(source) for source in call]
    new: dict[str, Json] = {
        "module": OPERATIONS, "class_name": layer.class_name, "config": {"name": layer.name}, "registered_name": layer.class_name,
        "name": layer.key, "inbound_nodes": [{"args": tensors, "kwargs": {}}],
    }  # fmt: skip
    edits = (Edit(layer.at, old=layer.node.raw, new=new),) if document.format.native else ()
    return Repair(f"write it as the operation {layer.class_name}, which knows no masks", edits, native=True)
