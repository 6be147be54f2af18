"""Lengths that the inputs of a model leave open, and the layers that they reach: those that are made of them cannot be made.

Run in Keras 3.15.1, 3.0.5 and 2.15 with 45 kinds of layers and 20 chains of them, in archives and in ``.h5`` files.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator
from typing import Final

from kdoctor.graph.shapes import infer_model
from kdoctor.keras_api.einsum import contradicted, told_output
from kdoctor.keras_api.variables.table import is_builtin, variables_of
from kdoctor.keras_api.variables.variable import Shape, Shapes
from kdoctor.pointer import Pointer
from kdoctor.structure.layers import Layer, is_model, layer_nodes
from kdoctor.structure.models import Model
from kdoctor.structure.objects import Node, as_node
from kdoctor.structure.sequential import statements

# Layers whose output is open exactly where `kdoctor.keras_api.output_shapes` says so: of others an open length may be one that is not told.
HANDS_ON: Final = frozenset(
    """
    Activation ActivityRegularization Add AlphaDropout Average BatchNormalization Bidirectional Concatenate Dense Dropout ELU EinsumDense Embedding
    Flatten GRU GaussianDropout GaussianNoise GroupNormalization Identity LSTM LayerNormalization LeakyReLU Masking Maximum Minimum Multiply PReLU
    Permute RNN ReLU RepeatVector Rescaling Reshape SimpleRNN Softmax SpatialDropout1D SpatialDropout2D SpatialDropout3D SpectralNormalization Subtract
    ThresholdedReLU UnitNormalization
    """.split()  # noqa: SIM905 (a table of names)
    + [f"{kind}{rank}D" for kind in ("Conv", "ConvLSTM", "Cropping", "UpSampling", "ZeroPadding") for rank in (1, 2, 3)]
    + [f"{kind}Conv{rank}D" for kind in ("Depthwise", "Separable") for rank in (1, 2)]
    + [f"{scope}{kind}Pooling{rank}D" for scope in ("", "Global") for kind in ("Average", "Max") for rank in (1, 2, 3)]
)
MULTIPLIES: Final = frozenset({"DepthwiseConv1D", "DepthwiseConv2D"})  # the channels of their input, whatever they were built with


def reached(model: Model, *, keras_3: bool = False) -> Iterator[tuple[Layer, Shapes]]:
    """The layers that an open length of the model's own inputs reaches, and what each is called with when Keras makes the model; for Keras 3 those,
    too, that a length reaches which an EinsumDense states as open (`left_open`)."""
    inputs = [layer for layer in model.layers if layer.class_name == "InputLayer" and _is_open(_stated(layer))]
    inputs += left_open(model) if keras_3 else ()
    if not inputs:
        return
    found = infer_model(model.node, own_inputs(model))
    told = {layer.key for layer in model.layers if _is_told(found.outputs.get(layer.at, ()))} if keras_3 else set()
    calls = found.calls
    for layer in _behind(model, inputs, told):
        given = next((shapes for shapes in calls.get(layer.at, ()) if shapes and any(map(_is_open, shapes))), ())
        if given and None not in given:
            yield layer, given


def left_open(model: Model) -> list[Layer]:
    """The layers that state a length of their output as None, whatever their input has: Keras 3 takes them at their word (run in 3.0.5 and 3.15.1)."""
    return [layer for layer in model.layers if layer.class_name == "EinsumDense" and is_builtin(layer.node) and _states_open(layer.node)]


def told_lengths(model: Model) -> dict[Pointer, tuple[int, ...]]:
    """What those that `left_open` finds would state with the lengths of their inputs; empty where one is not told."""
    calls = infer_model(model.node, own_inputs(model)).calls
    found = {layer.at: told_output(layer.node.config, *(calls.get(layer.at, ((None,),))[0][:1] or (None,))) for layer in left_open(model)}
    told = {at: lengths for at, lengths in found.items() if lengths is not None}
    return told if len(told) == len(found) else {}


def _states_open(node: Node) -> bool:
    stated = node.config.get("output_shape")
    return isinstance(stated, list) and None in stated


def own_inputs(model: Model) -> Shapes:
    """The shapes that a model's InputLayers state, in the order of its inputs: it is made of them, whatever else states a shape."""
    stated = {layer.key: _stated(layer) for layer in model.layers if layer.class_name == "InputLayer"}
    return tuple(stated.get(source.layer) for source in model.endpoints("input_layers")) if model.functional else tuple(stated.values())[:1]


