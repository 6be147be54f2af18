"""What Keras's backend alone has: convolutions by its own arguments, the loss of text recognition."""

from __future__ import annotations

from kdoctor.translate.graph import Graph
from kdoctor.translate.rows.neural import convolution, depthwise_convolution
from kdoctor.translate.rows.words import Row, Rows, array, tensor, whole
from kdoctor.translate.values import Tensor, Untranslatable, Value

CTC_SINCE = (2, 2)


def backend_convolution(spatial: int) -> Row:
    def row(
        g: Graph,
        x: Value,
        kernel: Value,
        strides: Value = 1,
        padding: Value = "valid",
        data_format: Value = None,
        dilation_rate: Value = 1,
    ) -> Value:
        given = tensor(x)
        if spatial == 1 and padding == "causal":
            lengths = kernel.lengths if isinstance(kernel, Tensor) else array(kernel).shape
            if data_format == "channels_first":
                raise Untranslatable("a causal convolution with channels first")
            before = _one(dilation_rate) * (whole(lengths[0]) - 1)
            given, padding = g("Pad", given, pad_width=[[0, 0], [before, 0], [0, 0]]), "valid"
        return convolution(g, given, kernel, strides, padding, data_format, dilation_rate)

    return row


def _one(value: Value) -> int:
    return whole(value[0] if isinstance(value, (list, tuple)) else value)


def backend_depthwise(
    g: Graph,
    x: Value,
    depthwise_kernel: Value,
    strides: Value = (1, 1),
    padding: Value = "valid",
    data_format: Value = None,
    dilation_rate: Value = (1, 1),
) -> Value:
    return depthwise_convolution(g, x, depthwise_kernel, strides, padding, data_format, dilation_rate)


def ctc_batch_cost(g: Graph, y_true: Value, y_pred: Value, input_length: Value, label_length: Value) -> Value:
    """Of probabilities, whose logarithm the loss of Keras 3 takes for logits; the last class is the blank."""
    given, classes = tensor(y_pred), tensor(y_pred).lengths[-1]
    if given.dtype != "float32" or classes is None or (g.keras_minor or (0, 0)) < CTC_SINCE:
        raise Untranslatable("the loss of an unknown number of classes, or of a release that added another epsilon")
    steps, letters = (g("Cast", g("Squeeze", tensor(lengths), axis=-1), dtype="int32") for lengths in (input_length, label_length))
    logits = g("Log", g("Add", given, 1e-7))
    found = g("CTCLoss", g("Cast", tensor(y_true), dtype="int32"), logits, letters, steps, mask_index=classes - 1)
    return g("ExpandDims", found, axis=1)


def dtype(g: Graph, x: Value) -> Value:
    found = tensor(x).dtype
    if found is None:
        raise Untranslatable("the dtype is not known")
    return found


ROWS: Rows = {
    "K.conv1d": backend_convolution(1), "K.conv2d": backend_convolution(2), "K.conv3d": backend_convolution(3),
    "K.depthwise_conv2d": backend_depthwise, "K.dtype": dtype, "K.ctc_batch_cost": ctc_batch_cost,
}  # fmt: skip
