"""Names that a reader takes for others: letters of other alphabets that look like Latin ones, wide letters, letters that cannot be seen."""

from __future__ import annotations

import unicodedata

# Letters that look like Latin ones (a part of Unicode's confusables.txt, 2026-11-21: those that are drawn alike in common fonts).
LOOKS_LIKE = str.maketrans(
    "АВЕЅІЈКМНОРСТУХаеѕіјорсухԁԛԝһ" + "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧο" + "ɡı",
    "ABESIJKMHOPCTYXaesijopcyxdqwh" + "ABEZHIKMNOPTYXo" + "gi",
)
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})  # categories of what has no shape: control and format characters, halves of pairs


def mistaken_for(name: str) -> str | None:
    """What a name looks like, where it is something else; None for an honest one, of whatever alphabet."""
    if name.isascii() and name.isprintable():
        return None
    seen = "".join(letter for letter in name if unicodedata.category(letter) not in UNSEEN)
    looks = unicodedata.normalize("NFKC", seen).translate(LOOKS_LIKE)
    return looks if looks != name and (looks.isascii() or seen != name) else None
