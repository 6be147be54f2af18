from __future__ import annotations

import pytest

from kdoctor.testing import examine, layer, model


@pytest.mark.parametrize("class_name", ["StringLookup", "IntegerLookup", "TextVectorization"])
def test_a_vocabulary_by_path_is_named_with_the_path(class_name: str) -> None:
    (finding,) = examine("K803", model(layer(class_name, vocabulary="/home/someone/words.txt")))
    assert "/home/someone/words.txt" in finding.message
    assert finding.needs


def test_a_vocabulary_in_the_file_is_no_offence() -> None:
    assert examine("K803", model(layer("StringLookup", vocabulary=["a", "b"]))) == []


def test_a_vocabulary_of_another_class_is_its_own_business() -> None:
    assert examine("K803", model(layer("MyLookup", module="my_package", vocabulary="words.txt"))) == []
