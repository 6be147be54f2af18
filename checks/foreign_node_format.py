from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Repair, Severity, check
from kdoctor.document import Document
from kdoctor.edit import Edit
from kdoctor.keras_api import habits
from kdoctor.native_config import has_tensors, native_node
from kdoctor.structure.layers import layer_nodes
from kdoctor.structure.models import Model, all_models, home_of
from kdoctor.structure.plain_calls import called_plainly
from kdoctor.structure.sources import as_source, is_named
from kdoctor.target import Target

from ._counted_calls import counted_calls
from ._ellipsis import unread_ellipsis
from ._ends_of_models import miscounted_ends
from ._foreign_calls import foreign_calls
from ._listed_keys import listed_keys
from ._nested_ends import nested_ends
from ._postponed_calls import postponed_calls
from ._shared_weights import miscalled

LISTED = (habits.KEEPS_ENDPOINT_LISTS, habits.RETURNS_LISTED_OUTPUTS, habits.WANTS_LISTED_INPUTS)
ENDS = ("input_layers", "output_layers")


@check("K604", Severity.ERROR, since="0.1.0")
def foreign_node_format(document: Document, target: Target) -> Iterator[Finding]:
    """Connections are written in a form that the target reads otherwise.

    A nested model with one input or output is stored as a list of one (``[["in", 0, 0]]``) by Keras 2 and by Keras 3.0 to 3.10; from
    3.11 on the Sequential or wrapper (TimeDistributed) around it is handed a list: "Layer "dense" expects 1 input(s), but it received 2 input tensors", or an output
    with one axis too many; so are Keras 3.0 to 3.2, and 3.4. A list of one input alone, as 3.15
    writes it of ``Model(base.inputs, …)``, harms none of these, nor does one output of the last layer. Keras 3.0 to 3.3 do not understand the flat form (``["in", 0, 0]``) that
    later releases write: "get_tensor() takes 3 positional arguments but 11 were given". And Keras 2 counted the calls of a nested model from 1, Keras 3 counts from 0: "Invalid Functional model
    configuration. The graph of the Functional model either has loops or disconnected nodes".

    Where Keras 2 called a layer with tensors among its keyword arguments (``value=`` of an attention layer, ``mask=``), Keras 3 hands on
    lists of names instead of tensors. A layer that is called with a dict of tensors (a nested model, a TensorFlow Hub layer) is stored as a dict of names,
    which Keras 3 takes for a call in its own words: "KeyError: 'args'".

    A layer that a nested model shares with the model around it has its calls counted in both: where these differ, Keras confuses them.

    Keras 3.0 and 3.1 number the calls of a layer through all models that call it, and do not find them again: "Layer node index out of bounds".

    Layers that call each other in turn (``a(b(a(b(x))))``, a block of layers that is called in a loop) take tensors that are not there yet when the file is
    read. Keras 3.0 to 3.6 wait for those of a list, and not for those in Keras 3's own form: "Layer node index out of bounds". The cure writes such calls
    as lists; one of several arguments (``x + layer(x)``) takes copies that are made so.

    A slice with an Ellipsis (``x[..., 0]``) is not read back from an ``.h5``, nor by Keras 3.0 to 3.2: "Could not parse config: Ellipsis".

    Inputs or outputs that are lists within lists or dicts are read since Keras 3.4: "get_tensor() missing 1 required positional argument". That is how
    the model is called: no cure.

    Where a nested Functional model makes an output of the one around it, its calls are counted from 1 in every file, and read from 0 by Keras 3.0
    to 3.2: "list index out of range", or the output of another call. Its one call is written as 0, which means the same to all; one of several goes
    through an operation (``Copy``).

    Keras 3.0 and 3.1 read no slice back but one number of the first axis, nor those that they saved themselves: "Unsupported key type for
    array slice". The cure takes what each axis gives by itself (``Take``, ``ExpandDims``), where the file tells its length.

    The cure writes the flat form, or the list where that is what the target reads, counts from 0, and writes such calls in Keras 3's own
    form, and the slices that the Ellipsis stands for. For a nested model within a Sequential there is no form that Keras 3.0 to 3.2 take as it was meant.
    """
    yield from miscalled(document, target)
    for model in all_models(document):
        listed = any(habit.of(target) for habit in LISTED) and not (
            habits.KEEPS_ENDPOINT_LISTS.of(target) and (_handed_to_a_sequential(document, model) or _last_of_all(document, model))
        )
        if model.nested and model.functional and listed and _called_alone(document, model):
            yield from _single_in_list(document, model, target)
        if model.functional and target.keras_3 and not habits.TAKES_FLAT_ENDS.of(target):
            yield from _flat_ends(document, model, target)
        if model.functional and target.keras_3 and not habits.READS_NESTED_ENDS.of(target):
            yield from nested_ends(model, target)
        counted = list(counted_calls(model)) if model.functional and habits.COUNTS_NESTED_CALLS_ANEW.of(target) else []
        yield from counted
        if model.functional:
            yield from unread_ellipsis(document, model, target)
            yield from listed_keys(document, model, target)
            yield from miscounted_ends(document, model, target)
            yield from foreign_calls(document, model, target)
            yield from postponed_calls(document, model, target)
        if (
            model.functional and habits.REFUSES_KEYWORD_TENSORS.of(target) and not counted
        ):  # in Keras 3's form nobody could tell how calls are counted
            yield from _tensors_in_keywords(document, model, target)


