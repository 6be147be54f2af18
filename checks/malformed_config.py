from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache, partial

from kdoctor.check import Finding, Need, Repair, Severity, check
from kdoctor.document import ABSENT, Document, Json
from kdoctor.edit import Edit
from kdoctor.graph.shapes import infer
from kdoctor.keras_api import habits
from kdoctor.keras_api.api_object import ApiObject
from kdoctor.keras_api.bare_objects import refused_bare
from kdoctor.keras_api.judged_values import ARRAYS, is_refused, refused_arguments
from kdoctor.keras_api.operation import of_keras_3
from kdoctor.keras_api.reader import Call, Resolution, calls, found_in_calls, read_natively
from kdoctor.keras_api.refused_configs import refused_initializer, unequal_statistics
from kdoctor.keras_api.refused_numbers import refused_numbers
from kdoctor.keras_api.refused_types import refused_types
from kdoctor.structure.dtypes import refused_mode, unread_name
from kdoctor.structure.forms import misfits
from kdoctor.structure.layers import is_model, layer_at, layer_list, layers
from kdoctor.structure.objects import FUNCTION, Node, as_node
from kdoctor.structure.outline import objects_named
from kdoctor.structure.sequential import BATCH_KEYS, SHAPE_KEYS, as_shape, meant_shape, stack_that_begins, statements
from kdoctor.structure.whole_tensor import is_shape
from kdoctor.target import Target

from ._identifiers import kinds_of_arguments
from ._input_shape import Choice, choose, stated_elsewhere
from ._misread_constants import misread_constants
from ._unequal_statistics import one_for_several
from ._unfit_initializers import unfit_initializers
from ._unfit_statistics import unfit_statistics
from ._unscoped_names import unscoped_names

STATED = (*BATCH_KEYS, *SHAPE_KEYS)
WITHOUT = Need("FILE", "the model without that Sequential", "Keras 3 cannot build one in which nothing computes")
LISTED = {"TextVectorization": "ngrams"}  # layers/preprocessing/text_vectorization.py of Keras 2.6 to 3.0
JUDGES, JUDGED = "TypeError: Error when deserializing class … using config={…}. Exception encountered: …", "its constructor refuses"
NEED = Need("FILE", "the config as Keras wrote it", "what stood there is not in the file")


@check("K614", Severity.ERROR, since="0.1.0")
def malformed_config(document: Document, target: Target) -> Iterator[Finding]:
    """A piece of the config is missing, or is of another kind than every loader of Keras reads there.

    But for ngrams, a tuple of which JSON makes a list that Keras 2 and 3.0 refuse (1 to n are written as n), no Keras writes such a file: an editor or a script left it behind. A layer of a Functional has lost its ``name`` or its ``inbound_nodes``
    ("KeyError: 'name'"), an initializer its ``class_name`` ("Unknown `config` as a `dict`"), a tensor its ``keras_history``; a regularizer is a
    number ("Could not interpret regularizer identifier: 1"), a shape is negative, a constructor refuses a value ("Expected `trainable` to be a
    boolean", "Invalid value for argument `filters`. Expected a strictly positive value"). An operation of TensorFlow 2.1 to 2.3 on float64 keeps
    its constants as plain numbers, which no Keras 2 reads back ("Inconsistent values for attr 'T' DT_DOUBLE vs. DT_FLOAT"): where it is a Rescaling,
    that layer is written.
    A layer of Keras 3 has a name that Keras 2 does not take ("'my layer/' is not a valid root scope name"): another is written, wherever it is used.

    The cure writes what can have been nothing else: the name of a layer that its config tells, that of a Sequential, the connections of an
    InputLayer, which has none, a shape that is a text or holds 4.0, one that the rest of the file states, the numbers of an array of NumPy
    (``strides``, ``rate``), which Keras saves as one and does not read. Everything else is not in the file: take the config from the file before it was edited.
    """
    for found in misfits(document):
        repair = None if found.cure is None else Repair(f"write {found.cure.at.keys[-1]} {found.cure.new!r}", (found.cure,))
        needs = () if repair else (NEED,)
        yield Finding(found.at, found.why, repair=repair, needs=needs, layer=found.layer, keras_says=found.keras_says)
    yield from unscoped_names(document, target)
    if target.keras_3:
        yield from _empty(document)
        yield from _input_shapes(document, target)
        yield from unfit_statistics(document, target)
        yield from unfit_initializers(document, target)
        yield from one_for_several(document, target)
        yield from found_in_calls(document, target, partial(_in_call, document, target))
    else:
        yield from misread_constants(document, target)
    for call in () if habits.TAKES_LISTED_NGRAMS.of(target) else calls(document, target):
        if call.resolution is Resolution.FOUND and call.node.class_name in LISTED:
            yield from _listed(document, call, target)


