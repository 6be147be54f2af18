"""The dtype of what an operation of Keras 3 returns, as far as a translation needs it."""

from __future__ import annotations

from typing import Final

from kdoctor.document import Json
from kdoctor.translate.dtype_names import ORDER, is_float
from kdoctor.translate.values import Tensor, Value, tensors_in

BOOLEAN: Final = frozenset(
    """
    Equal NotEqual Greater GreaterEqual Less LessEqual LogicalAnd LogicalOr LogicalNot LogicalXor Isfinite Isinf Isnan All Any InTopK AllClose Signbit
    Isclose IsIn Isneginf Isposinf Isreal
    """.split()  # noqa: SIM905 (a table of names)
)
COUNTING: Final = frozenset("Argmax Argmin Argsort CountNonzero Digitize SearchSorted Nanargmax Nanargmin MatrixRank Bincount".split())  # noqa: SIM905 (a table)
# Of whole numbers these make floats of Keras's default width.
FLOATING: Final = frozenset(
    """
    Mean Divide TrueDivide Sqrt Exp Expm1 Log Log1p Log2 Log10 Rsqrt Sin Cos Tan Sinh Cosh Tanh Arccos Arcsin Arctan Arctan2 Sigmoid
    Angle Arccosh Arcsinh Arctanh Average Cbrt Ceil Deg2rad DivideNoNan Exp2 Fabs Floor Heaviside Hypot I0 Ldexp LeakyRelu Logaddexp
    Logaddexp2 Nanmean Nanmedian Nanpercentile Nanquantile Nanstd Nanvar Nextafter PSNR Percentile Quantile Rad2deg Sinc
    Trapezoid
    Softmax LogSoftmax Logsumexp Std Var Median Reciprocal Erf Softplus Elu Selu Gelu Silu Normalize Norm
    """.split()  # noqa: SIM905 (a table of names)
)


def promoted(values: Value) -> str | None:
    """The dtype of an operation between these: Python numbers adapt to the arrays beside them."""
    found: list[str | None] = [tensor.dtype for tensor in tensors_in(values)]
    found += [str(value.dtype) for value in values if hasattr(value, "dtype") and not isinstance(value, Tensor)]
    if None in found or not found:
        return None
    dtype = max((name for name in found if name is not None and name in ORDER), key=ORDER.index, default=None)
    if dtype is not None and ORDER.index(dtype) < ORDER.index("bfloat16") and any(type(value) is float for value in values):
        return "float32"
    return "int32" if dtype == "bool" and any(type(value) is int for value in values) else dtype


def dtype_of(operation: str, config: dict[str, Json], values: list[Value]) -> str | None:
    """What the operation returns; None where that is not known."""
    if operation in BOOLEAN:
        return "bool"
    if operation in COUNTING:
        return "int32"
    stated = config.get("dtype")
    if operation in ("Cast", "FullLike", "OnesLike", "ZerosLike", "OneHot", "Arange", "Full", "SaturateCast") and isinstance(stated, str):
        return stated
    if operation in ("OneHot", "Full"):
        return "float32"
    if operation in ("Take", "TakeAlongAxis", "GetItem", "Pad", "FullLike", "Resize"):
        values = values[:1]
    elif operation == "Where":
        values = values[1:]
    found = promoted(values[0] if len(values) == 1 and isinstance(values[0], (list, tuple)) else values)
    return "float32" if operation in FLOATING and found is not None and not is_float(found) and not found.startswith("complex") else found
