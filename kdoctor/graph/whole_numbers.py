"""Tensors of whole numbers where Keras 2 had floats: what IntegerLookup, StringLookup and TextVectorization of Keras 3 make of encoded words.

They say float32 and return int64 (index_lookup.py passes ``_value_dtype`` on, and drops the ``dtype`` of the config), except for ``tf_idf`` and
``int``. Keras 3 casts floats alone for a layer, so each layer computes with whole numbers as it may: most cast them, some hand them on, some
truncate what they compute, some refuse them. Each class was run with int64 and with the same as float32 in Keras 3.15.1 and 3.0.5, those
that differ in 3.2, 3.4 to 3.6 and 3.9 to 3.14, too (2026-11-23).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Final, NamedTuple

from kdoctor.document import Document, Json
from kdoctor.keras_api import habits
from kdoctor.keras_api.habits import Habit
from kdoctor.pointer import Pointer
from kdoctor.structure.layers import Layer
from kdoctor.structure.models import Model, all_models
from kdoctor.structure.objects import Node, as_node
from kdoctor.structure.sources import Source
from kdoctor.target import Target

LOOKUPS: Final = frozenset({"IntegerLookup", "StringLookup", "TextVectorization"})
ENCODED: Final = ("one_hot", "multi_hot", "count", "binary")  # the last is the word of TensorFlow 2.3 to 2.5 for the second
HANDING_ON: Final = frozenset(
    """
    ActivityRegularization AlphaDropout Cropping1D Cropping2D Cropping3D Dropout Flatten GaussianDropout GaussianNoise GlobalMaxPooling1D
    GlobalMaxPooling2D GlobalMaxPooling3D Identity Masking MaxPooling1D MaxPooling2D Permute ReLU RepeatVector Reshape SpatialDropout1D
    SpatialDropout2D SpatialDropout3D UpSampling1D UpSampling2D UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D
    """.split()  # noqa: SIM905 (a table of names)
)
MERGING: Final = frozenset(
    {"Add", "Concatenate", "Dot", "Maximum", "Minimum", "Multiply", "Subtract"}
)  # whole numbers of whole numbers alone
MINDING: Final = frozenset(  # the normalizations truncate what they compute, or their own numbers; the others fail: "Value for attr 'T' of int64 is not in …"
    """
    AdaptiveAveragePooling1D AveragePooling1D AveragePooling2D AveragePooling3D Conv1D Conv1DTranspose Conv2D Conv2DTranspose Conv3D
    Conv3DTranspose ConvLSTM1D ConvLSTM2D DepthwiseConv1D DepthwiseConv2D ELU GroupNormalization MaxPooling3D PReLU RMSNormalization
    SeparableConv1D SeparableConv2D Softmax SpectralNormalization
    """.split()  # noqa: SIM905 (a table of names)
)
BY_RELEASE: Final[Mapping[str, Habit]] = {
    "ActivityRegularization": habits.REGULARIZES_FLOATS_ALONE,
    "BatchNormalization": habits.NORMALIZES_FLOATS_ALONE,
    "LayerNormalization": habits.NORMALIZES_IN_OWN_KIND,
    "UnitNormalization": habits.SCALES_FLOATS_ALONE,
}
KEEPING_ACTIVATIONS: Final = ("linear", "relu", "relu6")  # tuples, which can be asked for any JSON value
MINDING_ACTIVATIONS: Final = (
    "elu",
    "gelu",
    "hard_sigmoid",
    "log_softmax",
    "mish",
    "selu",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "softsign",
    "swish",
)  # others make floats of them, as tanh and exponential


class Way(Enum):
    """What a layer does with whole numbers; ``MINDS``: it computes something else of them than of floats, or nothing."""

    CASTS = 0
    HANDS_ON = 1
    MINDS = 2


class Misread(NamedTuple):
    """A lookup whose whole numbers come to a layer that minds."""

    model: Model
    lookup: Layer
    reader: Layer


def encodes(node: Node) -> bool:
    """Whether the layer returns whole numbers for floats. Sparse tensors are not looked into."""
    return node.class_name in LOOKUPS and node.config.get("output_mode") in ENCODED and not node.config.get("sparse")


def misread(document: Document, target: Target) -> tuple[Misread, ...]:
    """Each such lookup, with the first layer that minds, in the order of the models; those inside wrappers too."""
    models = all_models(document)
    if not any(encodes(layer.node) for model in models for layer in model.layers):
        return ()
    returned: dict[Pointer, frozenset[int]] = {}
    flows: list[_Flow] = []
    for model in reversed(models):  # the inner ones first: what they return goes on in the outer ones
        flow = _Flow(model, returned, target)
        flows.append(flow)
        returned[model.node.at] = flow.returned()
    asked: dict[tuple[Pointer, int], Layer] = {}
    return tuple(found for flow in reversed(flows) for found in flow.misread(asked))


class _Flow:
    """The whole numbers in one model. ``whole``: the tensors of them."""

    def __init__(self, model: Model, inner: Mapping[Pointer, frozenset[int]], target: Target) -> None:
        self.model, self.inner, self.target = model, inner, target
        self.layers = {layer.key: layer for layer in model.layers}
        self.calls = dict(_calls(model))
        self.whole: set[Source] = set()
        self.come: Counter[Source] = Counter()  # for each call, how many of them it is given
        self.minding: list[tuple[Source, Layer]] = []
        self._flood()

    def _flood(self) -> None:
        readers: dict[Source, list[Source]] = defaultdict(list)
        for made, given in self.calls.items():
            for source in given:
                readers[source].append(made)
        queue = [each for made in self.calls for each in self._begun(self.layers[made.layer], made)]
        while queue:
            source = queue.pop()
            if source in self.whole:
                continue
            self.whole.add(source)
            for made in readers[source]:
                self.come[made] += 1
                if self._way(made) is Way.HANDS_ON:
                    queue.append(made)
        for made, given in self.calls.items():
            found = [source for source in given if source in self.whole]
            if found and self._way(made) is Way.MINDS:
                self.minding += [(source, self.layers[made.layer]) for source in found]

    def _begun(self, layer: Layer, made: Source) -> Iterator[Source]:
        if encodes(layer.node):
            yield made
        for index in sorted(self.inner.get(_held(layer.node).at, ())):
            yield made._replace(output=index)

    def _way(self, made: Source) -> Way:
        layer, given = self.layers[made.layer], self.calls[made]
        return way_of(layer.node, self.come[made], len(given), self.target)

    def returned(self) -> frozenset[int]:
        """The outputs of the model, by number, that are whole numbers."""
        if not self.model.functional:
            last = next(reversed(self.calls), None)
            return frozenset({0} if last in self.whole else ())
        return frozenset(number for number, source in enumerate(self.model.endpoints("output_layers")) if source in self.whole)

    def misread(self, asked: dict[tuple[Pointer, int], Layer]) -> Iterator[Misread]:
        """``asked``: the outputs of models that a layer outside of them minds; what this one's layers mind of inner ones is added."""
        ends = self.model.endpoints("output_layers") if self.model.functional else tuple(self.calls)[-1:]
        wanted = [(end, asked[self.model.node.at, number]) for number, end in enumerate(ends) if (self.model.node.at, number) in asked]
        queue, seen = [*reversed(wanted), *reversed(self.minding)], set[Source]()
        while queue:
            source, reader = queue.pop()
            if source in seen or source not in self.whole:
                continue
            seen.add(source)
            layer = self.layers[source.layer]
            if encodes(layer.node):
                yield Misread(self.model, layer, reader)
            elif self.inner.get(_held(layer.node).at):
                asked.setdefault((_held(layer.node).at, source.output), reader)
            else:
                queue += [(given, reader) for given in self.calls.get(source, ())]


