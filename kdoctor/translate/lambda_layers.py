"""A stored function as a graph: a Lambda layer becomes a nested Functional model of Keras operations, under the same name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kdoctor.bytecode.expression import Function as Tree
from kdoctor.document import Json
from kdoctor.keras_api.variables.variable import Shape, Shapes
from kdoctor.structure.lambdas import Lambda
from kdoctor.structure.naming import fresh
from kdoctor.translate.batch import MIXING
from kdoctor.translate.built_in import Translation, built_in
from kdoctor.translate.calling import Bound
from kdoctor.translate.graph import Graph, reference
from kdoctor.translate.interpret import Interpreter
from kdoctor.translate.masks import Mask, mask_of, with_mask
from kdoctor.translate.patterns.pattern import Layer
from kdoctor.translate.stored_values import revived
from kdoctor.translate.trees import expression_of
from kdoctor.translate.values import MissingName, Tensor, Untranslatable, Value

FLAT_SINCE = (3, 4)  # from this release on one input or output may be stated flat, and in 3.4 and from 3.11 on it must be (functional.py)
OF_ANY_LAYER = ("name", "trainable", "dtype", "batch_input_shape", "batch_shape")
FROM_KERAS = {"training": "whether the model trains is known only when it runs", "mask": "a mask that reaches the layer"}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known around a Lambda layer.

    shapes, dtypes: of the tensors that it is called with; listed: whether they come as a list; masked: whether a layer of the model makes masks;
    bindings: the globals that the user supplies; release: of the target; keras_minor: of the Keras that saved the file;
    mask: its own mask function;
    at_once: whether that Keras called it for all times of a sequence at once, which the target does one by one (TimeDistributed).
    """

    shapes: Shapes
    dtypes: tuple[str | None, ...]
    listed: bool
    masked: bool
    bindings: Mapping[str, Json]
    release: str
    keras_minor: tuple[int, int] | None
    at_once: bool = False
    mask: Lambda | None = None


@dataclass(frozen=True, slots=True)
class Replacement:
    """What takes a Lambda layer's place, the dtype of its first output; ``any_shape``: whether it is right for inputs of any rank."""

    layer: dict[str, Json]
    dtype: str | None
    native: bool
    any_shape: bool = False


def replacement(found: Lambda, layer: Mapping[str, Json], around: Surroundings) -> Replacement:
    """One of Keras's own layers where that is exactly the same, else a nested model. Raises `Untranslatable` or `MissingName`."""
    mask = _mask(layer, around)
    layer = {**layer, "config": {**layer["config"], "mask": None}}
    if around.shapes and (mask is not Mask.NONE or not around.masked):
        made, translation = _translation(found, layer, around)
        one = built_in(translation, around.listed) if not (around.at_once and made.mixes) else None
        one = one if mask is Mask.NONE else with_mask(mask, one)
        if one is not None:
            return Replacement(_as_layer(layer, one), translation.outputs[0].dtype, native=False, any_shape=None in around.shapes)
    model, dtype = functional(found, layer, around)
    return Replacement(model, dtype, native=True)


def _mask(layer: Mapping[str, Json], around: Surroundings) -> Mask:
    """What the layer's own mask comes to."""
    if layer["config"].get("mask") is None:
        return Mask.NONE
    if around.mask is None or len(around.shapes) != 1 or around.listed:
        raise Untranslatable("a mask of its own")
    given = Tensor("x", 0, 0, around.shapes[0], around.dtypes[0], True)
    return mask_of(around.mask, given, around.release, around.keras_minor, around.masked)


def _as_layer(stored: Mapping[str, Json], one: Layer) -> dict[str, Json]:
    """A built-in layer in the form of the Lambda whose place it takes, with all that a layer of any class has."""
    config = {key: value for key, value in stored["config"].items() if key in OF_ANY_LAYER}
    beside = {key: value for key, value in stored.items() if key in ("name", "build_config")}
    if "inbound_nodes" in stored:
        beside["inbound_nodes"] = _without_extras(stored["inbound_nodes"])
    homes = {"module": "keras.layers", "registered_name": None} if "module" in stored else {}
    return {**homes, "class_name": one.class_name, "config": {**config, **one.config}, **beside}


def _without_extras(calls: Json) -> Json:
    """Calls without the arguments that a Lambda takes and other layers do not: Keras 3 writes ``{"mask": None}``."""
    if isinstance(calls, list):
        return [_without_extras(item) for item in calls]
    if isinstance(calls, Mapping) and "args" in calls:
        return {**calls, "kwargs": _without_extras(calls.get("kwargs") or {})}
    return {key: value for key, value in calls.items() if key not in FROM_KERAS} if isinstance(calls, Mapping) else calls


def functional(found: Lambda, layer: Mapping[str, Json], around: Surroundings) -> tuple[dict[str, Json], str | None]:
    """The nested model that takes a Lambda layer's place, and the dtype of its first output. Raises `Untranslatable` or `MissingName`."""
    if layer["config"].get("mask") is not None:
        raise Untranslatable("a mask of its own")
    if not around.shapes or None in around.shapes:
        raise Untranslatable("the shape of its input is not known")
    graph, translation = _translation(found, layer, around)
    if around.at_once and graph.mixes:
        raise Untranslatable(MIXING)
    name, given, outputs = str(layer["config"].get("name") or "lambda"), list(translation.given), list(translation.outputs)
    inputs = [_input(tensor) for tensor in given]
    return _written(layer, name, [*inputs, *translation.nodes], given, outputs, around), outputs[0].dtype


