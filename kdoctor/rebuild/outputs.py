"""Which of a layer's outputs a connection means: the layer's result itself, or one of several."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kdoctor.document import Json
from kdoctor.keras_api.operation import of_keras_3
from kdoctor.rebuild.fragments import Fragment, Item, call
from kdoctor.rebuild.literals import text
from kdoctor.rebuild.module import Module
from kdoctor.rebuild.objects import resolved
from kdoctor.structure.layers import is_model
from kdoctor.structure.objects import Node, as_node
from kdoctor.structure.sources import as_source

# Operations that return several tensors, however many there are of them.
SEVERAL = frozenset(
    {
        "Split", "ArraySplit", "Unstack", "TopK", "Moments", "Meshgrid", "Modf", "Divmod", "SVD", "Qr", "Eig", "Eigh", "LuFactor", "Slogdet",
        "Histogram", "Frexp", "Nonzero", "RFFT", "FFT", "FFT2", "STFT",
    }
)  # fmt: skip
SCORES = "return_attention_scores"
HELD = ("layer", "cell")  # what a wrapper, or an RNN, takes its outputs from
ONE_STATE = frozenset({"GRUCell", "SimpleRNNCell"})
ANYTHING = frozenset({"Lambda", "TFSMLayer"})  # return what their functions return


def picked(module: Module, node: Node, variable: str, call_number: int, output: int, several: bool) -> str:
    """The expression of one output of a call whose result is in ``variable``. ``several``: something takes another than the first."""
    outputs = node.config.get("output_layers") if isinstance(node.config.get("layers"), list) else None
    if outputs is not None:
        return _of_model(module, node, variable, outputs, output)
    if several or _returns_several(node, call_number):
        return f"{variable}[{output}]"
    return variable


def may_nest(module: Module, node: Node) -> bool:
    """Whether a layer with several outputs may return them as a dict, or as lists in a list: connections count the tensors of all of them."""
    if is_model(node) or of_keras_3(node):
        return False
    if node.class_name in ANYTHING or resolved(module, node) is None:
        return True
    if node.class_name == "StackedRNNCells":
        cells = node.config.get("cells")
        found = [as_node(one, node.at) for one in cells] if isinstance(cells, list) else []
        return not all(one is not None and one.class_name in ONE_STATE and resolved(module, one) is not None for one in found)
    inside = [as_node(node.config.get(key), node.at / "config" / key) for key in HELD]
    return any(one is not None and may_nest(module, one) for one in inside)


def flattened(module: Module, node: Node, result: Fragment) -> Fragment:
    """All tensors of a layer's result in one list, as connections count them."""
    if module.catalogue.resolve("keras.tree", "flatten") is None:
        module.problem(f"{module.target} has no keras.tree, which tells the outputs of {node.name!r} apart", node.at)
    return call("keras.tree.flatten", [Item(result)])


def _of_model(module: Module, node: Node, variable: str, outputs: Json, output: int) -> str:
    """A model returns the structure of its outputs; tensors are counted as Keras flattens it, dicts by their sorted keys."""
    if as_source(outputs) is not None:
        return variable
    paths = list(_paths(outputs))
    if output < len(paths):
        return variable + paths[output]
    module.problem(f"an output {output} of {node.name!r}, which has {len(paths)}", node.at)
    return variable


def _paths(outputs: Json) -> Iterator[str]:
    if as_source(outputs) is not None:
        yield ""
    elif isinstance(outputs, Mapping):
        for key in sorted(outputs, key=str):
            yield from (f"[{text(str(key))}]{inner}" for inner in _paths(outputs[key]))
    elif isinstance(outputs, list):
        for index, item in enumerate(outputs):
            yield from (f"[{index}]{inner}" for inner in _paths(item))


def _returns_several(node: Node, call_number: int) -> bool:
    """Whether the result is a list even where only its first tensor is used: states, attention scores."""
    if node.class_name in SEVERAL or node.config.get("return_state") is True:
        return True
    inner = as_node(node.config.get("layer"), node.at)
    if node.class_name == "Bidirectional" and inner is not None:
        return inner.config.get("return_state") is True
    calls = node.raw.get("inbound_nodes")
    data = calls[call_number] if isinstance(calls, list) and call_number < len(calls) else None
    if isinstance(data, Mapping):
        kwargs = data.get("kwargs")
    else:
        last = data[-1] if isinstance(data, list) and data else None
        kwargs = last[3] if isinstance(last, list) and len(last) > 3 else None
    return isinstance(kwargs, Mapping) and kwargs.get(SCORES) is True
