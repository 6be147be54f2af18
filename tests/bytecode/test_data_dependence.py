"""Which functions decide by the numbers in their tensors."""

from __future__ import annotations

import marshal
from types import CodeType

import pytest

from kdoctor.bytecode.data_dependence import reason_to_depend
from kdoctor.bytecode.marshal import read_code
from kdoctor.bytecode.source import function_of

DEPENDS = (
    "return x if x > 0 else -x",
    "return [r for r in x]",
    "return x and y",
    "return not x",
    "return 0 < x < 1",
    "s = tf.reduce_sum(x)\n    return x if s > 0 else -x",
    "return tf.map_fn(lambda r: r if r > 0 else -r, x)",
    "t = 0\n    for r in x:\n        t = t + r\n    return t",
    "return [r for r in tf.unstack(x) if r > 0]",
)
PLAIN = (
    "return x if y else -x",
    "return x if x.shape[-1] > 3 else -x",
    "return x if len(x.shape) == 3 else -x",
    "return x if x is not None else y",
    "return x if K.int_shape(x)[1] == 2 else -x",
    "return x if isinstance(x, tuple) else -x",
    "return tf.where(x > 0, x, -x)",
    "return tf.concat([r * 2 for r in tf.unstack(x)], 0)",
    "t = 0\n    for i in range(3):\n        t = t + x[i]\n    return t",
    "n = x.shape[1]\n    return x if n > 3 else -x",
    "return tf.cond(tf.reduce_sum(x) > 0, lambda: x, lambda: -x)",
)


def reason(body: str) -> str | None:
    module = compile(f"def f(x, y=True):\n    {body}\n", "train.py", "exec")
    (function,) = (constant for constant in module.co_consts if isinstance(constant, CodeType))
    return reason_to_depend(function_of(read_code(marshal.dumps(function))))


@pytest.mark.parametrize("body", DEPENDS)
def test_a_decision_by_numbers_is_seen(body: str) -> None:
    assert reason(body) in ("a condition on the numbers in a tensor", "a loop over a tensor")


@pytest.mark.parametrize("body", PLAIN)
def test_a_decision_by_shapes_and_by_other_arguments_is_none(body: str) -> None:
    assert reason(body) is None