def _translation(found: Lambda, layer: Mapping[str, Json], around: Surroundings) -> tuple[Graph, Translation]:
    """What the function computes, as operations."""
    config = layer["config"]
    graph = Graph(around.release, {str(config.get("name") or "lambda")}, keras_minor=around.keras_minor)
    given = [_given(graph, shape, dtype) for shape, dtype in zip(around.shapes, around.dtypes, strict=True)]
    mark = graph.mark()
    result = _followed(found, config, around, graph, given if around.listed else given[0])
    outputs = [_output(graph, value) for value in (result if isinstance(result, (list, tuple)) else [result])]
    if not outputs:
        raise Untranslatable("it returns nothing")
    outputs = [tensor if any(node["name"] == tensor.layer for node in graph.layers[mark:]) else graph.same(tensor) for tensor in outputs]
    return graph, Translation(around.release, given, list(graph.needed(outputs)), outputs)


def _given(graph: Graph, shape: Shape | None, dtype: str | None) -> Tensor:
    """An input of the function."""
    if dtype is None:
        raise Untranslatable("the dtype of its input is not known")
    name = fresh("input", graph.taken)
    graph.taken.add(name)
    return Tensor(name, 0, 0, None if shape is None else (None, *shape[1:]), dtype, True)


def _input(given: Tensor) -> dict[str, Json]:
    batch_shape = list(given.lengths)
    return {
        "module": "keras.layers",
        "class_name": "InputLayer",
        "config": {"batch_shape": batch_shape, "dtype": given.dtype, "sparse": False, "name": given.layer},
        "registered_name": None,
        "name": given.layer,
        "inbound_nodes": [],
    }


def _output(graph: Graph, value: Value) -> Tensor:
    if not isinstance(value, Tensor):
        raise Untranslatable("its result is no tensor")
    return value


def _followed(found: Lambda, config: Mapping[str, Json], around: Surroundings, graph: Graph, subject: Value) -> Value:
    function = expression_of(found)
    code, stored = found.code, found.stored
    assert code is not None
    free: dict[str, Value] = {}
    for place, name in enumerate(code.freevars):
        values = stored.closure or ()
        try:
            free[name] = revived(values[place], name) if place < len(values) else MissingName(name)
        except Untranslatable as error:
            free[name] = error
    doubtful = None if isinstance(subject, Tensor) and around.keras_minor is not None and around.keras_minor >= (3, 0) else subject
    interpreter = Interpreter(graph, free, {name: revived(value, name) for name, value in around.bindings.items()}, doubtful)
    return interpreter.follow(function, _arguments(found, function, config, around, subject))


def _arguments(found: Lambda, function: Tree, config: Mapping[str, Json], around: Surroundings, subject: Value) -> dict[str, Value]:
    """The values of the parameters: the input first, then defaults and ``arguments``, then what Keras itself supplies."""
    code = found.code
    assert code is not None
    parameters = [parameter for parameter in function.parameters if parameter.prefix == "" and parameter.name]
    rest = next((parameter.name for parameter in function.parameters if parameter.prefix == "*" and parameter.name), None)
    if not parameters and rest is None:
        raise Untranslatable("a function that takes no arguments")
    names: dict[str, Value] = {} if rest is None else {rest: () if code.argcount else (subject,)}
    positional = code.varnames[: code.argcount]
    defaults = found.stored.defaults or ()
    for name, value in zip(positional[len(positional) - len(defaults) :], defaults, strict=False):
        names[name] = revived(value, name)
    for name, why in FROM_KERAS.items():
        if name in code.varnames[: code.argcount + code.kwonlyargcount] and name not in positional[:1]:
            names[name] = None if name == "mask" and not around.masked else Bound(why)
    given = config.get("arguments")
    others: dict[str, Value] = {}
    for name, value in (given if isinstance(given, Mapping) else {}).items():
        (names if any(parameter.name == name for parameter in parameters) else others)[name] = revived(value, name)
    names |= {parameter.name: others for parameter in function.parameters if parameter.prefix == "**"}
    names |= dict.fromkeys(positional[:1], subject)
    for name in (parameter.name for parameter in parameters):
        if name not in names:
            if name not in around.bindings:
                raise MissingName(name, "is an argument without a value in the file")
            names[name] = revived(around.bindings[name], name)
    return names


def _written(
    layer: Mapping[str, Json], name: str, nodes: list[Json], given: list[Tensor], outputs: list[Tensor], around: Surroundings
) -> dict[str, Json]:
    major, minor = around.release.split(".")[:2]
    flat = (int(major), int(minor)) >= FLAT_SINCE
    starts, ends = [reference(tensor) for tensor in given], [reference(tensor) for tensor in outputs]
    config = {
        "name": name,
        "trainable": True,
        "layers": nodes,
        "input_layers": starts[0] if len(starts) == 1 and flat and not around.listed else starts,
        "output_layers": ends[0] if len(ends) == 1 and flat else ends,
    }
    found = {"module": "keras.src.models.functional", "class_name": "Functional", "config": config, "registered_name": "Functional"}
    for key in ("name", "inbound_nodes"):
        if key in layer:
            found[key] = layer[key]
    return found
