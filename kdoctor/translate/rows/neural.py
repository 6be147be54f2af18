"""Activations, normalisation and pooling: ``tf.nn``, the Keras backends, ``keras.activations``."""

from __future__ import annotations

from kdoctor.translate.dtype_names import is_float
from kdoctor.translate.graph import Graph
from kdoctor.translate.rows.words import Rows, array, axes, flag, number, operand, refuse_whole, tensor, whole
from kdoctor.translate.values import Tensor, Untranslatable, Value

LOCAL_RESPONSE_MOST = 16


def relu(g: Graph, features: Value) -> Value:
    return g("Relu", operand(g, features, None))


def backend_relu(g: Graph, x: Value, alpha: Value = 0.0, max_value: Value = None, threshold: Value = 0.0) -> Value:
    slope, start = number(alpha), number(threshold)
    if slope or max_value is not None:
        refuse_whole(x, "a relu with a slope or a limit")
    if slope and max_value is None and not start:
        return g("LeakyRelu", tensor(x), negative_slope=slope)
    if slope or start:
        return _bent(g, tensor(x), slope, None if max_value is None else float(number(max_value)), start)
    if max_value is None:
        return g("Relu", tensor(x))
    return g("Relu6", tensor(x)) if max_value == 6 else g("Clip", tensor(x), x_min=0.0, x_max=float(number(max_value)))


def _bent(g: Graph, x: Tensor, slope: float, limit: float | None, start: float) -> Value:
    """``slope * (x - start)`` up to the start, x above it, and no more than the limit."""
    if limit is not None and (limit <= 0 or start < 0 or slope < 0):
        raise Untranslatable("a relu with a limit that starts below 0, ends there, or falls")
    refuse_whole(x, "a relu that starts elsewhere")
    below = g("Multiply", g("Subtract", x, start), slope) if slope else g("ZerosLike", x)
    found = g("Where", g("Greater", x, start), x, below)
    return found if limit is None else g("Minimum", found, limit)


def activation_relu(
    g: Graph, x: Value, negative_slope: Value = 0.0, max_value: Value = None, threshold: Value = 0.0, alpha: Value = None
) -> Value:
    """Keras 2 calls the slope alpha."""
    return backend_relu(g, x, negative_slope if alpha is None else alpha, max_value, threshold)


def leaky_relu(g: Graph, features: Value, alpha: Value = 0.2) -> Value:
    refuse_whole(features, "leaky_relu")
    return g("LeakyRelu", tensor(features), negative_slope=number(alpha))


def leaky_relu_3(g: Graph, x: Value, negative_slope: Value = 0.2) -> Value:
    return leaky_relu(g, x, negative_slope)


def elu(g: Graph, x: Value, alpha: Value = 1.0) -> Value:
    return g("Elu", tensor(x), alpha=float(number(alpha)))


def gelu(g: Graph, features: Value, approximate: Value = False) -> Value:
    return g("Gelu", tensor(features), approximate=flag(approximate))


def silu(g: Graph, features: Value, beta: Value = 1.0) -> Value:
    x = tensor(features)
    return g("Silu", x) if beta == 1 else g("Multiply", x, g("Sigmoid", g("Multiply", x, number(beta))))


def softmax(g: Graph, logits: Value, axis: Value = -1) -> Value:
    return g("Softmax", tensor(logits), axis=-1 if axis is None else whole(axis))


def log_softmax(g: Graph, logits: Value, axis: Value = -1) -> Value:
    return g("LogSoftmax", tensor(logits), axis=-1 if axis is None else whole(axis))


def hard_sigmoid(g: Graph, x: Value) -> Value:
    """Up to Keras 2 clip(0.2 x + 0.5, 0, 1); Keras 3 has another function of this name."""
    return g("Clip", g("Add", g("Multiply", tensor(x), 0.2), 0.5), x_min=0.0, x_max=1.0)


def activation_hard_sigmoid(g: Graph, x: Value) -> Value:
    return g("HardSigmoid", tensor(x)) if g.keras_major == 3 else hard_sigmoid(g, x)


def mish(g: Graph, x: Value) -> Value:
    return g("Multiply", tensor(x), g("Tanh", g("Softplus", x)))


def linear(g: Graph, x: Value) -> Value:
    return x


def exponential(g: Graph, x: Value) -> Value:
    return g("Exp", tensor(x))


def crelu(g: Graph, features: Value, axis: Value = -1) -> Value:
    return g("Relu", g("Concatenate", [tensor(features), g("Negative", features)], axis=whole(axis)))


