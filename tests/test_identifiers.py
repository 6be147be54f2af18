from __future__ import annotations

import pytest

from kdoctor.identifiers import is_identifier


@pytest.mark.parametrize("text", ["Scale", "_private", "Größe", "层"])
def test_names_of_every_script_are_names(text: str) -> None:
    assert is_identifier(text)


@pytest.mark.parametrize("text", ["lambda", "a.b", "x()", "ｐrint", "", None, "a b", "x\nimport os"])
def test_what_only_looks_like_a_name_is_none(text: object) -> None:
    assert not is_identifier(text)
