"""Layers that look words up: what they learned stands beside the config of an archive, and nowhere in an ``.h5`` (IndexLookup.save_assets)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kdoctor.document import Json
from kdoctor.structure.objects import Node

NUMBERS: Final = "IntegerLookup"
LOOKUPS: Final = frozenset({"StringLookup", NUMBERS, "TextVectorization"})
WORDS: Final = "vocabulary"


def learns_words(node: Node) -> bool:
    """Whether a layer was given no words, and so has those that it learned."""
    return node.class_name in LOOKUPS and node.at.part == "config" and node.config.get(WORDS) is None


def weighs_words(node: Node) -> bool:
    """Whether every word has a weight, too, which is an array."""
    return node.config.get("output_mode") == "tf_idf"


def as_words(node: Node, lines: Sequence[Json]) -> list[Json]:
    """Lines of a vocabulary, or words that somebody gives, as the layer takes them. Raises `ValueError` where they must be numbers and are not."""
    if node.class_name != NUMBERS:
        return [str(line) for line in lines]
    return [int(line) if isinstance(line, str) else _whole(line) for line in lines]


def _whole(value: Json) -> int:
    if type(value) is not int:
        raise ValueError(f"{value!r} is no whole number")
    return value