def _in_call(document: Document, target: Target, call: Call) -> Iterator[Finding]:
    if call.kind != "layer":
        return
    odd = isinstance(call.node.raw.get("registered_name"), (list, dict))
    if odd and read_natively(call.node, document.format.native, target):
        yield _unhashable(call)
    if call.resolution is Resolution.FOUND and not is_model(call.node):
        yield from _arguments(document, call, target)


def _listed(document: Document, call: Call, target: Target) -> Iterator[Finding]:
    """A tuple of which JSON made a list; Keras 2 and 3.0 save it so and refuse it, later ones take both. A number n means all up to it."""
    key = LISTED[call.node.class_name]
    value, at = call.arguments.get(key), call.node.at / "config" / key
    if isinstance(value, list):
        layer = layer_at(document, call.node.at)
        whole = bool(value) and value == [*range(1, len(value) + 1)]
        yield Finding(
            at,
            f"{key} of the {call.node.class_name} is a list, and {target} takes a number or a tuple alone, which no file holds",
            repair=Repair(f"write {key} {len(value)}, which means the same", (Edit(at, old=value, new=len(value)),)) if whole else None,
            needs=() if whole else (Need("FILE", "a Keras 3 that loads it", "Keras 3.1 and later take the list"),),
            layer=layer.name if layer is not None else call.node.name,
            keras_says=f"ValueError: `{key}` must be None, an integer, or a tuple of integers. Received: {key}={value}",
        )


def _unhashable(call: Call) -> Finding:
    node, named = call.node, call.node.raw["registered_name"]
    why = f"the registered name of the {node.class_name} is {_written(named)}, no text"
    says = f"TypeError: unhashable type: '{type(named).__name__}'"
    return Finding(node.at / "registered_name", why, needs=(NEED,), layer=node.name, keras_says=says)


def _empty(document: Document) -> Iterator[Finding]:
    """A Sequential in which nothing computes, called within a Functional: Keras 2 handed its input on, Keras 3 builds it first."""
    for layer in layers(document):
        if layer.class_name != "Sequential" or not layer.calls:
            continue
        inside = layer_list(layer.node)[0]
        if any(_computes(item) for item in inside):
            continue
        if not inside:
            says = f"ValueError: Sequential model {layer.name} cannot be built because it has no layers. Call `model.add(layer)`."
            yield Finding(layer.at, f"the Sequential {layer.name!r} has no layers", needs=(WITHOUT,), layer=layer.name, keras_says=says)
            continue
        begin = as_node(inside[0], layer_list(layer.node)[1] / 0)
        stated = next((one.shape for one in statements(begin)), None) if begin is not None else None
        given = [shapes[0] for shapes in infer(document).calls.get(layer.at, ()) if shapes and shapes[0] is not None]
        if any(shape != stated for shape in given):
            says = f"ValueError: Sequential model {layer.name!r} has already been configured to use input shape {stated}."
            why = f"the Sequential {layer.name!r} has no layers but its input of {stated}, and is given {given[0]}"
            yield Finding(layer.at, why, needs=(WITHOUT,), layer=layer.name, keras_says=says)


def _computes(item: Json) -> bool:
    return not isinstance(item, dict) or item.get("class_name") != "InputLayer"


def _arguments(document: Document, call: Call, target: Target) -> Iterator[Finding]:
    """What a layer of Keras's own hands to ``initializers.get`` and the like."""
    if call.found is None:
        return
    node, of = call.node, call.found.name if not of_keras_3(call.node) else ""  # the tables are of layers, whose names some operations have
    refused = [(key, JUDGES) for key in refused_arguments(of, call.arguments, target.release)]
    taken = _taken(call.found)  # what is not taken is K601's, and may be a hundred thousand arguments
    for key, kind in taken:
        value = call.arguments.get(key)
        if value is None or (isinstance(value, str) and kind != "dtype"):  # texts are K303's
            continue
        judged = _refused_dtype(value, node.class_name, target.minor) if kind == "dtype" else _refusal(kind, value)
        if says := judged or refused_bare(kind, value, target):
            refused.append((key, says))
    if (says := unequal_statistics(of, call.arguments)) is not None:
        refused.append(("variance", says))
    refused += refused_types(of, call.arguments)
    refused += refused_numbers(of, call.arguments)
    for key, says in dict(refused).items() if refused else ():
        layer = layer_at(document, node.at)
        why = f"{key} of the {node.class_name} is {_written(node.config.get(key))}, which {JUDGED if says == JUDGES else 'no Keras reads'}"
        repair = _plainly(call, call.found, key, target)
        name = layer.name if layer is not None else node.name
        yield Finding(node.at / "config" / key, why, repair=repair, needs=() if repair else (NEED,), layer=name, keras_says=says)


