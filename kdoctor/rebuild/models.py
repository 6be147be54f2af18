"""A model as a function that builds it: Sequential, Functional, and a subclass made from inputs and outputs."""

from __future__ import annotations

from kdoctor.keras_api.operation import of_keras_3
from kdoctor.rebuild.fragments import INDENT, Fragment, Item, call, listing, statement
from kdoctor.rebuild.graph import NotYet, graph_of, is_functional
from kdoctor.rebuild.inputs import as_input
from kdoctor.rebuild.literals import literal
from kdoctor.rebuild.module import Module
from kdoctor.rebuild.names import is_free
from kdoctor.rebuild.objects import quoted_name
from kdoctor.rebuild.shared import layer
from kdoctor.rebuild.vocabularies import vocabulary_lines
from kdoctor.structure.layers import layer_list
from kdoctor.structure.objects import MODELS, Node, as_node

PAD = " " * INDENT
RESULT = "model"
ENDS = (("input_layers", "inputs"), ("output_layers", "outputs"))


def nested(module: Module, model: Node) -> str:
    """Writes the function that builds a nested model; its name."""
    name = module.function_name("build_", str(model.name or model.class_name))
    lines = body(module, model)
    module.definitions.append("\n".join([f"def {name}():", *lines, f"{PAD}return {RESULT}"]))
    return name


def body(module: Module, model: Node) -> list[str]:
    """The statements that assign the model to ``model``."""
    if model.class_name == "Sequential":
        return [*_sequential(module, model), *vocabulary_lines(module, model, RESULT)]
    if is_functional(model):
        return [*_functional(module, model), *vocabulary_lines(module, model, RESULT)]
    module.problem(
        f"{model.class_name} is a model of its author's own class: the file holds its arguments, and nothing of the code that makes its "
        "layers. Only its source rebuilds it",
        model.at,
    )
    return []


def _sequential(module: Module, model: Node) -> list[str]:
    items, at = layer_list(model)
    layers: list[Fragment] = []
    for index, item in enumerate(items):
        node = as_node(item, at / index)
        if node is None or of_keras_3(node):
            module.problem("a Sequential model has something in its list that is no layer", at / index)
        else:
            layers.append(as_input(module, node) if node.class_name == "InputLayer" else layer(module, node))
    name = [quoted_name(model)] if model.name is not None else []
    lines = [statement(f"{RESULT} = ", call("keras.Sequential", [Item(listing(layers)), *name]), INDENT)]
    first = as_node(items[0], at) if items else None
    shape = model.config.get("build_input_shape")
    if isinstance(shape, list) and shape and first is not None and first.class_name != "InputLayer" and not is_functional(first):
        lines.append(statement("", call(f"{RESULT}.build", [Item(literal(shape, "shape"))]), INDENT))
    return lines


def _functional(module: Module, model: Node) -> list[str]:
    graph = graph_of(module, model, [RESULT, *module.foreign])
    graph.write()
    try:
        ends = [Item(graph.endpoints(model.config.get(key)), f"{word}=") for key, word in ENDS]
    except NotYet:
        module.problem(f"{model.name!r} returns a tensor that no layer of it makes", model.at)
        return graph.lines
    items = [*ends, *([quoted_name(model)] if model.name is not None else []), *_frozen(model)]
    return [*graph.lines, statement(f"{RESULT} = ", call(_class(module, model), items), INDENT)]


def _frozen(model: Node) -> list[Item]:
    return [Item(literal(False), "trainable=")] if model.config.get("trainable") is False else []


def _class(module: Module, model: Node) -> str:
    """The class to call: a subclass that Keras restores from inputs and outputs needs its author's methods back, not its layers."""
    if model.class_name in MODELS:
        return "keras.Model"
    name = model.class_name.rpartition(">")[2]
    if not is_free(name):
        module.problem(f"{name!r}: the model's class has no name that Python could use", model.at)
        return "keras.Model"
    if name in module.given:
        module.imports.add(module.given[name])
    else:
        module.stubs[name] = f'class {name}(keras.Model):\n    """Its own methods (train_step and the like) are not in the file."""'
    return name
