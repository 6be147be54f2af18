from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

from kdoctor.check import Finding, Need, Repair, Severity, check
from kdoctor.document import Document
from kdoctor.graph.initial_states import given_apart, takes_states
from kdoctor.graph.input_alignment import misaligned
from kdoctor.graph.shapes import infer
from kdoctor.keras_api import habits
from kdoctor.keras_api.input_counts import GIVES_ONE, miscount_in_keras_2, miscount_of, takes_one
from kdoctor.keras_api.operation import is_nameless
from kdoctor.keras_api.reader import Call, Resolution, calls
from kdoctor.keras_api.variables.table import is_builtin
from kdoctor.pointer import Pointer
from kdoctor.structure.connections import Argument, Form, given_to
from kdoctor.structure.layers import Layer
from kdoctor.structure.models import Model, all_models
from kdoctor.structure.sources import Source, are_alone
from kdoctor.target import Target

from ._namesakes import is_namesake
from ._unbound_calls import unbound_calls

NEED = Need("FILE", "the whole model", "the file does not say which tensors the layer was called with")


@check("K208", Severity.ERROR, since="0.1.0")
def wrong_input_count(document: Document, target: Target) -> Iterator[Finding]:
    """A layer or a nested model is called with more or fewer tensors than it takes, or with others than its inputs are for.

    `Layer "dense" expects 1 input(s), but it received 2 input tensors`, "A merge layer should be called on a list of inputs", or, for a
    nested model, `expects 2 named input(s) with keys ['image', 'text'], but it received 1 input tensors` and "Input 0 with name 'image'
    of layer 'model' is incompatible with the layer: expected shape=(None, 4), found shape=(None, 6)".

    Keras 2 stored the states that a recurrent layer begins with beside its input, as one list: an encoder and its decoder fail so in
    Keras 3. The cure hands them over as `initial_state`, which means the same.

    Keras 2 refuses the same lists, and a nested model that gets too few tensors; what it gets too many it leaves out, and it does not compare
    shapes with those of its inputs.

    What is handed over beside the tensors may not go with a layer's ``call()`` either: "too many positional arguments", "missing a required
    argument: 'inputs'", "multiple values for argument 'inputs'".

    In a Sequential every layer gets what the one before it makes: one that merges several tensors has nothing to merge there. Keras 2 saved
    such models, made with `add` of the layers of another one.

    In every other case which tensors belong there is not in the file. Where tensors of a nested model fit in another order only, the
    message says in which.
    """
    older = habits.COUNTS_INPUTS_OF_MODELS_SHORT.of(target)
    if not habits.COUNTS_INPUTS.of(target) and not older:
        return
    shapes = infer(document)
    told: set[Pointer] = set()
    for model in all_models(document):
        yield from _in_a_stack(document, target, model, older)
        for layer in model.layers if model.functional else ():
            if are_alone(layer.calls) and takes_one(layer.node):  # almost every layer
                continue
            found = list(_miscounted(document, model, layer, older))
            words_of = () if found or older else tuple(misaligned(layer.node, shapes.calls.get(layer.at, ())))
            if (found or words_of) and layer.at in _namesakes(document, target):
                continue
            yield from found
            told.update(one.at for one in found)
            for words in words_of:
                yield Finding(
                    layer.at,
                    f"{layer.class_name} {layer.name!r} {words.message}",
                    needs=(NEED,),
                    layer=layer.name,
                    keras_says=words.keras_says,
                )
    yield from (finding for finding in unbound_calls(document, target) if finding.at not in told)


def _in_a_stack(document: Document, target: Target, model: Model, older: bool) -> Iterator[Finding]:
    """Layers of a Sequential that want several tensors, behind one that makes a single one."""
    if model.functional:
        return
    for before, layer in pairwise(model.layers):
        if takes_one(layer.node) or before.class_name not in GIVES_ONE or not is_builtin(before.node):
            continue  # almost every layer
        if layer.at in _namesakes(document, target):
            continue
        given = (Argument(None, (Source(before.name, 0, 0),), Form.ONE),)
        found = miscount_in_keras_2(layer.node, given, document.format.native) if older else miscount_of(layer.node, given)
        if found is not None:
            message = f"{layer.class_name} {layer.name!r} takes {found.wants}, and is given the one that {before.name!r} makes"
            yield Finding(layer.at, message, needs=(NEED,), layer=layer.name, keras_says=found.keras_says)


@lru_cache(maxsize=4)
def _namesakes(document: Document, target: Target) -> frozenset[Pointer]:
    """What only bears the name of a layer of Keras's: layers of the user's own (K601 tells of them), and operations in an ``.h5`` (K306)."""
    return frozenset(
        call.node.at for call in calls(document, target) if call.kind == "layer" and (is_namesake(call) or _is_operation(call))
    )


def _is_operation(call: Call) -> bool:
    return call.resolution is Resolution.MOVED and is_nameless(call.node)


def _miscounted(document: Document, model: Model, layer: Layer, older: bool) -> Iterator[Finding]:
    for index, arguments in enumerate(given_to(layer)):
        found = miscount_in_keras_2(layer.node, arguments, document.format.native) if older else miscount_of(layer.node, arguments)
        if found is None:
            continue
        repair = None
        if takes_states(layer.node, layer.node.raw["inbound_nodes"][index]) and not older:
            repair = Repair("hand the states over as initial_state", given_apart(layer.node, index))
        yield Finding(
            layer.at / "inbound_nodes" / index,
            f"{layer.class_name} {layer.name!r} takes {found.wants}, and is given {found.given}",
            repair=repair,
            needs=() if repair else (NEED,),
            layer=layer.name,
            keras_says=found.keras_says,
        )
