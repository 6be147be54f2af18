"""Output shapes of Keras 3 operations that stand in a graph as nodes: those that keep or stretch their inputs' shapes."""

from __future__ import annotations

from typing import Final

from kdoctor.keras_api.output_shapes.arrangement import stretched
from kdoctor.keras_api.output_shapes.rule import Inner, Rule, all_known, same
from kdoctor.keras_api.variables.variable import Shapes
from kdoctor.objects import Node

MODULES: Final = ("keras.src.ops", "keras.ops")
ELEMENTWISE: Final = frozenset(
    """
    Abs Absolute Arccos Arccosh Arcsin Arcsinh Arctan Arctanh Cast Ceil Clip Conj Conjugate Cos Cosh Elu Erf Exp Expm1 Floor Gelu
    HardSigmoid HardSilu HardSwish HardTanh IsFinite IsInf IsNan Isfinite Isinf Isnan LeakyRelu Log Log10 Log1p Log2 LogSigmoid LogSoftmax
    LogicalNot NanToNum Negative OnesLike Reciprocal Relu Relu6 Round Rsqrt Selu Sigmoid Sign Silu Sin Sinh Softmax Softplus Softsign Sqrt
    Square StopGradient Swish Tan Tanh ZerosLike Identity
    """.split()  # noqa: SIM905 (a table of names)
)
PAIRWISE: Final = frozenset(
    """
    Add Arctan2 Divide Equal FloorDivide Greater GreaterEqual Less LessEqual LogicalAnd LogicalOr LogicalXor Maximum Minimum Mod Multiply
    NotEqual Power Subtract TrueDivide
    """.split()  # noqa: SIM905 (a table of names)
)


def is_operation(node: Node) -> bool:
    """Whether the object is an operation, which may have the name of a layer (Add)."""
    return node.module is not None and node.module.startswith(MODULES)


def rule_of(node: Node) -> Rule | None:
    return same if node.class_name in ELEMENTWISE else _pairwise if node.class_name in PAIRWISE else None


def _pairwise(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    """With a number in place of a tensor the other one's shape; numbers are no inputs of the graph."""
    known = all_known(shapes)
    return (known[0] if len(known) == 1 else stretched(known[0], known[1]),) if len(known) < 3 else None
