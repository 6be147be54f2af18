"""Functions that work on each number by itself, and between two arrays."""

from __future__ import annotations

from typing import Final

from kdoctor.translate.dtype_names import is_float, is_whole
from kdoctor.translate.graph import Graph
from kdoctor.translate.rows.lengths import length_as_number
from kdoctor.translate.rows.words import (
    Row,
    Rows,
    array,
    beside,
    dtype_name,
    operand,
    pair,
    refuse_narrow,
    refuse_whole,
    stacked,
    tensor,
    whole,
)
from kdoctor.translate.values import Dim, Tensor, Untranslatable, Value, tensors_in

# Operation -> the names that are exactly it. "tf.x" stands for tf.math.x and tf.compat.v1 as well.
UNARY: Final = {
    "Absolute": "tf.abs K.abs np.abs np.absolute",
    "Negative": "tf.negative tf.neg np.negative",
    "Square": "tf.square K.square np.square",
    "Exp": "tf.exp K.exp np.exp",
    "Expm1": "tf.expm1 np.expm1",
    "Log": "tf.log K.log np.log",
    "Log1p": "tf.log1p np.log1p",
    "Rsqrt": "tf.rsqrt",
    "Reciprocal": "tf.reciprocal",
    "Sign": "tf.sign K.sign np.sign",
    "Floor": "tf.floor np.floor",
    "Ceil": "tf.ceil np.ceil",
    "Sin": "tf.sin K.sin np.sin",
    "Cos": "tf.cos K.cos np.cos",
    "Tan": "tf.tan np.tan",
    "Sinh": "tf.sinh np.sinh",
    "Cosh": "tf.cosh np.cosh",
    "Tanh": "tf.tanh tf.nn.tanh K.tanh np.tanh activations.tanh",
    "Arcsin": "tf.asin np.arcsin",
    "Arccos": "tf.acos np.arccos",
    "Arctan": "tf.atan np.arctan",
    "Arcsinh": "tf.asinh",
    "Arccosh": "tf.acosh",
    "Arctanh": "tf.atanh",
    "Erf": "tf.erf",
    "Erfinv": "tf.erfinv",
    "Sigmoid": "tf.sigmoid tf.nn.sigmoid K.sigmoid activations.sigmoid",
    "LogSigmoid": "tf.log_sigmoid",
    "Softplus": "tf.softplus tf.nn.softplus K.softplus activations.softplus",
    "Softsign": "tf.nn.softsign tf.softsign K.softsign activations.softsign",
    "Relu6": "tf.nn.relu6",
    "Selu": "tf.nn.selu activations.selu",
    "Silu": "activations.swish activations.silu",
    "LogicalNot": "tf.logical_not np.logical_not",
    "Isnan": "tf.is_nan np.isnan",
    "Isinf": "tf.is_inf np.isinf",
    "Isfinite": "tf.is_finite np.isfinite",
    "StopGradient": "tf.stop_gradient K.stop_gradient",
    "ZerosLike": "tf.compat.v1.zeros_like",
}
BINARY: Final = {
    "Add": "tf.add op.add np.add",
    "Subtract": "tf.subtract tf.sub op.sub np.subtract",
    "Multiply": "tf.multiply tf.mul np.multiply tf.scalar_mul",
    "FloorDivide": "tf.floordiv tf.floor_div op.floordiv np.floor_divide",
    "Maximum": "tf.maximum K.maximum np.maximum",
    "Minimum": "tf.minimum K.minimum np.minimum",
    "Equal": "tf.equal K.equal op.eq np.equal",
    "NotEqual": "tf.not_equal K.not_equal op.ne np.not_equal",
    "Greater": "tf.greater K.greater op.gt np.greater",
    "GreaterEqual": "tf.greater_equal K.greater_equal op.ge np.greater_equal",
    "Less": "tf.less K.less op.lt np.less",
    "LessEqual": "tf.less_equal K.less_equal op.le np.less_equal",
    "LogicalAnd": "tf.logical_and np.logical_and",
    "LogicalOr": "tf.logical_or np.logical_or",
    "LogicalXor": "tf.logical_xor np.logical_xor",
    "Arctan2": "np.arctan2",
}
# Operations that Keras does in floats of its own width where TensorFlow stays with the dtype, which must then be a float.
FLOATS_ONLY = frozenset(
    {"Exp", "Expm1", "Log", "Log1p", "Rsqrt", "Reciprocal", "Sigmoid", "Tanh", "Sin", "Cos", "Softplus", "Floor", "Ceil"}
)