def _called_alone(document: Document, model: Model) -> bool:
    """Whether a Sequential or a wrapper calls the model with a tensor, and goes on with what it returns."""
    around = home_of(document, model.node.at)
    return around is None or around[0].node.class_name == "Sequential"


def _handed_to_a_sequential(document: Document, model: Model) -> bool:
    """Whether the next layer of a stack in an archive is a Sequential with an input of its own, which takes a list of one for the one."""
    around = home_of(document, model.node.at) if document.format.native else None
    if around is None or around[0].node.class_name != "Sequential":
        return False
    following = around[0].layers[around[1].number + 1 :][:1]
    inner = layer_nodes(following[0].node) if following and following[0].class_name == "Sequential" else ()
    return bool(inner) and inner[0].class_name == "InputLayer"


def _last_of_all(document: Document, model: Model) -> bool:
    """Whether it is the last layer of the outermost stack: Keras takes a list of one for the one output (tried in 3.12.0 and 3.15.1)."""
    around = home_of(document, model.node.at)
    return around is not None and not around[0].node.at.keys and around[1].number == len(around[0].layers) - 1


def _single_in_list(document: Document, model: Model, target: Target) -> Iterator[Finding]:
    stored = {key: model.node.config.get(key) for key in ENDS}
    wrapped = {key: value for key, value in stored.items() if isinstance(value, list) and len(value) == 1 and isinstance(value[0], list)}
    by_output = habits.RETURNS_LISTED_OUTPUTS.of(target) or habits.KEEPS_ENDPOINT_LISTS.of(target)
    if not wrapped or (by_output and "output_layers" not in wrapped):
        return
    at = model.node.at / "config"
    flat = Repair("write them flat", tuple(Edit(at / key, old=value, new=value[0]) for key, value in wrapped.items()))
    yield Finding(
        at / next(iter(wrapped)),
        f"the nested model {model.node.name!r} states its one input and output as lists, which {target} takes at their word",
        repair=flat if habits.TAKES_FLAT_ENDS.of(target) else None,
        layer=model.node.name,
        keras_says='ValueError: Layer "dense" expects 1 input(s), but it received 2 input tensors.'
        if document.format.native
        else "ValueError: Cannot convert … to a shape. Found invalid dimension",
    )


def _flat_ends(document: Document, model: Model, target: Target) -> Iterator[Finding]:
    at, config = model.node.at / "config", model.node.config
    flat = {key: config[key] for key in ENDS if isinstance(config.get(key), list) and as_source(config[key]) is not None}
    if not flat:
        return
    listed = Repair("write them as lists", tuple(Edit(at / key, old=value, new=[value]) for key, value in flat.items()))
    lost = model.nested and habits.RETURNS_LISTED_OUTPUTS.of(target) and _called_alone(document, model)
    yield Finding(
        at / next(iter(flat)),
        f"the model {model.node.name!r} states its one input or output flat, which {target} takes for a list of them",
        repair=None if lost else listed,
        layer=model.node.name,
        keras_says="TypeError: functional_from_config.<locals>.get_tensor() takes 3 positional arguments but 11 were given",
    )


def _tensors_in_keywords(document: Document, model: Model, target: Target) -> Iterator[Finding]:
    plainly = called_plainly(document)
    for layer in model.layers:
        nodes = layer.node.raw.get("inbound_nodes") if id(layer.node.raw) not in plainly else None
        for index, node in enumerate(nodes if isinstance(nodes, list) else ()):
            if not is_named(node) and not has_tensors(node):
                continue
            at = layer.at / "inbound_nodes" / index
            if is_named(node):
                yield Finding(
                    at,
                    f"{layer.name!r} is called with a dict of tensors in the words of Keras 2, which {target} takes for its own",
                    repair=Repair("write the call in Keras 3's form", (Edit(at, old=node, new=native_node(node)),)),
                    layer=layer.name,
                    keras_says="KeyError: 'args'",
                )
            if has_tensors(node):
                yield Finding(
                    at,
                    f"{layer.name!r} is called with a tensor as a keyword argument, which {target} reads as a plain list",
                    repair=Repair("write the call in Keras 3's form", (Edit(at, old=node, new=native_node(node)),)),
                    layer=layer.name,
                )
