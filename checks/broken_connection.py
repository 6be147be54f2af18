from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from kdoctor.check import Finding, Need, Severity, check
from kdoctor.document import Document
from kdoctor.keras_api.output_counts import returns_one
from kdoctor.structure.layers import Layer, is_model
from kdoctor.structure.loops import circle
from kdoctor.structure.models import Model, all_models
from kdoctor.target import Target

from ._attention_scores import CURE, is_lost
from ._foreign_calls import in_words_of_keras_3, numbers_of_others
from ._only_tensor import renumbered

UNRESOLVED = "ValueError: Invalid Functional model configuration. The graph of the Functional model either has loops or disconnected nodes."
NAMED = 6  # layers of a circle
NEED = Need("FILE", "the whole model", "the file does not hold the layer that is referred to")


@check("K204", Severity.ERROR, since="0.1.0")
def broken_connection(document: Document, target: Target) -> Iterator[Finding]:
    """A layer is connected to one that is not in the model, to a call or an output that it does not have, or in a circle to itself.

    The graph of a Functional model is a list of layers, each with the tensors it takes: ``["conv", 0, 0]``. When the layer it names is
    missing, Keras says "Unknown layer: conv" or "Invalid Functional model configuration. The graph of the Functional model either has
    loops or disconnected nodes"; of a circle Keras 2 says nothing, and tries for ever.

    So do Keras 3.0 to 3.7 for a layer that takes the scores of an Attention (``return_attention_scores``), which they do not hand on.

    Where a layer makes one tensor alone, as an InputLayer does, the cure writes that one's numbers; a layer that is called once may have lost a
    call, if somebody takes what it makes. Else there is no cure: what the missing layer computed is not in the file.
    """
    for model in all_models(document):
        if model.functional:
            known = {layer.key: layer for layer in model.layers}
            told = numbers_of_others(document, model) if target.keras_3 else {}  # K604
            for layer in model.layers:
                yield from _broken(document, model, layer, known, told, target)
                yield from _missing_outputs(document, model, layer, known, target)
                yield from _takes_scores(layer, known, target)
            yield from _in_a_circle(circle(model.layers), target)


def _broken(
    document: Document, model: Model, layer: Layer, known: Mapping[str, Layer], told: Collection[str], target: Target
) -> Iterator[Finding]:
    for index, call in enumerate(layer.calls):
        for source in call:
            origin = known.get(source.layer)
            if origin is not None and (source.call < len(origin.calls) or source.call < _numbered(origin, layer, index, target)):
                continue
            if source.layer in told:
                continue
            at = layer.at / "inbound_nodes" / index
            repair = renumbered(model, source, at, document.at(at))
            what = f"a layer {source.layer!r}" if origin is None else f"call {source.call} of {source.layer!r}"
            yield Finding(
                at,
                f"{layer.name!r} takes its input from {what}, which the model {model.node.name!r} does not have",
                repair=repair,
                needs=() if repair else (NEED,),
                layer=layer.name,
                keras_says=f"ValueError: Unknown layer: {source.layer}" if origin is None and document.format.native else UNRESOLVED,
            )
            return


def _numbered(origin: Layer, layer: Layer, index: int, target: Target) -> int:
    """How many calls of ``origin`` one call of ``layer`` may name: in Keras 2's form a nested model counts its own making as one."""
    if _never_called(origin):
        return 1 if is_model(origin.node) and not target.keras_3 else 0
    return max(1, len(origin.calls)) + (is_model(origin.node) and not in_words_of_keras_3(layer, index))


def _never_called(layer: Layer) -> bool:
    """An InputLayer, and to Keras 2 a nested model, are their own first call. What states no calls at all is K614's."""
    return layer.node.raw.get("inbound_nodes") == [] and layer.class_name != "InputLayer"


def _missing_outputs(document: Document, model: Model, layer: Layer, known: Mapping[str, Layer], target: Target) -> Iterator[Finding]:
    """Of a layer that returns one tensor, another one."""
    for index, call in enumerate(layer.calls):
        for source in call:
            if source.output > 0 and (origin := known.get(source.layer)) is not None and returns_one(origin.node):
                at = layer.at / "inbound_nodes" / index
                repair = renumbered(model, source, at, document.at(at))
                yield Finding(
                    at,
                    f"{layer.name!r} takes output {source.output} of {source.layer!r}, which returns one tensor (counted from 0)",
                    repair=repair,
                    needs=()
                    if repair
                    else (Need("FILE", "the model before it was edited", "the file does not say which tensor was meant"),),
                    layer=layer.name,
                    keras_says=UNRESOLVED if target.keras_3 else "IndexError: list index out of range",
                )
                return


def _takes_scores(layer: Layer, known: Mapping[str, Layer], target: Target) -> Iterator[Finding]:
    """A layer that waits for a tensor which never comes: Keras tries to connect it for ever."""
    lost = next((source for call in layer.calls for source in call if is_lost(source, known.get(source.layer), target)), None)
    if lost is not None:
        message = f"{layer.name!r} takes the scores of {lost.layer!r}, which {target} does not hand on"
        says = "nothing: it tries to connect the layers for ever"
        yield Finding(layer.at / "inbound_nodes", message, repair=CURE, layer=layer.name, keras_says=says)


def _in_a_circle(found: tuple[Layer, ...], target: Target) -> Iterator[Finding]:
    if found:
        named = [repr(layer.name) for layer in (*found, found[0])]
        way = " from ".join(named if len(named) <= NAMED else [*named[:NAMED], "…"])
        need = Need("FILE", "the model before it was edited", "the file does not say what the layer took")
        says = UNRESOLVED if target.keras_3 else "nothing: it tries to connect the layers for ever"
        yield Finding(
            found[0].at / "inbound_nodes", f"connections go in a circle: {way}", needs=(need,), layer=found[0].name, keras_says=says
        )