def _unary(operation: str) -> Row:
    def row(g: Graph, x: Value) -> Value:
        if operation in FLOATS_ONLY and isinstance(x, Tensor) and is_whole(x.dtype):
            raise Untranslatable(f"{operation} of whole numbers, which TensorFlow refuses")
        return g(operation, operand(g, x, beside(x)))

    return row


def _binary(operation: str) -> Row:
    def row(g: Graph, x: Value, y: Value) -> Value:
        return g(operation, *pair(g, x, y))

    return row


def divide(g: Graph, x: Value, y: Value) -> Value:
    """True division: of whole numbers TensorFlow makes float64, of those of up to 16 bits float32."""
    left, right = pair(g, x, y)
    dtype = beside(left, right)
    if is_whole(dtype):
        wide = "float32" if dtype in ("int8", "uint8", "int16", "uint16") else "float64"
        left, right = (g("Cast", each, dtype=wide) if isinstance(each, Tensor) else each for each in (left, right))
    return g("Divide", left, right)


def old_divide(g: Graph, x: Value, y: Value) -> Value:
    """``tf.div`` divided as Python 2 did: of whole numbers it makes whole numbers."""
    return modulo("FloorDivide")(g, x, y) if is_whole(beside(x, y)) else divide(g, x, y)


def modulo(operation: str) -> Row:
    def row(g: Graph, x: Value, y: Value) -> Value:
        for each in (x, y):
            refuse_narrow(each, "quotients")
        return g(operation, *pair(g, x, y))

    return row


def times(g: Graph, x: Value, y: Value) -> Value:
    """``a * b`` of truth values is no product, and Keras has none for them."""
    if beside(x, y) == "bool":
        raise Untranslatable("a product of truth values")
    return g("Multiply", *pair(g, x, y))


def sqrt(g: Graph, x: Value) -> Value:
    return g("Sqrt", operand(g, x, beside(x)))


def clipped_sqrt(g: Graph, x: Value) -> Value:
    """Keras's backend clips at 0 first."""
    return g("Sqrt", g("Maximum", operand(g, x, beside(x)), 0.0))


def power(g: Graph, x: Value, y: Value) -> Value:
    left, right = pair(g, x, y)
    if isinstance(right, (int, float)) and right == 2 and is_float(beside(left)):
        return g("Square", left)
    return g("Power", left, right)


def round_(g: Graph, x: Value) -> Value:
    return g("Round", operand(g, x, beside(x)))


def cast(g: Graph, x: Value, dtype: Value) -> Value:
    """TensorFlow cuts floats off towards 0 when it makes whole numbers of them, as Keras does on all backends."""
    if isinstance(x, Dim):
        return length_as_number(g, x, dtype_name(dtype))
    return g("Cast", x if isinstance(x, Tensor) else operand(g, x, None), dtype=dtype_name(dtype))


def to(dtype: str) -> Row:
    return lambda g, x: cast(g, x, dtype)


def clip(g: Graph, t: Value, clip_value_min: Value, clip_value_max: Value) -> Value:
    x = tensor(t)
    low, high = (operand(g, bound, x.dtype) for bound in (clip_value_min, clip_value_max))
    if all(isinstance(bound, (int, float)) for bound in (low, high)):
        return g("Clip", x, x_min=low, x_max=high)
    return g("Maximum", g("Minimum", x, high), low)  # in TensorFlow's order, which tells where the lower limit is above the upper one


def backend_clip(g: Graph, x: Value, min_value: Value, max_value: Value) -> Value:
    if isinstance(min_value, (int, float)) and isinstance(max_value, (int, float)) and max_value < min_value:
        max_value = min_value
    if min_value is None and max_value is None:
        raise Untranslatable("clip without limits")
    if max_value is None or max_value == float("inf"):
        return g("Maximum", x, min_value)
    if min_value is None or min_value == -float("inf"):
        return g("Minimum", x, max_value)
    return clip(g, x, min_value, max_value)


def identity(g: Graph, input: Value) -> Value:
    return input


def convert(g: Graph, value: Value, dtype: Value = None, dtype_hint: Value = None) -> Value:
    if dtype is not None:
        return cast(g, value, dtype) if isinstance(value, Tensor) else array(value, dtype_name(dtype))
    return (
        stacked(g, value)
        if isinstance(value, (list, tuple)) and tensors_in(value)
        else value
        if isinstance(value, Tensor)
        else array(value)
    )