def l2_normalize(g: Graph, x: Value, axis: Value = None, epsilon: Value = 1e-12) -> Value:
    """``x * rsqrt(max(sum(x ** 2), epsilon))``: Keras's own operation takes the limit of the root."""
    given, places = tensor(x), axes(axis)
    squares = g("Sum", g("Square", given), axis=places, keepdims=True)
    return g("Multiply", given, g("Rsqrt", g("Maximum", squares, number(epsilon))))


def bias_add(g: Graph, value: Value, bias: Value, data_format: Value = None) -> Value:
    x = tensor(value)
    if data_format in ("NCHW", "channels_first") and x.rank > 2:
        bias = array(bias).reshape((-1, *(1,) * (x.rank - 2)))
    return g("Add", x, operand(g, bias, x.dtype))


def _sides(value: Value, rank: int, first: bool) -> list[int]:
    """A window's lengths on the axes of space, from the one, two or four numbers that TensorFlow takes."""
    sizes = [whole(item) for item in (value if isinstance(value, (list, tuple)) else [value])]
    if len(sizes) == 1:
        return sizes * rank
    if len(sizes) == rank + 2:
        outer = (sizes[0], sizes[1] if first else sizes[-1])
        if outer != (1, 1):
            raise Untranslatable("a window over the batch or the channels")
        return sizes[2:] if first else sizes[1:-1]
    if len(sizes) != rank:
        raise Untranslatable(f"a window of {len(sizes)} lengths")
    return sizes


def _format(data_format: Value) -> str:
    text = str(data_format or "NHWC")
    if text in ("NHWC", "NWC", "NDHWC", "channels_last"):
        return "channels_last"
    if text in ("NCHW", "NCW", "NCDHW", "channels_first"):
        return "channels_first"
    raise Untranslatable(f"the data format {text}")


def _padding(value: Value) -> str:
    if not isinstance(value, str) or value.lower() not in ("same", "valid"):
        raise Untranslatable("padding that is neither SAME nor VALID")
    return value.lower()


def _pooled(g: Graph, operation: str, given: Value, ksize: Value, strides: Value, padding: Value, data_format: Value) -> Value:
    x, form = tensor(given), _format(data_format)
    first = form == "channels_first"
    sizes = _sides(ksize, x.rank - 2, first)
    steps = sizes if strides is None else _sides(strides, x.rank - 2, first)
    return g(operation, x, pool_size=sizes, strides=steps, padding=_padding(padding), data_format=form)


def average_pool(g: Graph, input: Value, ksize: Value, strides: Value, padding: Value, data_format: Value = None) -> Value:
    return _pooled(g, "AveragePool", input, ksize, strides, padding, data_format)


def maximum_pool(g: Graph, input: Value, ksize: Value, strides: Value, padding: Value, data_format: Value = None) -> Value:
    return _pooled(g, "MaxPool", input, ksize, strides, padding, data_format)


def any_pool(
    g: Graph,
    input: Value,
    window_shape: Value,
    pooling_type: Value,
    strides: Value = None,
    padding: Value = "VALID",
    data_format: Value = None,
) -> Value:
    operation = {"AVG": "AveragePool", "MAX": "MaxPool"}.get(str(pooling_type))
    if operation is None:
        raise Untranslatable(f"pooling of the kind {pooling_type!r:.20}")
    return _pooled(g, operation, input, window_shape, 1 if strides is None else strides, padding, data_format)


def backend_pool(
    g: Graph,
    x: Value,
    pool_size: Value,
    strides: Value = (1, 1),
    padding: Value = "valid",
    data_format: Value = None,
    pool_mode: Value = "max",
) -> Value:
    operation = {"avg": "AveragePool", "max": "MaxPool"}.get(str(pool_mode))
    if operation is None:
        raise Untranslatable(f"pooling of the kind {pool_mode!r:.20}")
    return _pooled(g, operation, x, pool_size, strides, padding, data_format)


def convolution(
    g: Graph, input: Value, filters: Value, strides: Value = 1, padding: Value = "VALID", data_format: Value = None, dilations: Value = None
) -> Value:
    x, form = tensor(input), _format(data_format)
    first = form == "channels_first"
    steps, spread = (_sides(1 if value is None else value, x.rank - 2, first) for value in (strides, dilations))
    kernel = operand(g, filters, x.dtype)
    return g("Conv", x, kernel, strides=steps, padding=_padding(padding), data_format=form, dilation_rate=spread)


