"""Hidden steps that a Multiply, Maximum or Minimum leaves out of its values since Keras 3.4, and no Keras before."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from kdoctor.check import Finding, Need, Repair
from kdoctor.document import Document, Json
from kdoctor.edit import Edit
from kdoctor.graph.masked_products import PRODUCTS, Product, masked_products
from kdoctor.graph.masks_of_calls import Rules, TooManyCalls, followed
from kdoctor.graph.merged_masks import Joining, Place, joinings
from kdoctor.graph.shapes import infer
from kdoctor.native_config import keras_tensor
from kdoctor.pointer import Pointer
from kdoctor.replacements.mask_stops import stopping_before
from kdoctor.structure.layers import Layer
from kdoctor.structure.models import Model, all_models, is_wrapped, models
from kdoctor.structure.outline import objects_named
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
    if not any(objects_named(document, ("Embedding", "Masking"))):
        return
    given = _from_outside(document, was)
    for model in all_models(document):
        for found in masked_products(model, was, given.get(model.node.at, ())) if model.functional else ():
            alone = was is Joining.NONE or not found.heeded  # 3.0 to 3.3 hand no mask on, as an operation does not
            told = now is Joining.ANY and alone and not is_wrapped(model.node.at)
            repair = _repair(document, model, found) if told else None
            yield Finding(
                found.layer.at,
                f"the {found.layer.class_name} {found.layer.name!r} is given masked steps, which {target} counts otherwise than the Keras that saved "
                "the file, and what comes behind it does not skip them",
                repair=repair,
                needs=() if repair else (NEED,),
                layer=found.layer.name,
                other_numbers=True,
            )


def _from_outside(document: Document, was: Joining) -> Mapping[Pointer, Collection[Place]]:
    """The masks that go into nested models and come out of them, in the Keras of the target, whichever it is."""
    try:
        return followed(models(document), Rules(False, Joining.ALL if was is Joining.ALL else Joining.ANY)).crossing
    except TooManyCalls:
        return {}


def _repair(document: Document, model: Model, found: Product) -> Repair | None:
    """An operation computes the same of two tensors of one rank, which the layer need not turn; others are stopped before they come to it."""
    ranks = [len(shape) for shape in infer(document).inputs.get(found.layer.at, ()) if shape is not None]
    if len(found.layer.calls) != 1 or len(found.layer.calls[0]) != len(ranks):
        return None
    if len(ranks) == 2 and len({*ranks}) == 1:
        return _as_operation(document, found.layer)
    edits = stopping_before(document, model, found.layer, ranks) if document.format.native else ()
    return Repair("put layers before it that hand no mask on", edits, native=True)


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
