"""How Keras 3 says a class's name in snake case: the stem of a layer's weights, and what a loss or a metric is called by."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

SIGNS: Final = re.compile(r"\W+")
WORD: Final = re.compile("(.)([A-Z][a-z]+)")
HUMP: Final = re.compile("([a-z])([A-Z])")


@lru_cache(maxsize=8192)  # a model has thousands of layers, of few classes
def snake_case(class_name: str) -> str:
    """keras.src.utils.naming.to_snake_case, the same in every release from 3.0 to 3.15."""
    name = WORD.sub(r"\1_\2", SIGNS.sub("", class_name))
    return HUMP.sub(r"\1_\2", name).lower()
