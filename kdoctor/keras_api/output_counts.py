"""Layers that return one tensor, whatever they are told: of any other output of theirs a file can only be wrong.

Read in the ``call`` methods of Keras 2.15 and 3.0.5 to 3.15.1. Layers are left out that return what they are given (Dropout, Identity,
an image with its boxes), states or scores beside it, or what their user says.
"""

from __future__ import annotations

from typing import Final

from kdoctor.keras_api.variables.table import is_builtin
from kdoctor.structure.objects import Node

SINGLE: Final = frozenset(
    """
    InputLayer Dense EinsumDense Embedding Flatten Reshape Permute RepeatVector Add Subtract Multiply Average Maximum Minimum Concatenate Dot
    Conv1D Conv2D Conv3D Conv1DTranspose Conv2DTranspose Conv3DTranspose DepthwiseConv1D DepthwiseConv2D SeparableConv1D SeparableConv2D
    MaxPooling1D MaxPooling2D MaxPooling3D AveragePooling1D AveragePooling2D AveragePooling3D GlobalMaxPooling1D GlobalMaxPooling2D
    GlobalMaxPooling3D GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D BatchNormalization LayerNormalization
    GroupNormalization Normalization ZeroPadding1D ZeroPadding2D ZeroPadding3D Cropping1D Cropping2D Cropping3D UpSampling1D UpSampling2D
    UpSampling3D ReLU LeakyReLU PReLU ELU Softmax
    """.split()  # noqa: SIM905 (a table of names)
)
RECURRENT: Final = frozenset({"LSTM", "GRU", "SimpleRNN", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"})  # and their states, where told to


def returns_one(layer: Node) -> bool:
    """Whether each call of the layer returns one tensor alone."""
    alone = layer.class_name in SINGLE or (layer.class_name in RECURRENT and not layer.config.get("return_state"))
    return alone and is_builtin(layer)