def undetermined(node: Node, shapes: Shapes, *, built: bool) -> str | None:
    """What of a layer an open length leaves undetermined, if anything; ``built``: Keras has made its variables before."""
    if not is_builtin(node):
        return None
    if node.class_name == "TimeDistributed":
        inside = as_node(node.config.get("layer"), node.at / "config" / "layer")
        steps = tuple(shape if shape is None else (*shape[:1], *shape[2:]) for shape in shapes)
        return None if inside is None else undetermined(inside, steps, built=built)
    if node.class_name in MULTIPLIES and _channels(node, shapes) is None:
        return "how many channels it makes"
    if built:
        return None
    if node.class_name == "EinsumDense" and (axis := contradicted(node.config, shapes[0] if shapes else None)) is not None:
        return f"its axis {axis!r}, of which it states the length"
    if node.class_name == "Normalization":  # which looks for the lengths of its axes also where the config gives mean and variance
        node = node._replace(config={**node.config, "mean": None})
    # What is no weight grows with what the layer learned, as the weights of words do, and not with its input.
    lacking = next((one for one in variables_of(node, shapes, _unknown) or () if one.weight and one.shape and None in one.shape), None)
    return None if lacking is None else f"how large its {lacking.role} is"


def _behind(model: Model, inputs: list[Layer], told: Collection[str]) -> Iterator[Layer]:
    """The layers of which every input is open or one of those ``told``: in Keras 3 a sum of both is open, too, in Keras 2 it is not."""
    if not model.functional:
        yield from _in_row(model, inputs)
        return
    readers: dict[str, list[Layer]] = {}
    waiting: dict[str, set[str]] = {}
    for layer in model.layers:
        sources = {source.layer for source in (layer.calls[0] if layer.calls else ())}
        waiting[layer.key] = sources.difference(told)
        for name in waiting[layer.key]:
            readers.setdefault(name, []).append(layer)
    ready = deque(layer.key for layer in inputs)
    known = {*ready}
    while ready:
        name = ready.popleft()
        for layer in readers.get(name, ()):
            waiting[layer.key].discard(name)
            if waiting[layer.key]:
                continue
            yield layer
            if _hands_on(layer.node) and layer.key not in known:
                ready.append(layer.key)
                known.add(layer.key)


def _in_row(model: Model, inputs: list[Layer]) -> Iterator[Layer]:
    starts = {layer.key for layer in inputs}
    is_open = False
    for layer in model.layers:
        if is_open:
            yield layer
        is_open = layer.key in starts or (is_open and _hands_on(layer.node))


def _hands_on(node: Node) -> bool:
    """Whether an open length of what it returns is one that Keras leaves open, too: of a wrapper or a model, all that is in it."""
    if is_model(node):
        return all(one.class_name == "InputLayer" or _hands_on(one) for one in layer_nodes(node))
    if node.class_name == "TimeDistributed":
        inside = as_node(node.config.get("layer"), node.at / "config" / "layer")
        return inside is not None and _hands_on(inside)
    return node.class_name in HANDS_ON and is_builtin(node)


def _stated(layer: Layer) -> Shape | None:
    return next((one.shape for one in statements(layer.node)), None)


def _is_told(shapes: Shapes) -> bool:
    return bool(shapes) and all(shape is not None and None not in shape[1:] for shape in shapes)


def _is_open(shape: Shape | None) -> bool:
    return shape is not None and None in shape[1:]


def _channels(node: Node, shapes: Shapes) -> int | None:
    shape = shapes[0] if shapes else None
    if shape is None or len(shape) < 3:
        return 0  # another check's business
    return shape[1 if node.config.get("data_format") == "channels_first" else -1]


def _unknown(model: Node, given: Shapes) -> None:
    """A model in a wrapper has layers of its own."""
