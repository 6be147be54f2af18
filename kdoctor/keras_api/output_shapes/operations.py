"""Output shapes of Keras 3 operations that stand in a graph as nodes: which rule tells which operation's.

Checked against the real thing: tests/translate/test_operations.py calls each operation in the installed Keras.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from kdoctor.keras_api.output_shapes import operation_axes, operation_windows
from kdoctor.keras_api.output_shapes.arrangement import stretched
from kdoctor.keras_api.output_shapes.operands import shapes_of_operands
from kdoctor.keras_api.output_shapes.rule import Inner, Rule, same
from kdoctor.keras_api.variables.variable import Shapes
from kdoctor.structure.objects import Node

ELEMENTWISE: Final = frozenset(
    """
    Abs Absolute Arccos Arccosh Arcsin Arcsinh Arctan Arctanh Cast Ceil Clip Conj Conjugate Cos Cosh Elu Erf Erfinv Exp Exp2 Expm1 Floor
    Gelu HardSigmoid HardSilu HardSwish HardTanh IsFinite IsInf IsNan Isfinite Isinf Isnan LeakyRelu Log Log10 Log1p Log2 LogSigmoid
    LogSoftmax LogicalNot NanToNum Negative OnesLike Reciprocal Relu Relu6 Round Rsqrt Selu Sigmoid Sign Silu Sin Sinh Softmax Softplus
    Softsign Sqrt Square StopGradient Swish Tan Tanh ZerosLike Identity Celu HardShrink SoftShrink Sparsemax Squareplus TanhShrink
    Threshold Normalize Flip Roll Copy FullLike Tril Triu Trunc HSVToRGB RGBToHSV Deg2rad Rad2deg Real Imag
    Angle Erfc Signbit Cbrt Sinc
    """.split()  # noqa: SIM905 (a table of names)
)
PAIRWISE: Final = frozenset(
    """
    Add Arctan2 Divide DivideNoNan Equal FloorDivide Greater GreaterEqual Less LessEqual LogicalAnd LogicalOr LogicalXor Maximum Minimum
    Mod Multiply NotEqual Power Subtract TrueDivide Where Logaddexp Fmod Hypot
    """.split()  # noqa: SIM905 (a table of names)
)
BITWISE: Final = frozenset({"BitwiseAnd", "BitwiseOr", "BitwiseXor", "LeftShift", "RightShift"})
REDUCTIONS: Final = frozenset(
    "All Amax Amin Any Argmax Argmin CountNonzero Logsumexp Max Mean Median Min Norm Prod Std Sum Var".split()  # noqa: SIM905 (a table)
)


def _pairwise(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    known = shapes_of_operands(node, shapes)
    found = known[0]
    for shape in known[1:]:
        found = stretched(found, shape)
    return (found,)


def _bitwise(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    """Keras 3.15.1 tells the first operand's shape, and computes that of both: a graph goes on with it only where they are one."""
    (found,) = _pairwise(node, shapes, inner) or (None,)
    return (found,) if found == shapes_of_operands(node, shapes)[0] else None


RULES: Final[Mapping[str, Rule]] = MappingProxyType({
    **dict.fromkeys(ELEMENTWISE, same),
    **dict.fromkeys(PAIRWISE, _pairwise),
    **dict.fromkeys(BITWISE, _bitwise),
    **dict.fromkeys(("Cumsum", "Cumprod"), operation_axes.along(None)),
    **dict.fromkeys(("Sort", "Argsort"), operation_axes.along(-1)),
    **dict.fromkeys(REDUCTIONS, operation_axes.reduced),
    "Moments": operation_axes.moments,
    "GetItem": operation_axes.item,
    "Reshape": operation_axes.reshaped,
    "Transpose": operation_axes.transposed,
    "ExpandDims": operation_axes.expanded,
    "Squeeze": operation_axes.squeezed,
    "Concatenate": operation_axes.concatenated,
    "Stack": operation_axes.stacked,
    "Unstack": operation_axes.unstacked,
    "Split": operation_axes.split,
    "Pad": operation_axes.padded,
    "Tile": operation_axes.tiled,
    "Repeat": operation_axes.repeated,
    "BroadcastTo": operation_axes.broadcast_to,
    "Take": operation_axes.taken,
    "TakeAlongAxis": operation_axes.taken_along,
    "OneHot": operation_axes.one_hot,
    "TopK": operation_axes.top,
    "Matmul": operation_axes.multiplied,
    "Dot": operation_axes.dotted,
    "Einsum": operation_axes.einsum,
    "Tensordot": operation_axes.tensordot,
    "Resize": operation_windows.resized,
    "RGBToGrayscale": operation_windows.gray,
    "MaxPool": operation_windows.pooled,
    "AveragePool": operation_windows.pooled,
    "DepthToSpace": operation_windows.depth_to_space,
    "SpaceToDepth": operation_windows.space_to_depth,
})  # fmt: skip


def rule_of(node: Node) -> Rule | None:
    return RULES.get(node.class_name)