def _plainly(call: Call, of: ApiObject, key: str, target: Target) -> Repair | None:
    """An array of NumPy among the arguments, which Keras saves and its layers do not read, as the numbers that it holds."""
    value = call.node.config.get(key)
    inside = value.get("config") if isinstance(value, dict) and value.get("class_name") in ARRAYS else None
    plain = inside.get("value") if isinstance(inside, dict) else None
    if not isinstance(plain, (int, float, list)) or is_refused(of.name, key, plain, target.release):
        return None
    arguments = {**call.arguments, key: plain}
    if key in dict((*refused_types(of.name, arguments), *refused_numbers(of.name, arguments))):
        return None
    return Repair(f"write {key} {_written(plain)}", (Edit(call.node.at / "config" / key, old=value, new=plain),))


@lru_cache(maxsize=256)
def _taken(of: ApiObject) -> tuple[tuple[str, str], ...]:
    return (*kinds_of_arguments(of), *((("dtype", "dtype"),) if "dtype" in of.parameters else ()))


def _input_shapes(document: Document, target: Target) -> Iterator[Finding]:
    """What an InputLayer states for its shape, where no loader reads it, or that it states none."""
    for node in objects_named(document, ("InputLayer",)):
        if node.class_name != "InputLayer" or node.at.part != "config":
            continue
        if all(node.config.get(key) is None for key in STATED):
            yield _without_shape(document, node, target)
        for key in STATED:
            value = node.config.get(key)
            if value is None or is_shape(value) or (not document.format.native and isinstance(value, dict) and as_shape(value)):
                continue
            meant = meant_shape(value)
            edit = Edit(node.at / "config" / key, old=value, new=list(meant or ()))
            yield Finding(
                edit.at,
                f"{key} of the InputLayer is {_written(value)}, which no Keras reads",
                repair=None if meant is None else Repair(f"write {key} {list(meant)}", (edit,)),
                needs=() if meant else (NEED,),
                layer=node.name,
                keras_says=f"ValueError: Cannot convert '{_written(value)}' to a shape.",
            )


def _without_shape(document: Document, node: Node, target: Target) -> Finding:
    """What else in the file states the shape, and the kernels, may tell what it was; a Functional asks elsewhere."""
    stack = stack_that_begins(document, node)
    dim = node.config.get("input_dim")
    candidates = [(None, dim)] if type(dim) is int else [] if stack is None else stated_elsewhere(stack)
    choice = Choice(None) if stack is None else choose(document, stack, target, candidates)
    key = next((key for key in BATCH_KEYS if key in node.config), BATCH_KEYS[0])
    edits = [Edit(node.at / "config" / key, old=node.config.get(key, ABSENT), new=list(choice.shape or ()))]
    if "input_dim" in node.config:
        edits.append(Edit(node.at / "config" / "input_dim", old=dim, new=ABSENT))
    return Finding(
        node.at,
        f"the InputLayer states no shape{choice.refused}",
        repair=Repair(f"write the shape {choice.shape}, which the rest of the file states", tuple(edits)) if choice.shape else None,
        needs=(NEED,) if stack is None else choice.needs("nothing else in the file states it"),
        layer=node.name,
        keras_says="ValueError: You must pass a `shape` argument.",
    )


def _refused_dtype(value: Json, class_name: str, release: tuple[int, int]) -> str | None:
    """What Keras 3 says of a dtype: of the name in it, where that is one that it does not know (dtype_policies/dtype_policy.py, _parse_name)."""
    name = "" if value == "" and class_name == "InputLayer" else unread_name(value)
    if name is None:
        return None if isinstance(value, str) else _refusal("dtype", value) or refused_mode(value, release)
    if class_name == "InputLayer":
        return f"ValueError: Invalid dtype: {name}"
    return (
        f"ValueError: Cannot convert '{name}' to a mixed precision DTypePolicy. Valid policies include 'mixed_float16', 'mixed_bfloat16', "
        "and the name of any float dtype such as 'float32'."
    )


def _refusal(kind: str, value: Json) -> str | None:
    """What Keras 3 says of a value that its ``get`` functions cannot take: of initializers, regularizers, constraints, policies, activations.

    Source: keras/src/initializers/__init__.py and its like, serialization_lib.deserialize_keras_object.
    """
    if not isinstance(value, dict):
        what = "dtype policy" if kind == "dtype" else "activation function" if kind == "activation" else kind
        return f"ValueError: Could not interpret {what} identifier: {value}"
    if kind == "activation":
        return None
    if "class_name" not in value:
        return f"ValueError: Unknown `config` as a `dict`, config={_written(value)}"
    if not isinstance(value["class_name"], str):
        return f"ValueError: Could not interpret {kind} identifier: {_written(value)}"
    inside = value.get("config")
    if value["class_name"] != FUNCTION and inside is not None and not isinstance(inside, dict):
        return f"TypeError: Expected 'config' to be a dict for {value['class_name']}, instead got {type(inside)}"
    if kind != "dtype" and value["class_name"] != FUNCTION and value.get("module", "") is None and value.get("registered_name") is None:
        return f"TypeError: Cannot deserialize object of type `{value['class_name']}`."
    return refused_initializer(value["class_name"], inside or {}) if kind == "initializer" else None


def _written(value: Json) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
