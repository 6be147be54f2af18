"""Functions as people publish them, compiled by every Python (recorded/): one source, one tree, and the tree is what `ast` says of the source."""

from __future__ import annotations

import ast
import base64
import json
import lzma
import operator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from kdoctor.bytecode.code import Code
from kdoctor.bytecode.evaluate import evaluate
from kdoctor.bytecode.literal import Untraceable
from kdoctor.bytecode.marshal import read_code
from kdoctor.bytecode.source import function_of, source_of

from .fixtures import PYTHONS, compiled_here

RECORDED = Path(__file__).parent / "recorded"
PYTHONS_3 = tuple(python for python in PYTHONS if python != "2.7")

# What is not followed, and why: by the name of the function.
REFUSED = {
    "checked": "instruction", "updated": "instruction STORE_SUBSCR", "broken": "stack runs empty|BREAK_LOOP",
    "returning": "stack runs empty|before its end|on one way", "waiting": "a loop",
}  # fmt: skip
# What computes the same and reads otherwise.
TOLD_OTHERWISE = {
    "documented": "def documented(x):\n    return x * 2",
    "typed": "def typed(x, y):\n    return x * y",
    "crop": "def crop(x, width, axis):\n    y = x[:, :width]\n    return K.mean(y, axis=axis)",
    "scoped": "def scoped(x):\n    y = x * 2.0\n    return tf.nn.relu(y)",
    "scoped_twice": "def scoped_twice(x):\n    y = x + 1\n    z = y * y\n    return z",
    "nested": "def nested(x):\n    inner = lambda y: y * x\n    return K.map_fn(inner, x)",
    "several": "def several(x):\n    a = x\n    b = a\n    return a + b",
    "either": "def either(x, flag):\n    y = x * 2 if flag else x * 3\n    return y + 1",
    "early": "def early(x):\n    return K.sum(x, axis=1) if K.ndim(x) == 3 else x",
    "elif_chain": "def elif_chain(x, mode):\n    return K.mean(x, axis=1) if mode == 'avg' else K.max(x, axis=1) if mode == 'max' else x",
    "filled": "def filled(x):\n    parts = []\n    for i in range(4):\n        _ = parts.append(x[:, i])\n    return K.stack(parts, axis=1)",
    "repeated": "def repeated(x):\n    for _ in range(3):\n        x = K.relu(x)\n    return x",
    "skipping": "def skipping(x):\n    for i in range(3):\n        x = x if i == 1 else x + i\n    return x",
    "choosing": "def choosing(x):\n    for i, part in enumerate(x):\n        y = y + part if i else part\n    return y",
    "chosen": "def chosen(x, parts):\n    total = x\n    for part in parts:\n        total = total + part if part else total\n    return total",
    "anonymous": "def anonymous(x):\n    parts = []\n    for _ in range(3):\n        __ = parts.append(x * 2)\n    __ = parts.extend([x, x])\n"
    "    return tf.concat(parts, axis=-1)",
    "with_else": "def with_else(x):\n    for factor in (0.5, 2.0):\n        x = x * factor\n    x = x + 1\n    return x",
    "around_another": "def around_another(x):\n    for i in (1, 2):\n        x = x + sum([i * j for j in range(3)])\n    return x",
    "scoped_loop": "def scoped_loop(x):\n    for i in range(x.shape[1]):\n        x = x + i\n    return x",
    "loud": "def loud(x):\n    _ = print(x.shape)\n    return x",
}
# The defaults of a function are kept beside its code, not in it.
WITHOUT_DEFAULTS = {"lambda x, axis=-1: K.l2_normalize(x, axis=axis)": "lambda x, axis: K.l2_normalize(x, axis=axis)"}
KEYWORD_DEFAULTS = "lambda x, *rest, axis=0, **more: f(x, *rest, axis=axis, **more)"


@cache
def codes(python: str) -> dict[str, Code]:
    """Every source, and the code object that a Python made of it."""
    rows = json.loads(lzma.decompress((RECORDED / f"{python}.json.xz").read_bytes()))
    return {source: read_code(base64.b64decode(data)) for source, data in rows.items()}


def name_of(source: str) -> str:
    return source[4:].split("(")[0] if source.startswith("def ") else ""


