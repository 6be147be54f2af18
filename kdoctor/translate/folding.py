"""Operations between constants, computed at once: ``K.sqrt(2.0)``, ``tf.constant([1, 2]) * 2``. What comes out stays small."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from kdoctor.translate.values import Untranslatable, Value

MOST_NUMBERS = 100_000
# Operation -> function of numpy that computes the same.
FUNCTIONS: Final[Mapping[str, str]] = MappingProxyType({
    "Add": "add", "Subtract": "subtract", "Multiply": "multiply", "Divide": "true_divide", "TrueDivide": "true_divide",
    "FloorDivide": "floor_divide", "Mod": "mod", "Power": "power", "Negative": "negative", "Absolute": "absolute", "Abs": "absolute",
    "Sqrt": "sqrt", "Square": "square", "Exp": "exp", "Log": "log", "Log1p": "log1p", "Sin": "sin", "Cos": "cos", "Tan": "tan",
    "Tanh": "tanh", "Floor": "floor", "Ceil": "ceil", "Round": "round", "Sign": "sign", "Maximum": "maximum", "Minimum": "minimum",
    "Reshape": "reshape", "Transpose": "transpose", "ExpandDims": "expand_dims", "Squeeze": "squeeze", "Concatenate": "concatenate",
    "Stack": "stack", "Sum": "sum", "Mean": "mean", "Max": "max", "Min": "min", "Prod": "prod", "Flip": "flip", "Matmul": "matmul",
    "Reciprocal": "reciprocal", "Equal": "equal", "NotEqual": "not_equal", "Greater": "greater", "Less": "less",
    "Expm1": "expm1", "Sinh": "sinh", "Cosh": "cosh", "Arcsin": "arcsin", "Arccos": "arccos", "Arctan": "arctan", "Arctan2": "arctan2",
    "Isnan": "isnan", "Isinf": "isinf", "Isfinite": "isfinite", "LogicalNot": "logical_not", "LogicalAnd": "logical_and",
    "LogicalOr": "logical_or", "LogicalXor": "logical_xor",
    "Tril": "tril", "Triu": "triu", "GreaterEqual": "greater_equal", "LessEqual": "less_equal", "Where": "where",
})  # fmt: skip
RENAMED: Final = {"Reshape": {"newshape": None}}


def folded(operation: str, operands: tuple[Value, ...], config: Mapping[str, Value]) -> Value:
    """The constant that comes out. Raises `Untranslatable` for what is not computed here."""
    import numpy

    if operation == "Cast":
        return numpy.asarray(_small(operands[0])).astype(_plain(config["dtype"]))
    if operation == "GetItem":
        key = operands[1]
        return numpy.asarray(_small(operands[0]))[tuple(key) if isinstance(key, list) else key]
    if operation == "Rsqrt":
        return folded("Reciprocal", (folded("Sqrt", operands, {}),), {})
    name = FUNCTIONS.get(operation)
    if name is None:
        raise Untranslatable(f"{operation} of constants")
    function: Callable[..., Any] = getattr(numpy, name)
    named = {key: tuple(value) if isinstance(value, list) else value for key, value in config.items()}
    extra = (named.pop("newshape"),) if operation == "Reshape" else (named.pop("axes", None),) if operation == "Transpose" else ()
    given = [_array(operand) for operand in operands]
    try:
        with numpy.errstate(all="ignore"):
            found = function(*given, *extra, **named)
    except (TypeError, ValueError, LookupError, ArithmeticError) as error:
        raise Untranslatable(f"{operation} of constants: {error}") from None
    return _small(found)


def _array(value: Value) -> Value:
    import numpy

    if isinstance(value, (list, tuple)) and any(isinstance(item, numpy.ndarray) for item in value):
        return [numpy.asarray(item) for item in value]
    return numpy.asarray(_narrow(_small(value)))


def _narrow(value: Value) -> Value:
    """Python numbers are what TensorFlow makes of them: 32 bits wide."""
    import numpy

    found = numpy.asarray(value)
    if hasattr(value, "dtype"):
        return value
    return found.astype({"f": "float32", "i": "int32"}.get(found.dtype.kind, found.dtype))


def _small(value: Value) -> Value:
    import numpy

    try:
        found = numpy.asarray(value)
    except ValueError:
        raise Untranslatable("lists of unequal lengths") from None
    if found.size > MOST_NUMBERS or found.dtype == object:
        raise Untranslatable("a constant that is too large, or holds no numbers")
    return value


def _plain(dtype: Value) -> str:
    if not isinstance(dtype, str):
        raise Untranslatable("a dtype that is not known")
    return dtype
