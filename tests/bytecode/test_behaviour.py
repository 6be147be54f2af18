"""Boolean logic is where a recovered text can go wrong unseen, so it is run: our own lambdas, never a model's."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable

import pytest

from kdoctor.bytecode.marshal import read_code
from kdoctor.bytecode.source import source_of

from .fixtures import dumped

LEAVES = ("t(0)", "t(1)", "t(2)", "t(3)")
FORMS: tuple[str, ...] = (
    "({} and {})", "({} or {})", "({} if {} else {})", "(not {})", "({} < {} < {})", "({} is None)", "({} + {})", "h({}, {})", "[i for i in {} if {}]",
)  # fmt: skip


def expression(seeded: random.Random, depth: int) -> str:
    if depth == 0 or seeded.random() < 0.15:
        return seeded.choice(LEAVES)
    form = seeded.choice(FORMS)
    return form.format(*(expression(seeded, depth - 1) for _ in range(form.count("{}"))))


def questions(values: tuple[object, ...]) -> tuple[list[object], dict[str, object]]:
    """Functions ``t`` and ``h`` for a text to call, and the list in which they write down what they were asked."""
    asked: list[object] = []

    def t(index: int) -> object:
        asked.append(index)
        return values[index]

    def h(left: object, right: object) -> object:
        asked.append(("h", repr(left), repr(right)))
        return right

    return asked, {"t": t, "h": h}


def outcome(text: str, values: tuple[object, ...]) -> tuple[str, list[object]]:
    """What a text gives, and in which order it asks for its values."""
    asked, names = questions(values)
    function: Callable[[], object] = eval(text, names)
    try:
        return repr(function()), asked
    except TypeError as error:
        return type(error).__name__, asked


def test_the_recovered_text_computes_the_same_in_the_same_order() -> None:
    seeded = random.Random(7)
    sources = [f"lambda: {expression(seeded, seeded.choice((2, 3, 4)))}" for _ in range(400)]
    found = [(source, source_of(read_code(dumped(source)))) for source in sources]
    followed = [(source, recovered.text) for source, recovered in found if recovered is not None]
    assert len(followed) > 350
    for source, text in followed:
        for values in itertools.product((0, 1), (0, (2,)), (None, 3), ((), 4)):
            assert outcome(text, values) == outcome(source, values), (source, text)


FUNCTIONS = (
    "def f(a, b, c):\n    x = y = t(0)\n    return [x, y, x is y]",
    "def f(a, b, c):\n    a, b = b, a\n    return a, b",
    "def f(a, b, c):\n    a, b = t(0), h(a, t(1))\n    return a, b",
    "def f(a, b, c):\n    a, b, c = t(0), (t(1), a), h(b, t(2)) if t(3) else a\n    return a, b, c",
    "def f(a, b, c):\n    a, b, c = c, a, b\n    return a, b, c",
    "def f(a, b, c):\n    if t(0):\n        a = t(1)\n    else:\n        a = t(2)\n    return a, b",
    "def f(a, b, c):\n    if t(0) and not t(1):\n        a = t(2)\n    return h(a, b)",
    "def f(a, b, c):\n    if t(0):\n        d = 1\n    elif t(1) or t(2):\n        d = 2\n    else:\n        d = h(a, c)\n    return d",
    "def f(a, b, c):\n    h(a, b)\n    t(1)\n    return c",
    "def f(a, b, c):\n    a, *b, c = [t(0), t(1), t(2), t(3), 5]\n    return a, b, c",
    "def f(a, b, c):\n    def inner(y, z=b):\n        return h(y, z)\n    return inner(a) or inner(c, 7)",
    "def f(a, b, c):\n    with tf.name_scope('a'):\n        d = t(0)\n        if t(1):\n            d = c\n        return d",
    "def f(a, b, c):\n    with tf.name_scope('a'):\n        with tf.name_scope('b'):\n            d = t(0)\n        e = t(1)\n    return d, e",
    "def f(a, b, c):\n    return f'{a!r:>{4}}{{}}{t(1)}\\'\"{b}%'",
    "def f(a, b, c):\n    for i in range(3):\n        a = h(a, i)\n    return a, i",
    "def f(a, b, c):\n    d = []\n    for i, j in [(t(0), 1), (2, t(1))]:\n        d.append(h(i, j))\n        for k in range(j):\n            d.extend([k, d[-1]])\n    else:\n        a = d\n    return a, b",
    "def f(a, b, c):\n    for i in range(4):\n        if i == 1 and t(0):\n            continue\n        a = h(a, i) if t(1) else a\n    return a",
    "def f(a, b, c):\n    for i in range(3):\n        if t(0) == i:\n            b = i\n        elif t(1):\n            b = h(b, c)\n        a += i\n    return a, b",
    "def f(a, b, c):\n    return [[i, j] for i in range(3) if t(0) for j in range(i) if j or t(2)]",
)


class Scope:
    """Stands for `tf`."""

    def name_scope(self, name: str) -> Scope:
        return self

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass


def outcome_of_function(text: str, values: tuple[object, ...]) -> tuple[object, list[object]]:
    asked, names = questions(values)
    names["tf"] = Scope()
    exec(text, names)
    function = names["f"]
    assert callable(function)
    return function(1, "b", None), asked


@pytest.mark.parametrize("source", FUNCTIONS)
def test_the_recovered_statements_compute_the_same_in_the_same_order(source: str) -> None:
    recovered = source_of(read_code(dumped(source)))
    assert recovered is not None
    for values in itertools.product((0, 1), (0, 2), (None, 3), (4,)):
        assert outcome_of_function(recovered.text, values) == outcome_of_function(source, values), recovered.text
