"""Names in order, whether they fit into memory or not."""

from __future__ import annotations

import random

from kdoctor.scanning.names import SortedNames


def test_names_that_do_not_fit_into_memory_come_back_in_the_same_order() -> None:
    names = [f"{number:03}\n é\udcff.keras" for number in range(500)]
    shuffled = random.Random(7).sample(names, len(names))
    for held in (7, 500, 1000):
        collected = SortedNames(held)
        for name in shuffled:
            collected.add(name)
        assert list(collected) == sorted(names)


def test_no_names_are_no_names() -> None:
    assert list(SortedNames()) == []
