"""What becomes of an input shape on its way through a stack of layers, as far as configs and stored kernels prove it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

from kdoctor.document import Document
from kdoctor.structure.layers import layer_nodes
from kdoctor.structure.objects import Node, as_node, is_authors
from kdoctor.structure.sequential import Shape, as_shape, features_of, statements
from kdoctor.structure.windows import Unproven, length_of, windowed

KERAS: Final = (None, "keras", "tensorflow", "tf_keras", "keras_core")  # first components of the modules of Keras's own layers
NOISE: Final = ("Dropout", "GaussianNoise", "GaussianDropout", "AlphaDropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D")
ELEMENTWISE: Final = ("Activation", "ReLU", "LeakyReLU", "ELU", "Softmax", "Masking", "ActivityRegularization")
NORMALIZATION: Final = ("LayerNormalization", "BatchNormalization")  # their variables are as long as the axes that they go by
SAME: Final = ("InputLayer", *NOISE, *ELEMENTWISE, "UnitNormalization")
RECURRENT: Final = ("LSTM", "GRU", "SimpleRNN")
RANKED: Final = {"1D": 3, "2D": 4, "3D": 5}


class Clash(NamedTuple):
    """The first layer that cannot take what reaches it, and why; ``features`` is the length of the last axis that its kernel demands."""

    layer: Node
    shape: Shape
    why: str
    features: int | None = None

    def __str__(self) -> str:
        return f"{self.layer.name!r} cannot take {self.shape}: {self.why}"


class Flow(NamedTuple):
    """``clash`` is the first contradiction; ``complete`` says that every layer was followed to the end; ``shape`` is the last one known."""

    shape: Shape
    clash: Clash | None = None
    complete: bool = False


class _Clashes(Exception):
    """Why a layer cannot take a shape."""

    def __init__(self, why: str, features: int | None = None) -> None:
        super().__init__(why)
        self.features = features


def flow(document: Document, layers: Iterable[Node], shape: Shape) -> Flow:
    """Follow a shape (the batch first) through layers in order, up to the first one whose effect is not certain."""
    for layer in layers:
        rule = _rule(layer)
        if rule is None:
            return Flow(shape)
        try:
            shape = rule(document, layer, shape)
        except Unproven:
            return Flow(shape)
        except _Clashes as clash:
            return Flow(shape, Clash(layer, shape, str(clash), clash.features))
    return Flow(shape, complete=True)


def fits(document: Document, layers: Iterable[Node], shape: Shape) -> bool:
    """Whether nothing in the file contradicts this input shape."""
    return flow(document, layers, shape).clash is None


def _rule(layer: Node) -> Rule | None:
    root = None if layer.module is None else layer.module.split(".")[0]
    return RULES.get(layer.class_name) if root in KERAS and not is_authors(layer) else None


def _same(document: Document, layer: Node, shape: Shape) -> Shape:
    return shape


def _normalization(document: Document, layer: Node, shape: Shape) -> Shape:
    axes = layer.config.get("axis", -1)
    built = document.format.native and as_shape(layer.build_config.get("input_shape")) is not None
    for axis in axes if isinstance(axes, list) else [axes]:
        if type(axis) is not int or built:
            continue
        if not -len(shape) <= axis < len(shape):
            raise _Clashes(f"it has no axis {axis}")
        if shape[axis] is None:
            raise _Clashes(f"the length of its axis {axis} must be known")
    return shape


def _dense(document: Document, layer: Node, shape: Shape) -> Shape:
    if len(shape) < 2:
        raise _Clashes("it has no axis for features")
    _need_features(document, layer, shape, -1)
    return (*shape[:-1], length_of(layer, "units"))


def _recurrent(document: Document, layer: Node, shape: Shape) -> Shape:
    _need_rank(shape, 3)
    _need_features(document, layer, shape, -1)
    if layer.config.get("unroll") is True and shape[1] is None:
        raise _Clashes("it is unrolled over a fixed number of steps")
    if layer.config.get("stateful") is True and shape[0] is None:
        raise _Clashes("it keeps its state between batches of a fixed size")
    if layer.config.get("return_state"):
        raise Unproven
    return (shape[0], *(shape[1:2] if layer.config.get("return_sequences") else ()), length_of(layer, "units"))


def _bidirectional(document: Document, layer: Node, shape: Shape) -> Shape:
    inner = as_node(layer.config.get("layer"), layer.at / "config" / "layer")
    if inner is not None and inner.class_name in RECURRENT:  # others, ConvLSTM2D and cells of one's own, take images for steps
        _need_rank(shape, 3)
    *rest, units = _inner(document, layer, shape)
    if layer.config.get("merge_mode") != "concat" or units is None:
        raise Unproven
    return (*rest, 2 * units)


def _time_distributed(document: Document, layer: Node, shape: Shape) -> Shape:
    if len(shape) < 3:
        raise _Clashes("it needs an axis of steps")
    first, *rest = _inner(document, layer, (shape[0], *shape[2:]))
    return (first, shape[1], *rest)


def _inner(document: Document, layer: Node, shape: Shape) -> Shape:
    """What the layer inside a wrapper makes of a shape."""
    inner = as_node(layer.config.get("layer"), layer.at / "config" / "layer")
    return _through(document, (inner,) if inner is not None else (), shape)


def _nested(document: Document, layer: Node, shape: Shape) -> Shape:
    inside = layer_nodes(layer)
    own = _own_shape(document, layer, inside)
    if own is not None and len(own) == len(shape):  # it was put together from its own input, whatever a call leaves open
        shape = tuple(stated if given is None else given for given, stated in zip(shape, own, strict=True))
    return _through(document, inside, shape)


def _own_shape(document: Document, model: Node, inside: Sequence[Node]) -> Shape | None:
    """The input shape that a nested Sequential is put together with, before anything calls it."""
    if inside and inside[0].class_name == "InputLayer":
        return next((statement.shape for statement in statements(inside[0])), None)
    return as_shape(model.build_config.get("input_shape")) if document.format.native else None


def _through(document: Document, inner: Sequence[Node], shape: Shape) -> Shape:
    found = flow(document, inner, shape)
    if found.clash is not None:
        raise _Clashes(f"inside it, {found.clash}", found.clash.features)
    if not found.complete or not inner:
        raise Unproven
    return found.shape


def _embedding(document: Document, layer: Node, shape: Shape) -> Shape:
    return (*shape, length_of(layer, "output_dim"))


def _convolution(document: Document, layer: Node, shape: Shape) -> Shape:
    _need_rank(shape, RANKED[layer.class_name[-2:]])
    first = layer.config.get("data_format") == "channels_first"
    _need_features(document, layer, shape, 1 if first else -1)
    lengths = windowed(layer, shape[2:] if first else shape[1:-1])
    if any(length is not None and length < 1 for length in lengths):
        raise _Clashes("its kernel is larger than the input")
    filters = length_of(layer, "filters")
    return (shape[0], filters, *lengths) if first else (shape[0], *lengths, filters)


def _pooling(document: Document, layer: Node, shape: Shape) -> Shape:
    _need_rank(shape, RANKED[layer.class_name[-2:]])
    first = layer.config.get("data_format") == "channels_first"
    lengths = windowed(layer, shape[2:] if first else shape[1:-1])
    if any(length is not None and length < 1 for length in lengths):
        raise _Clashes("its window is larger than the input")
    return (*shape[:2], *lengths) if first else (shape[0], *lengths, shape[-1])


def _global_pooling(document: Document, layer: Node, shape: Shape) -> Shape:
    _need_rank(shape, RANKED[layer.class_name[-2:]])
    if layer.config.get("keepdims"):
        raise Unproven
    return (shape[0], shape[1] if layer.config.get("data_format") == "channels_first" else shape[-1])


def _flatten(document: Document, layer: Node, shape: Shape) -> Shape:
    product = 1
    for length in shape[1:]:
        if length is None:
            return (shape[0], None)
        product *= length
    return (shape[0], product)


def _need_rank(shape: Shape, rank: int) -> None:
    if len(shape) != rank:
        raise _Clashes(f"it takes {rank} axes, the batch included")


def _need_features(document: Document, layer: Node, shape: Shape, axis: int) -> None:
    features = features_of(document, layer)
    if features is None and shape[axis] is None:
        raise Unproven  # nothing says what Keras would make the kernel for
    if features is None:
        return
    if shape[axis] is None and not _was_built(document, layer, axis, features):
        raise _Clashes("the length of its features axis must be known", features if axis == -1 else None)
    if shape[axis] not in (features, None):
        raise _Clashes(f"its kernel takes {features} features", features if axis == -1 else None)


def _was_built(document: Document, layer: Node, axis: int, features: int) -> bool:
    """Whether a ``.keras`` says what the layer was built with: Keras builds it from that, and then takes an open length (InputSpec)."""
    built = as_shape(layer.build_config.get("input_shape")) if document.format.native else None
    return built is not None and -len(built) <= axis < len(built) and built[axis] == features


Rule: TypeAlias = Callable[[Document, Node, Shape], Shape]
RULES: Final[Mapping[str, Rule]] = {
    **dict.fromkeys(SAME, _same),
    **dict.fromkeys(NORMALIZATION, _normalization),
    "Dense": _dense,
    "Embedding": _embedding,
    "Flatten": _flatten,
    "Bidirectional": _bidirectional,
    "TimeDistributed": _time_distributed,
    "Sequential": _nested,
    **dict.fromkeys(RECURRENT, _recurrent),
    **dict.fromkeys(("Conv1D", "Conv2D", "Conv3D"), _convolution),
    **{f"{kind}Pooling{rank}": _pooling for kind in ("Max", "Average") for rank in RANKED},
    **{f"Global{kind}Pooling{rank}": _global_pooling for kind in ("Max", "Average") for rank in RANKED},
}