def way_of(node: Node, whole: int, given: int, target: Target) -> Way:
    """What a layer of Keras's does with so many tensors of whole numbers among those that it is given; what is not known casts them."""
    name, config = _held(node).class_name, _held(node).config
    if _minds(name, config, whole == given, target):
        return Way.MINDS
    if name == "ReLU" and config.get("negative_slope"):
        return Way.CASTS
    activated = name == "Activation" and config.get("activation") in KEEPING_ACTIVATIONS
    return Way.HANDS_ON if name in HANDING_ON or (name in MERGING and whole == given) or activated else Way.CASTS


def _minds(name: str, config: Mapping[str, Json], only: bool, target: Target) -> bool:
    """``only``: every tensor that the layer is given is one of whole numbers."""
    changed, stop = BY_RELEASE.get(name), config.get("max_value")
    return (
        name in MINDING
        or (changed is not None and changed.of(target))
        or (name == "Attention" and only)
        or (name == "AdditiveAttention" and not only)
        or (name == "Dot" and bool(config.get("normalize")) and habits.SCALES_FLOATS_ALONE.of(target))
        or (name == "Activation" and config.get("activation") in MINDING_ACTIVATIONS)
        or (name == "ReLU" and isinstance(stop, float) and not stop.is_integer())
        or (name == "UpSampling2D" and config.get("interpolation", "nearest") != "nearest")
    )


def _held(node: Node) -> Node:
    """The layer that a TimeDistributed calls for each step, and every other layer itself."""
    inner = as_node(node.config.get("layer"), node.at / "config" / "layer") if node.class_name == "TimeDistributed" else None
    return inner or node


def _calls(model: Model) -> Iterator[tuple[Source, tuple[Source, ...]]]:
    """What each call of a layer returns first, and the tensors it is given; a Sequential's layers follow each other."""
    if model.functional:
        yield from ((Source(layer.key, number, 0), call) for layer in model.layers for number, call in enumerate(layer.calls))
        return
    before: tuple[Source, ...] = ()
    for layer in model.layers if model.node.class_name == "Sequential" else ():
        made = Source(layer.key, 0, 0)
        yield made, before
        before = (made,)
