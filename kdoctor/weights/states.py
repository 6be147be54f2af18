"""Which arrays of an optimizer are the same ones in two ``.h5`` files, whose names hold names that Keras counted on.

``adam_1/dense_2_kernel_momentum`` here, ``adam/dense_kernel_momentum`` there; what the cell of an LSTM keeps is counted in every one of them
(``Adam/lstm/lstm_cell_1/kernel/m:0``), though the user named the layer.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from kdoctor.document import Document

OPTIMIZER = "optimizer_weights"
Shapes = Mapping[str, tuple[int, ...]]  # by path
COUNT = re.compile(r"_\d+(?=[/_:]|$)")


def listed_states(document: Document) -> list[str]:
    """The paths of an optimizer's arrays in an ``.h5``, in the order in which it lists ``optimizer.variables``."""
    names = document.attributes.get(f"/{OPTIMIZER}", {}).get("weight_names")
    return [f"{OPTIMIZER}/{name}" for name in names] if isinstance(names, list) else []


def same_states(one: Shapes, other: Shapes) -> Iterator[tuple[str, str]]:
    """Two paths each: those of one name but for its counts, where both files have as many; what is left in its order, where that has one shape
    after the other in both."""
    ours, theirs = _by_stem(one), _by_stem(other)
    left: list[str] = []
    rest: list[str] = []
    for stem in dict.fromkeys((*ours, *theirs)):
        first, second = ours.get(stem, []), theirs.get(stem, [])
        both = set(first) & set(second)
        if len(first) == len(second) and len(both) < len(first):
            yield from zip(first, second, strict=True)
            continue
        yield from ((name, name) for name in first if name in both)
        left += [name for name in first if name not in both]
        rest += [name for name in second if name not in both]
    if [one[name] for name in left] == [other[name] for name in rest]:
        yield from zip(left, rest, strict=True)


def _by_stem(names: Iterable[str]) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for name in names:
        found[COUNT.sub("", name)].append(name)
    return found
