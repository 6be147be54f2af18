from __future__ import annotations

import marshal

import pytest

from kdoctor.bytecode.evaluate import evaluate
from kdoctor.bytecode.expression import Scope
from kdoctor.bytecode.literal import Untraceable
from kdoctor.bytecode.marshal import read_code
from kdoctor.bytecode.source import Source, source_of

from .fixtures import PYTHONS, compiled_here, dumped, everything, one, recorded


def source_here(source: str, defaults: list[object] | None = None) -> Source | None:
    return source_of(read_code(dumped(source)), defaults)


@pytest.mark.parametrize("python", PYTHONS)
def test_what_was_compiled_is_printed_as_it_was_written(python: str) -> None:
    for each in recorded(python):
        found = source_of(read_code(each.data))
        assert found is not None, each.source
        assert found.text.rstrip() == each.source


def test_every_python_3_gives_the_same_tree_for_the_same_source() -> None:
    """Python 2 divides in another way and has other strings, and its trees say so."""
    trees: dict[str, list[object]] = {}
    for each in (each for each in everything() if each.release >= (3, 0)):
        trees.setdefault(each.source, []).append(evaluate(read_code(each.data), each.release))
    differing = [source for source, found in trees.items() if any(tree != found[0] for tree in found)]
    assert differing == []


def test_the_text_compiles_back_to_the_same_instructions() -> None:
    for source in (
        "lambda x: x[:, -WIDTH:, :]",
        "lambda x: tf.pad(x, [[0, 0], [1, 1]], mode='REFLECT')",
        "lambda x: (x - m) / (s + 1e-07)",
    ):
        found = source_here(source)
        assert found is not None
        assert compiled_here(found.text).co_code == compiled_here(source).co_code


@pytest.mark.parametrize("python", PYTHONS)
def test_every_outside_name_has_its_place_in_the_text(python: str) -> None:
    found = source_of(read_code(one(python, "lambda x: x[:, -CONV_WIDTH:, :]")))
    assert found is not None
    (span,) = found.names
    assert (span.name, span.scope) == ("CONV_WIDTH", Scope.GLOBAL)
    assert found.text[span.start : span.end] == "CONV_WIDTH"
    assert (span.start, span.end) == (16, 26)


def test_captured_names_are_marked_as_such_and_arguments_are_not_marked() -> None:
    found = source_of(read_code(one("3.9", "lambda x: K.map_fn(lambda y: y * scale, x)")))
    assert found is not None
    assert [(span.name, span.scope) for span in found.names] == [("K", Scope.GLOBAL), ("scale", Scope.FREE)]


def test_defaults_from_the_file_stand_in_the_text() -> None:
    found = source_here("lambda x, k, n: x * k", [3, [1, "a"]])
    assert found is not None
    assert found.text == "lambda x, k=3, n=[1, 'a']: x * k"


@pytest.mark.parametrize(
    "source",
    [
        "def f(x):\n    for i in x:\n        if i:\n            g(i)\n    return x",
        "def f(x):\n    for i in x:\n        y = i\n    return [y for y in x if y][0] if g(y := 1) else y",
        "def f(x):\n    for i in x:\n        if i:\n            break\n    return x",
        "def f(x):\n    for i in x:\n        return i\n    return x",
        "def f(x):\n    while x:\n        x = g(x)\n    return x",
        "def f(x):\n    try:\n        return g(x)\n    except KeyError:\n        return x",
        "def f(x):\n    with g(x) as y:\n        return y",
        "def f(x):\n    yield x",
        "async def f(x):\n    return x",
        "def f(x):\n    if x:\n        y = 1\n    return y",
        "def f(x):\n    if x:\n        y, z = 1, 2\n    else:\n        y = 3\n    return y",
        "def f(x):\n    if x:\n        y = 1\n        z = 2\n    else:\n        y = 3\n    return y",
        "def f(x):\n    if x:\n        y = 1\n        return y\n    return x",
        "def f(x):\n    a, a = g(x), h(x)\n    return a",
        "def f(x):\n    (a, b), c = g(x), h(x)\n    return a",
        "def f(x):\n    a[0] = b = g(x)\n    return b",
        "def f(x):\n    def g(y):\n        z = y\n        return z\n    return g(x)",
        "def f(x):\n    with tf.GradientTape():\n        y = x\n    return y",
        "def f(x):\n    with mine.name_scope('a'):\n        y = x\n    return y",
        "def f(x):\n    with tf.name_scope('a') as y:\n        z = x\n    return z",
        "def f(x):\n    global y\n    y = x\n    return x",
        "def f(x):\n    assert x\n    return x",
        "lambda x: (y := g(x)) + y",
        "lambda x: f'{ {1: x} }'",
        "lambda x: f'{(lambda: x)}'",
    ],
)
def test_what_cannot_be_followed_for_certain_is_not_printed(source: str) -> None:
    assert source_here(source) is None


def test_why_it_cannot_be_followed_is_said() -> None:
    code = read_code(dumped("def f(x):\n    yield x"))
    with pytest.raises(Untraceable, match="a generator or coroutine"):
        evaluate(code, code.python.last)


def test_a_text_without_end_is_not_printed() -> None:
    assert source_here("lambda x: " + " + ".join(["x"] * 300)) is None
    assert source_here("lambda x: (" + "y, " * 30_000 + ")") is None


@pytest.mark.parametrize("joint", [" and ", " or ", " < ", " + "])
def test_a_chain_is_printed_when_short_and_refused_when_long(joint: str) -> None:
    short, long = (source_here("lambda x: " + joint.join(["x"] * count)) for count in (12, 90))
    assert short is not None
    assert short.text == "lambda x: " + joint.join(["x"] * 12)
    assert long is None


@pytest.mark.parametrize("joint", [" and ", " < "])
def test_no_chain_overflows_the_stack(joint: str) -> None:
    assert source_here("lambda x: " + joint.join(["x"] * 2000)) is None


def test_a_name_that_is_no_name_is_not_printed() -> None:
    forged = compiled_here("lambda x: CONV_WIDTH").replace(co_names=("CONV WIDTH; import os",))
    assert source_of(read_code(marshal.dumps(forged))) is None