def expected(source: str) -> str:
    if source == KEYWORD_DEFAULTS:
        return "lambda x, *rest, axis, **more: f(x, *rest, axis=axis, **more)"
    return TOLD_OTHERWISE.get(name_of(source), WITHOUT_DEFAULTS.get(source, source))


def test_there_are_enough_of_them() -> None:
    lambdas = [source for source in codes("3.11") if source.startswith("lambda")]
    assert len(lambdas) >= 280
    assert all(len(codes(python)) >= 0.97 * len(codes("3.11")) for python in PYTHONS_3)


@pytest.mark.parametrize("python", PYTHONS_3)
def test_the_text_of_every_function_says_what_its_source_says(python: str) -> None:
    differing = {}
    for source, code in codes(python).items():
        if name_of(source) in REFUSED:
            continue
        found = source_of(code)
        if found is None or normal(found.text) != normal(expected(source)):
            differing[source] = None if found is None else found.text
    assert differing == {}


def test_every_python_3_gives_the_same_tree() -> None:
    for source, code in codes("3.6").items():
        if name_of(source) not in REFUSED:
            tree = evaluate(code, (3, 6))
            for python in PYTHONS_3:
                release = tuple(map(int, python.split(".")))
                assert evaluate(codes(python)[source], release) == tree, (source, python)  # type: ignore[arg-type]


def test_python_2_is_read_too() -> None:
    """It has no f-strings, no `{**x}`; its division and its strings are others. What it compiled is told as source."""
    found = codes("2.7")
    assert len(found) > 250
    assert [source for source, code in found.items() if source_of(code) is None and name_of(source) not in REFUSED] == []


@pytest.mark.parametrize("python", PYTHONS_3)
def test_the_right_python_is_among_those_that_may_have_written_it(python: str) -> None:
    release = tuple(map(int, python.split(".")))
    assert [source for source, code in codes(python).items() if release not in code.python] == []


@pytest.mark.parametrize("python", PYTHONS_3)
def test_what_is_not_followed_is_named_with_its_line(python: str) -> None:
    for source, code in codes(python).items():
        if name_of(source) in REFUSED:
            with pytest.raises(Untraceable, match=REFUSED[name_of(source)]) as refused:
                function_of(code)
            assert refused.value.line in range(2, len(source.split("\n")) + 1), source
            assert str(refused.value).endswith(f", in line {refused.value.line}")


def test_what_was_recorded_is_what_this_python_compiles() -> None:
    """The recorded bytes of this Python are of these sources; of a plain lambda they are the very same."""
    import sys

    python = "{}.{}".format(*sys.version_info)
    if python in PYTHONS:
        source = "lambda x: tf.concat([x[0], x[1]], 1)"
        assert codes(python)[source].instructions == compiled_here(source).co_code


OPERATORS = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv, ast.Pow: operator.pow,
    ast.USub: operator.neg,
}  # fmt: skip


class Folded(ast.NodeTransformer):
    """What every compiler does before it writes code: computes with constants, and makes constants of tuples."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.left, ast.Constant) and isinstance(node.right, ast.Constant):
            return ast.Constant(OPERATORS[type(node.op)](node.left.value, node.right.value))
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.operand, ast.Constant) and isinstance(node.op, ast.USub):
            return ast.Constant(-node.operand.value)  # type: ignore[operator]
        return node

    def visit_Tuple(self, node: ast.Tuple) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.ctx, ast.Load) and all(isinstance(item, ast.Constant) for item in node.elts):
            return ast.Constant(tuple(item.value for item in node.elts))  # type: ignore[attr-defined]
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        node.comparators = [_as_tuple(operation, right) for operation, right in zip(node.ops, node.comparators, strict=True)]
        return self.generic_visit(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        self.generic_visit(node)
        node.values = [each for each in node.values if not (isinstance(each, ast.Constant) and each.value == "")]
        return node


def _as_tuple(operation: ast.cmpop, right: Any) -> ast.expr:
    """`x in [1, 2]` looks into a constant tuple."""
    is_list = isinstance(operation, (ast.In, ast.NotIn)) and isinstance(right, ast.List)
    return ast.Tuple(right.elts, ast.Load()) if is_list else right  # type: ignore[no-any-return]


def normal(source: str) -> str:
    return ast.dump(Folded().visit(ast.parse(source)))
