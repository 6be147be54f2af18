"""Every layer class of Keras 3.15.1 and the rule for its output: the one place to ask.

Checked against the real thing: tests/keras_api/test_output_shapes.py calls each layer in the installed Keras.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from kdoctor.keras_api.operation import of_keras_3
from kdoctor.keras_api.output_shapes import arrangement, convolution, operations, preprocessing, recurrent
from kdoctor.keras_api.output_shapes.rule import Inner, Rule, same
from kdoctor.keras_api.variables.table import UNREADABLE, WITHOUT, is_builtin
from kdoctor.keras_api.variables.variable import Shapes
from kdoctor.structure.objects import Node

RANKS = (1, 2, 3)
# Of classes that Keras 3 has not.
RETIRED: Final[Mapping[str, Rule]] = MappingProxyType({
    **{f"LocallyConnected{rank}D": convolution.over_space(rank, convolution.convolved, convolution.filters_of) for rank in (1, 2)},
    **dict.fromkeys(("Highway", "ParametricSoftplus", "SReLU"), same),
})  # fmt: skip
RULES: Final[Mapping[str, Rule]] = MappingProxyType({
    "Dense": arrangement.dense,
    "EinsumDense": arrangement.einsum_dense,
    "Embedding": arrangement.embedding,
    "ReversibleEmbedding": arrangement.embedding,
    **{f"Conv{rank}D": convolution.over_space(rank, convolution.convolved, convolution.filters_of) for rank in RANKS},
    **{f"Conv{rank}DTranspose": convolution.over_space(rank, convolution.transposed, convolution.filters_of) for rank in RANKS},
    **{f"DepthwiseConv{rank}D": convolution.over_space(rank, convolution.convolved, convolution.multiplied) for rank in (1, 2)},
    **{f"SeparableConv{rank}D": convolution.over_space(rank, convolution.convolved, convolution.filters_of) for rank in (1, 2)},
    **{f"{kind}Pooling{rank}D": convolution.over_space(rank, convolution.pooled) for rank in RANKS for kind in ("Average", "Max")},
    **{f"Adaptive{kind}Pooling{rank}D": convolution.over_space(rank, convolution.adapted) for rank in RANKS for kind in ("Average", "Max")},
    **{f"Global{kind}Pooling{rank}D": convolution.pooled_away for rank in RANKS for kind in ("Average", "Max")},
    **{f"UpSampling{rank}D": convolution.over_space(rank, convolution.enlarged) for rank in RANKS},
    **{f"ZeroPadding{rank}D": convolution.over_space(rank, convolution.padded) for rank in RANKS},
    **{f"Cropping{rank}D": convolution.over_space(rank, convolution.cropped) for rank in RANKS},
    "Flatten": arrangement.flatten,
    "Reshape": arrangement.reshape,
    "Permute": arrangement.permute,
    "RepeatVector": arrangement.repeat,
    **dict.fromkeys(("Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract"), arrangement.broadcast),
    "Concatenate": arrangement.concatenate,
    "Dot": arrangement.dot,
    "Attention": arrangement.attention,
    "AdditiveAttention": arrangement.attention,
    "MultiHeadAttention": arrangement.multi_head,
    "GroupedQueryAttention": same,
    "GroupQueryAttention": same,
    **dict.fromkeys(("LSTM", "GRU", "SimpleRNN"), recurrent.recurrent),
    "RNN": recurrent.from_cell,
    **{f"ConvLSTM{rank}D": recurrent.convolutional for rank in RANKS},
    "Bidirectional": recurrent.bidirectional,
    "TimeDistributed": recurrent.time_distributed,
    "SpectralNormalization": recurrent.wrapped,
    "CategoryEncoding": preprocessing.category,
    "IntegerLookup": preprocessing.lookup,
    "StringLookup": preprocessing.lookup,
    "Hashing": preprocessing.hashing,
    "HashedCrossing": preprocessing.crossing,
    "Discretization": preprocessing.discretization,
    "TextVectorization": preprocessing.vectorization,
    "MelSpectrogram": preprocessing.mel_spectrogram,
    "STFTSpectrogram": preprocessing.spectrogram,
    **dict.fromkeys(("CenterCrop", "RandomCrop", "Resizing"), arrangement.image),
    **dict.fromkeys(("BatchNormalization", "LayerNormalization", "RMSNormalization", "GroupNormalization", "Normalization", "PReLU"), same),
    **dict.fromkeys(("LayerScale", "CustomScaleLayer"), same),  # of keras.applications: ConvNeXt, InceptionResNetV2
})  # fmt: skip
# What these return is not told by shapes alone, or is more than a tensor.
UNTOLD: Final = frozenset({"InputLayer", "MaxNumBoundingBoxes", "Pipeline", "RandomHeight", "RandomWidth"})


HANDED_ON: Final = WITHOUT - UNTOLD


def outputs_of(node: Node, input_shapes: Shapes, inner: Inner) -> Shapes | None:
    """The shapes of the tensors that a layer or an operation of Keras returns for inputs of these shapes, the batch first.

    inner: asks the same of a layer inside a wrapper. None for a class that is not Keras's own, and where config and inputs do not tell.
    Never raises.
    """
    if not is_builtin(node):
        return None
    rule = operations.rule_of(node) if of_keras_3(node) else _rule_of_layer(node.class_name)
    try:
        return None if rule is None else rule(node, input_shapes, inner)
    except UNREADABLE:
        return None


def _rule_of_layer(class_name: str) -> Rule | None:
    """The rule for a layer; an operation of its name (Dot, Average) is another thing."""
    return RULES.get(class_name, RETIRED.get(class_name, same if class_name in HANDED_ON else None))