def squared_difference(g: Graph, x: Value, y: Value) -> Value:
    return g("Square", g("Subtract", *pair(g, x, y)))


def divide_no_nan(g: Graph, x: Value, y: Value) -> Value:
    left, right = pair(g, x, y)
    for each in (left, right):
        refuse_whole(each, "divide_no_nan")
    return g("DivideNoNan", left, right)


def reciprocal_no_nan(g: Graph, x: Value) -> Value:
    refuse_whole(x, "reciprocal_no_nan")
    return g("DivideNoNan", 1.0, tensor(x))


def multiply_no_nan(g: Graph, x: Value, y: Value) -> Value:
    """``x * y``, and 0 wherever y is, whatever x is there."""
    left, right = pair(g, x, y)
    for each in (left, right):
        refuse_whole(each, "multiply_no_nan")
    product = g("Multiply", left, right)
    if isinstance(right, Tensor):
        return g("Where", g("Equal", right, 0.0), g("ZerosLike", product), product)
    if not array(right).all():
        raise Untranslatable("multiply_no_nan with a constant that is 0")
    return product


def accumulate_n(g: Graph, inputs: Value, shape: Value = None, tensor_dtype: Value = None) -> Value:
    return add_n(g, inputs)


def add_n(g: Graph, inputs: Value) -> Value:
    found = inputs[0]
    for each in inputs[1:]:
        found = g("Add", found, each)
    return found


def logical_operator(operation: str) -> Row:
    """``a & b`` means the logical operation for truth values alone."""

    def row(g: Graph, x: Value, y: Value) -> Value:
        if beside(x, y) != "bool":
            raise Untranslatable("a bitwise operation on whole numbers")
        return g(operation, *pair(g, x, y))

    return row


def xlogy(g: Graph, x: Value, y: Value) -> Value:
    """``x * log(y)``, and 0 wherever x is."""
    left, right = pair(g, x, y)
    for each in (left, right):
        refuse_whole(each, "xlogy")
    product = g("Multiply", left, g("Log", right))
    if isinstance(left, Tensor):
        return g("Where", g("Equal", left, 0.0), g("ZerosLike", product), product)
    if not array(left).all():
        raise Untranslatable("xlogy of a constant that is 0")
    return product


def round_to(g: Graph, x: Value, decimals: Value = 0) -> Value:
    return g("Round", x, decimals=whole(decimals))


def backend_pow(g: Graph, x: Value, a: Value) -> Value:
    return power(g, x, a)


ROWS: Rows = {
    **{name: _unary(operation) for operation, names in UNARY.items() for name in names.split()},
    **{name: _binary(operation) for operation, names in BINARY.items() for name in names.split()},
    "tf.truediv": divide, "tf.divide": divide, "tf.div": old_divide, "op.truediv": divide, "tf.realdiv": divide,
    "op.mul": times, "tf.floormod": modulo("Mod"), "tf.mod": modulo("Mod"), "op.mod": modulo("Mod"), "np.mod": modulo("Mod"),
    "tf.sqrt": sqrt, "np.sqrt": sqrt, "K.sqrt": clipped_sqrt,
    "tf.atan2": lambda g, y, x: ROWS["np.arctan2"](g, y, x), "tf.pow": power, "op.pow": power, "K.pow": backend_pow, "np.power": power,
    "tf.round": round_, "K.round": round_,
    "tf.cast": cast, "K.cast": cast, "tf.to_float": to("float32"), "tf.to_int32": to("int32"), "tf.to_double": to("float64"),
    "tf.to_int64": to("int64"),
    "tf.clip_by_value": clip, "K.clip": backend_clip,
    "tf.identity": identity, "K.identity": identity, "tf.convert_to_tensor": convert,
    "tf.squared_difference": squared_difference, "tf.divide_no_nan": divide_no_nan, "tf.add_n": add_n,
    "tf.reciprocal_no_nan": reciprocal_no_nan, "tf.multiply_no_nan": multiply_no_nan, "tf.accumulate_n": accumulate_n,
    "op.and": logical_operator("LogicalAnd"), "op.or": logical_operator("LogicalOr"), "op.xor": logical_operator("LogicalXor"),
    "tf.xlogy": xlogy,
    "op.neg": _unary("Negative"), "op.invert": _unary("LogicalNot"), "op.abs": _unary("Absolute"),
}  # fmt: skip
