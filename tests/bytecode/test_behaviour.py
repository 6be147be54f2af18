"""Boolean logic is where a recovered text can go wrong unseen, so it is run: our own lambdas, never a model's."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable

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


def outcome(text: str, values: tuple[object, ...]) -> tuple[str, list[object]]:
    """What a text gives, and in which order it asks for its values."""
    asked: list[object] = []

    def t(index: int) -> object:
        asked.append(index)
        return values[index]

    def h(left: object, right: object) -> object:
        asked.append(("h", repr(left), repr(right)))
        return right

    function: Callable[[], object] = eval(text, {"t": t, "h": h})
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
