from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Need, Repair, Severity, check
from kdoctor.document import Document
from kdoctor.edit import Edit
from kdoctor.graph.shapes import output_shapes
from kdoctor.graph.surplus_layers import Surplus
from kdoctor.keras_api import habits
from kdoctor.structure.models import models, wrapped_models
from kdoctor.target import Target

from ._cut_inputs import input_layer, type_at_end
from ._unheeded_inputs import unheeded_inputs
from ._wrapped_surplus import wanting_weights

PRUNE = Need("--prune", "", "they cost room alone: fix leaves them in unless it is told to take them out")
HIDDEN = Need("FILE", "the order of the inputs", "the file does not say which of its inputs this one is")


@check("K203", Severity.ERROR, mild=Severity.WARNING, since="0.1.0")
def upstream_layers_included(document: Document, target: Target) -> Iterator[Finding]:
    """A Functional model lists layers that do not belong to it: before its inputs, or beside the way to its outputs.

    ``Model(inputs=dense_1.output, …)`` begins at a tensor that no InputLayer makes. Keras 3.0 saved what leads up to that tensor as
    well, and files cut out of larger ones by hand keep branches that no output needs. Keras leaves such layers out when it looks for
    the weights: "Layer count mismatch when loading weights from file. Model expected 2 layers, found 3 saved layers", "A total of 2
    objects could not be loaded", or, where a ``.keras`` archive numbers them all, one layer gets the weights of another.

    The cure writes an InputLayer of the same name, shape and type where the model begins, and leaves out the layers that do not belong,
    with their weights: connections and weights are numbered anew. The model computes the same from the same input.

    Where such an input can be computed from the others (``Model([dense_1.output, dense_1.input], …)``), Keras 3.0 computes it and does not
    heed what it is given; the cure writes an InputLayer beside it that nothing reads, so that the model takes and computes what it did.

    In a model that a wrapper holds they have no weights, which Keras 2 wants all the same: "Weight count mismatch for layer #0".

    Where they do no harm but for the size of the file, the finding is a warning, and ``fix --prune`` takes them out. An InputLayer that
    the outputs need and the model does not declare cannot be cured: which of the inputs it is, is not in the file.
    """
    for model in models(document):
        if not model.functional:
            continue
        surplus = Surplus(document, model)
        unheeded = tuple(unheeded_inputs(document, model, target))
        if unheeded:
            yield from unheeded
        elif model.cut:
            if not habits.KEEPS_LAYERS_BEFORE_A_CUT.of(target):
                yield _cut(document, surplus, target)
        elif surplus.layers and surplus.whole:
            yield _beside(document, surplus, target)
        yield from _hidden(surplus)
    for model in wrapped_models(document):  # their weights have no places of their own: none are taken out of them
        if model.functional:
            yield from _hidden(Surplus(document, model))
            yield from wanting_weights(document, Surplus(document, model), target)


def _cut(document: Document, surplus: Surplus, target: Target) -> Finding:
    model, first = surplus.model, surplus.model.cut[0]
    others = f", with {len(surplus.layers)} before it" if surplus.layers else ""
    harmless = surplus.harmless_cut
    edits = _from_the_cut(document, surplus) if target.given.prune or not harmless else None
    says = "ValueError: A total of … objects could not be loaded."
    return Finding(
        first.at,
        f"the model {model.node.name!r} begins after the layer {first.name!r}, which stands in the file all the same{others}"
        + (": they cost room alone" if harmless else ""),
        repair=Repair("begin with an InputLayer, and leave out what stands before it", edits) if edits else None,
        needs=(PRUNE,) if harmless and not target.given.prune else (),
        layer=first.name,
        keras_says=None
        if harmless
        else says
        if document.format.native
        else "ValueError: Layer count mismatch when loading weights from file.",
        mild=harmless,
    )


def _beside(document: Document, surplus: Surplus, target: Target) -> Finding:
    names = [layer.name for layer in surplus.layers]
    told = ", ".join(repr(name) for name in names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    wrong, listed = surplus.misplaces, surplus.listed
    harm, says = "they cost room alone", None
    if wrong is not None:
        harm = f"Keras takes the weights of {wrong[1]!r} for those of {wrong[0]!r}"
    elif listed:
        harm = f"Keras does not count on the weights of {listed[0]!r}"
        says = "ValueError: Layer count mismatch when loading weights from file."
    harmless = wrong is None and not listed
    edits = surplus.pruned({}) if target.given.prune or not harmless else None
    return Finding(
        surplus.layers[0].at,
        f"no output of the model {surplus.model.node.name!r} needs its layers {told}: {harm}",
        repair=Repair("leave them out, with their weights", edits) if edits else None,
        needs=(PRUNE,) if harmless and not target.given.prune else (),
        layer=names[0],
        keras_says=says,
        mild=harmless,
    )


def _hidden(surplus: Surplus) -> Iterator[Finding]:
    for layer in surplus.hidden:
        yield Finding(
            layer.at,
            f"the outputs of the model {surplus.model.node.name!r} need the InputLayer {layer.name!r}, which is none of its declared inputs",
            needs=(HIDDEN,),
            layer=layer.name,
            keras_says="ValueError: Output with path `` is not connected to `inputs`",
        )


def _from_the_cut(document: Document, surplus: Surplus) -> tuple[Edit, ...] | None:
    """None where a layer at the cut has several outputs or calls, or where its shape or type is not told."""
    model, shapes = surplus.model, output_shapes(document)
    begins = {layer.key: (shapes.get(layer.at), type_at_end(layer)) for layer in model.cut}
    if any(None in begins[layer.key] or len(layer.calls) != 1 for layer in model.cut):
        return None
    used = {source for layer in model.layers for call in layer.calls for source in call if source.layer in begins}
    if any(source.call or source.output for source in (*used, *model.endpoints("input_layers"))):
        return None
    return surplus.pruned({key: input_layer(key, shape, dtype) for key, (shape, dtype) in begins.items()})
