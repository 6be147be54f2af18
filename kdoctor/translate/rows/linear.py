"""Products of matrices and of batches of them."""

from __future__ import annotations

from kdoctor.translate.dtype_names import is_float
from kdoctor.translate.graph import Graph
from kdoctor.translate.rows.words import Row, Rows, array, beside, flag, operand, refuse_narrow, tensor, whole
from kdoctor.translate.values import Tensor, Untranslatable, Value


def matmul(
    g: Graph, a: Value, b: Value, transpose_a: Value = False, transpose_b: Value = False, adjoint_a: Value = False, adjoint_b: Value = False
) -> Value:
    dtype = beside(a, b)
    left, right = operand(g, a, dtype), operand(g, b, dtype)
    if flag(transpose_a) or flag(adjoint_a):
        left = _turned(g, left)
    if flag(transpose_b) or flag(adjoint_b):
        right = _turned(g, right)
    return g("Matmul", left, right)


def _turned(g: Graph, x: Value) -> Value:
    """The last two axes exchanged."""
    rank = x.rank if isinstance(x, Tensor) else len(array(x).shape)
    if rank < 2:
        raise Untranslatable("a vector turned")
    return g("Transpose", x, axes=[*range(rank - 2), rank - 1, rank - 2])


def dot(g: Graph, x: Value, y: Value) -> Value:
    """Keras's dot: the last axis of one with the last but one of the other, as numpy has it, for more than two axes too."""
    dtype = beside(x, y)
    left, right = operand(g, x, dtype), operand(g, y, dtype)
    ranks = [each.rank if isinstance(each, Tensor) else len(array(each).shape) for each in (left, right)]
    if ranks[1] == 2 and ranks[0] >= 2:
        return g("Matmul", left, right)
    if min(ranks) < 1:
        return g("Multiply", left, right)
    return g("Tensordot", left, right, axes=[[ranks[0] - 1], [max(ranks[1] - 2, 0)]])


def batch_dot(g: Graph, x: Value, y: Value, axes: Value = None) -> Value:
    """One product for each of the batch; the axes that are summed over may be said."""
    left, right = tensor(x), tensor(y)
    if left.rank < 2 or right.rank < 2:
        raise Untranslatable("batch_dot of tensors without features")
    if axes is None:
        axes = (left.rank - 1, right.rank - 1 if right.rank == 2 else right.rank - 2)
    pair = [axes, axes] if isinstance(axes, int) else list(axes)
    first, second = whole(pair[0]) % left.rank, whole(pair[1]) % right.rank
    if 0 in (first, second):
        raise Untranslatable("batch_dot along the batch")
    letters = [chr(ord("b") + index) for index in range(left.rank - 1)]
    one = ["a", *letters]
    other = ["a", *(chr(ord("n") + index) for index in range(right.rank - 1))]
    other[second] = one[first]
    kept = [letter for place, letter in enumerate(one) if place != first] + [
        letter for place, letter in enumerate(other) if place not in (0, second)
    ]
    found = g("Einsum", left, right, subscripts=f"{''.join(one)},{''.join(other)}->{''.join(kept)}")
    return g("ExpandDims", found, axis=1) if len(kept) == 1 else found


def tensordot(g: Graph, a: Value, b: Value, axes: Value) -> Value:
    from kdoctor.translate.rows.words import axes as plain

    dtype = beside(a, b)
    left, right = operand(g, a, dtype), operand(g, b, dtype)
    if hasattr(axes, "tolist"):
        axes = axes.tolist()
    if isinstance(axes, int):
        return g("Tensordot", left, right, axes=axes)
    each = [plain([axis] if isinstance(axis, int) else axis) for axis in axes]
    return g("Tensordot", left, right, axes=each)


def einsum(g: Graph, equation: Value, *inputs: Value, **kwargs: Value) -> Value:
    if not isinstance(equation, str) or kwargs:
        raise Untranslatable("einsum with more than an equation and tensors")
    given = list(inputs[0]) if len(inputs) == 1 and isinstance(inputs[0], (list, tuple)) else list(inputs)
    dtype = beside(*given)
    return g("Einsum", *(operand(g, each, dtype) for each in given), subscripts=equation.replace(" ", ""))


def diag_part(g: Graph, input: Value) -> Value:
    x = tensor(input)
    return g("Diagonal", x, offset=0, axis1=x.rank - 2, axis2=x.rank - 1)


def diag(g: Graph, diagonal: Value) -> Value:
    """The numbers of the last axis down the diagonal of matrices, and zeros: not products with zeros, which infinity survives."""
    import numpy

    x = tensor(diagonal)
    length = x.lengths[-1]
    if length is None or length > 300:
        raise Untranslatable("a diagonal of unknown length, or a long one")
    return g("Where", numpy.eye(length, dtype=bool), g("ExpandDims", x, axis=-1), g("ZerosLike", g("ExpandDims", x, axis=-1)))


def single(operation: str) -> Row:
    """An operation on matrices of floats."""

    def row(g: Graph, input: Value, adjoint: Value = False) -> Value:
        if not is_float(tensor(input).dtype) or flag(adjoint):
            raise Untranslatable(f"{operation.lower()} of whole numbers, or of matrices turned")
        return g(operation, input)

    return row


def trace(g: Graph, x: Value) -> Value:
    refuse_narrow(x, "sums")
    return g("Sum", diag_part(g, x), axis=-1, keepdims=False)


def xw_plus_b(g: Graph, x: Value, weights: Value, biases: Value) -> Value:
    return g("Add", matmul(g, x, weights), operand(g, biases, beside(x)))


def matvec(g: Graph, a: Value, b: Value) -> Value:
    return g("Squeeze", matmul(g, a, g("ExpandDims", tensor(b), axis=-1)), axis=-1)


ROWS: Rows = {
    "tf.matmul": matmul, "tf.linalg.matmul": matmul, "tf.batch_matmul": matmul, "op.matmul": matmul, "K.dot": dot, "K.batch_dot": batch_dot,
    "tf.tensordot": tensordot, "tf.linalg.tensordot": tensordot, "tf.einsum": einsum, "tf.linalg.einsum": einsum,
    "tf.linalg.diag_part": diag_part, "tf.linalg.trace": trace, "tf.trace": trace, "tf.linalg.matvec": matvec,
    "tf.nn.xw_plus_b": xw_plus_b, "tf.linalg.diag": diag, "tf.matrix_diag": diag,
    "tf.linalg.det": single("Det"), "tf.linalg.inv": single("Inv"), "tf.matrix_inverse": single("Inv"),
}  # fmt: skip
