"""Names that look like others are told from honest ones of every alphabet."""

from __future__ import annotations

import pytest

from kdoctor.security.misleading import mistaken_for


@pytest.mark.parametrize(
    ("name", "looks"),
    [
        ("L\u0430mbda", "Lambda"),  # a Cyrillic letter
        ("\uff2cambda", "Lambda"),  # a wide one
        ("\u039fs", "Os"),  # a Greek one
        ("os\u200b", "os"),  # one that cannot be seen
        ("o\u202es", "os"),  # what turns the direction of writing
        ("os\0", "os"),
        ("\ud800os", "os"),
    ],
)
def test_what_looks_like_another_name_is_named(name: str, looks: str) -> None:
    assert mistaken_for(name) == looks


@pytest.mark.parametrize("name", ["Lambda", "my_package>Layer", "注意力", "Слой", "Überlagerung", "Ube\u0308r", "μTransfer", "σ_loss", ""])
def test_honest_names_of_every_alphabet_are_none(name: str) -> None:
    assert mistaken_for(name) is None
