"""The words of lookup layers in their configs: where an ``.h5`` and Keras 2 look for them, which know nothing of an archive's assets."""

from __future__ import annotations

from collections.abc import Mapping

from kdoctor.document import ABSENT, Document
from kdoctor.edit import Edit, apply
from kdoctor.structure.lookups import WORDS, as_words, learns_words, weighs_words
from kdoctor.weights.claims import Claim, claims


def with_stated_words(document: Document, words: Mapping[str, tuple[str, ...]]) -> Document:
    """The document, whose layers state their words themselves; ``words`` by the places of the layers, as ``layers/string_lookup``.

    The special tokens stand in front, as in the asset: ``set_vocabulary`` knows them by that. The document itself where a layer's words
    are not among them, weigh something (``tf_idf``), or are no numbers where they must be.
    """
    rows = [claim for claim in claims(document) if learns_words(claim.node)]
    if not rows or any(claim.place not in words or weighs_words(claim.node) for claim in rows):
        return document
    try:
        stated = apply(document, [_stated(claim, words[claim.place]) for claim in rows])
    except ValueError:
        return document
    kept = {
        key: member for key, member in document.members.items() if member.role != "asset" or not member.name.endswith("/vocabulary.txt")
    }
    return stated.replacing({**stated.parts, "members": kept})


def _stated(claim: Claim, lines: tuple[str, ...]) -> Edit:
    old = claim.node.config.get(WORDS, ABSENT)
    return Edit(claim.node.at / "config" / WORDS, old=old, new=as_words(claim.node, lines))