def depthwise_convolution(
    g: Graph, input: Value, filter: Value, strides: Value = 1, padding: Value = "VALID", data_format: Value = None, dilations: Value = None
) -> Value:
    x, form = tensor(input), _format(data_format)
    first = form == "channels_first"
    steps, spread = (_sides(1 if value is None else value, x.rank - 2, first) for value in (strides, dilations))
    if len(set(steps)) > 1:
        raise Untranslatable("strides that differ")
    kernel = operand(g, filter, x.dtype)
    return g("DepthwiseConv", x, kernel, strides=steps[0], padding=_padding(padding), data_format=form, dilation_rate=spread)


def local_response(g: Graph, input: Value, depth_radius: Value = 5, bias: Value = 1.0, alpha: Value = 1.0, beta: Value = 0.5) -> Value:
    """``x / (bias + alpha * sum of the squares of the channels around) ** beta``, the sum written out."""
    x, radius = tensor(input), whole(depth_radius)
    channels = x.lengths[-1]
    if x.rank != 4 or channels is None or not 0 <= radius <= LOCAL_RESPONSE_MOST or not is_float(x.dtype):
        raise Untranslatable("local response normalization of an unknown number of channels, or over a wide radius")
    squares = g("Pad", g("Square", x), pad_width=[[0, 0], [0, 0], [0, 0], [radius, radius]])
    total: Tensor | None = None
    for start in range(2 * radius + 1):
        part = g("GetItem", squares, (Ellipsis, slice(start, start + channels)))
        total = part if total is None else g("Add", total, part)
    scale = g("Add", g("Multiply", total, number(alpha)), number(bias))
    return g("Divide", x, g("Power", scale, number(beta)))


def batch_normalization(g: Graph, x: Value, mean: Value, variance: Value, offset: Value, scale: Value, variance_epsilon: Value) -> Value:
    given = tensor(x)
    factor = g("Rsqrt", g("Add", operand(g, variance, given.dtype), number(variance_epsilon)))
    if scale is not None:
        factor = g("Multiply", factor, operand(g, scale, given.dtype))
    found = g("Multiply", g("Subtract", given, operand(g, mean, given.dtype)), factor)
    return found if offset is None else g("Add", found, operand(g, offset, given.dtype))


def dropout(g: Graph, x: Value, *args: Value, **kwargs: Value) -> Value:
    raise Untranslatable("dropout is random; use a Dropout layer")


ROWS: Rows = {
    "tf.nn.relu": relu, "K.relu": backend_relu, "activations.relu": activation_relu,
    "tf.nn.leaky_relu": leaky_relu, "activations.leaky_relu": leaky_relu_3, "tf.nn.elu": elu, "K.elu": elu, "activations.elu": elu,
    "tf.nn.gelu": gelu, "activations.gelu": gelu, "tf.nn.silu": silu, "tf.nn.swish": silu, "tf.nn.crelu": crelu,
    "tf.nn.softmax": softmax, "K.softmax": softmax, "activations.softmax": softmax, "tf.nn.log_softmax": log_softmax,
    "activations.log_softmax": log_softmax, "K.hard_sigmoid": hard_sigmoid, "activations.hard_sigmoid": activation_hard_sigmoid,
    "activations.mish": mish, "activations.linear": linear, "activations.exponential": exponential,
    "tf.l2_normalize": l2_normalize, "tf.nn.l2_normalize": l2_normalize, "K.l2_normalize": lambda g, x, axis=None: l2_normalize(g, x, axis),
    "tf.linalg.l2_normalize": l2_normalize,
    "tf.nn.bias_add": bias_add, "K.bias_add": bias_add, "tf.nn.local_response_normalization": local_response, "tf.nn.lrn": local_response,
    "tf.nn.avg_pool": average_pool, "tf.nn.avg_pool1d": average_pool, "tf.nn.avg_pool2d": average_pool, "tf.nn.avg_pool3d": average_pool,
    "tf.nn.max_pool": maximum_pool, "tf.nn.max_pool1d": maximum_pool, "tf.nn.max_pool2d": maximum_pool, "tf.nn.max_pool3d": maximum_pool,
    "tf.nn.pool": any_pool, "K.pool2d": backend_pool, "tf.nn.conv1d": convolution, "tf.nn.conv2d": convolution,
    "tf.nn.convolution": convolution, "tf.nn.depthwise_conv2d": depthwise_convolution, "tf.nn.batch_normalization": batch_normalization, "tf.nn.dropout": dropout, "K.dropout": dropout,
}  # fmt: skip
