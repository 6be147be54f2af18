"""The expression tree of a stored function, where it means one thing for certain."""

from __future__ import annotations

from kdoctor.bytecode.code import MalformedCode
from kdoctor.bytecode.evaluate import evaluate
from kdoctor.bytecode.expression import Function as Tree
from kdoctor.bytecode.literal import Untraceable
from kdoctor.structure.lambdas import Lambda
from kdoctor.translate.values import Untranslatable

# What TensorFlow 2.8 and later wrap around their public functions (python/util/traceback_utils.py): the function within is in no file.
WRAPPERS = ("error_handler", "op_dispatch_handler")


def expression_of(found: Lambda) -> Tree:
    """The function as an expression tree. Raises `Untranslatable` when it cannot be followed for certain."""
    code = found.code
    if code is None:
        raise Untranslatable("its code cannot be read")
    if code.name in WRAPPERS and code.freevars:
        raise Untranslatable("the file keeps what TensorFlow wraps around its functions, and not which function it was")
    try:
        first, *others = (evaluate(code, release) for release in code.python.releases())
    except (Untraceable, MalformedCode) as error:
        raise Untranslatable(f"its code cannot be followed: {error}") from None
    if any(other != first for other in others):
        raise Untranslatable("its code means different things to the Pythons that may have written it")
    if code.python.last < (3, 0):
        _refuse_old_division(first)
    return first


def _refuse_old_division(function: Tree) -> None:
    """In Python 2 the quotient of two whole numbers was one; of a tensor it was TensorFlow's own division."""
    from kdoctor.bytecode.expression import Binary, Constant

    waiting = list(function.children())
    while waiting:
        node = waiting.pop()
        waiting.extend(node.children())
        if isinstance(node, Binary) and node.operator == "/" and isinstance(node.right, Constant) and isinstance(node.right.value, int):
            raise Untranslatable("a division by a whole number in Python 2")
