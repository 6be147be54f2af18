"""The words of lookup layers in two files: one may state them in a config, the other keep them beside it, or have lost them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from kdoctor.document import Document, Json
from kdoctor.structure.lookups import LOOKUPS, NUMBERS, WORDS
from kdoctor.structure.objects import Node
from kdoctor.weights.claims import claims
from kdoctor.weights.pairing import Pairing

Learned = Mapping[str, tuple[str, ...]]  # the place of a layer, as ``layers/string_lookup`` -> the lines of its asset

# What stands before the words when nothing else is said (IndexLookup, StringLookup, IntegerLookup and TextVectorization of 3.15.1 and 2.15.0).
SPECIAL: Final = frozenset({"", "[UNK]"})
OF_NUMBERS: Final = frozenset({"-1"})


class Words(NamedTuple):
    """The layer, and the words on either side; None for a file that has none."""

    place: str
    one: Json
    other: Json


def word_differences(one: Document, other: Document, pairing: Pairing, learned: tuple[Learned, Learned]) -> Iterator[Words]:
    """Lookup layers of both files whose words, or the order of them, are not the same.

    The tokens that stand before the words count for nothing: a layer knows them, whether they are listed or not.
    """
    if not any(layer.class_name in LOOKUPS for layer in pairing.first.values()):
        return
    places = [{claim.node.at: claim.place for claim in claims(document)} for document in (one, other)]
    for name, mine in pairing.first.items():
        its = pairing.second.get(name)
        if its is None or mine.class_name not in LOOKUPS or its.class_name != mine.class_name:
            continue
        left = _words(mine.node, learned[0].get(places[0].get(mine.node.at, "")))
        right = _words(its.node, learned[1].get(places[1].get(its.node.at, "")))
        if left != right:
            yield Words(f"{name}.{WORDS}", left, right)


def _words(node: Node, learned: tuple[str, ...] | None) -> Json:
    """As they are stated, or were learned; a text is the path of a file."""
    said = node.config.get(WORDS)
    found = said if said is not None else None if learned is None else [*learned]
    if not isinstance(found, list):
        return found
    own = {node.config.get("mask_token"), node.config.get("oov_token")}
    special = {str(token) for token in own if isinstance(token, (str, int))} | (OF_NUMBERS if node.class_name == NUMBERS else SPECIAL)
    words = [str(word) for word in found]
    start = next((index for index, word in enumerate(words) if word not in special), len(words))
    return words[start:]
