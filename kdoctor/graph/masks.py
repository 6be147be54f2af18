"""Where masks go in a Functional model that Keras 2 saved: from an Embedding or a Masking on, through whatever hands them on.

Which classes of Keras 3.15.1 do was read from their ``supports_masking``, ``compute_mask`` and the arguments of their ``call`` (2026-11-21).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from kdoctor.structure.layers import Layer, is_model
from kdoctor.structure.models import Model
from kdoctor.structure.objects import Node
from kdoctor.structure.sources import Source

ONE_BY_ONE: Final = frozenset(
    """Activation ActivityRegularization AlphaDropout BatchNormalization Dense Dropout ELU GaussianDropout GaussianNoise GroupNormalization Identity
    LayerNormalization LeakyReLU Masking MultiHeadAttention Normalization PReLU ReLU Rescaling Softmax SpatialDropout1D SpatialDropout2D
    SpatialDropout3D TimeDistributed UnitNormalization Concatenate""".split()  # noqa: SIM905 (a table)
)
OF_ALL: Final = frozenset({"Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract"})  # where one input has none, there is none
OF_QUERIES: Final = frozenset({"Attention", "AdditiveAttention"})  # of several inputs they hand on the mask of the first
JOINING: Final = frozenset({"Concatenate", "MultiHeadAttention"})  # of what comes with several inputs they make one of their own
RECURRENT: Final = frozenset({"LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional"})
ASKING: Final = RECURRENT | {
    "Attention", "AdditiveAttention", "BatchNormalization", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "GlobalAveragePooling1D",
    "GroupQueryAttention", "GroupedQueryAttention", "MultiHeadAttention", "Softmax", "TimeDistributed",
}  # fmt: skip
TAKING: Final = frozenset({"Lambda"})  # like a model in a model, it is handed the mask that comes, whatever it makes of it


def masked(model: Model) -> Mapping[str, int]:
    """The layers to which masks come, by key, and how many: layers of Keras's own, each called once."""
    begin = [layer for layer in model.layers if makes_mask(layer)]
    return _reached(model, begin) if begin else {}


def behind(model: Model, source: Source) -> tuple[Layer, Source] | None:
    """The layer that makes the mask which comes with a tensor, and the output of it; one that joins masks stands for those. None: no mask."""
    by_key, come, met = {layer.key: layer for layer in model.layers}, masked(model), set[str]()
    while (layer := by_key.get(source.layer)) is not None and layer.key not in met and source.output == 0:
        met.add(layer.key)
        if makes_mask(layer):
            return layer, source
        if layer.key not in come or not hands_on(layer, come[layer.key]):
            return None
        if layer.class_name in OF_ALL or layer.class_name in JOINING:
            return layer, source
        source = layer.calls[0][0]
    return None


def is_asked_for(model: Model, layer: Layer) -> bool:
    """Whether a mask that comes out of this layer gets to one that takes it as an argument."""
    by_key = {one.key: one for one in model.layers}
    return any(by_key[key].class_name in ASKING | TAKING or is_model(by_key[key].node) for key in _reached(model, [layer]))


def takers_of(model: Model) -> Mapping[str, Sequence[Layer]]:
    """The layers of a Functional that take what each makes, by its key: those that are called once."""
    takers: dict[str, list[Layer]] = {}
    for layer in model.layers:
        for source in layer.calls[0] if len(layer.calls) == 1 else ():
            takers.setdefault(source.layer, []).append(layer)
    return takers


def meets(takers: Mapping[str, Sequence[Layer]], layer: Layer, wanted: Callable[[Layer], bool]) -> bool:
    """Whether a mask that a layer hands on comes to such a one. No farther than to the first: of thousands each may be asked for."""
    return any(wanted(one) for one in _flood(takers, [layer], {}))


def reached(model: Model) -> frozenset[str]:
    """The layers to which a mask comes, by key, in a model of either kind: the layers of a Sequential follow each other."""
    if model.functional:
        return frozenset(masked(model))
    found, comes = set(), False
    for layer in model.layers:
        if comes:
            found.add(layer.key)
        comes = makes_mask(layer) or (comes and layer.class_name not in OF_ALL and hands_on(layer, 1))
    return frozenset(found)


def makes_mask(layer: Layer) -> bool:
    """Whether a layer makes a mask of its input."""
    return layer.class_name == "Masking" or bool(layer.node.config.get("mask_zero"))


def _reached(model: Model, begin: list[Layer]) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for _ in _flood(takers_of(model), begin, found):
        pass
    return found


def _flood(takers: Mapping[str, Sequence[Layer]], begin: list[Layer], found: dict[str, int]) -> Iterator[Layer]:
    """The layers to which the mask comes, as often as it does; ``found`` counts that."""
    todo, gone = list(begin), {layer.key for layer in begin}
    while todo:
        for user in takers.get(todo.pop().key, ()):
            found[user.key] = found.get(user.key, 0) + 1
            yield user
            if user.key not in gone and hands_on(user, found[user.key]):
                gone.add(user.key)
                todo.append(user)


def hands_on(layer: Layer, masks: int = 1) -> bool:
    """Whether the mask of the input, or of as many inputs, comes out of a layer."""
    if layer.class_name in RECURRENT:
        return returns_steps(layer)
    return layer.class_name in ONE_BY_ONE or (layer.class_name in OF_ALL and masks == len(layer.calls[0]))


def returns_steps(layer: Layer) -> bool:
    """Whether a recurrent layer, or one in a Bidirectional, returns all steps."""
    return tells_steps(layer.node)


def tells_steps(node: Node) -> bool:
    """The same of the object."""
    held = node.config.get("layer")
    config = held.get("config") if isinstance(held, dict) else node.config
    return isinstance(config, dict) and config.get("return_sequences") is True
