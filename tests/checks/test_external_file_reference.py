from __future__ import annotations

import pytest

from kdoctor.custom.custom_objects import check_settings
from kdoctor.edit import apply
from kdoctor.target import Given, Target
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


@pytest.mark.parametrize(("class_name", "told"), [("StringLookup", ["a", "b"]), ("IntegerLookup", [3, 5]), ("TextVectorization", ["a"])])
@pytest.mark.parametrize("called", ["words", ""])
def test_the_words_that_the_user_gives_are_written_into_the_file(class_name: str, told: list[str | int], called: str) -> None:
    sick = model(layer(class_name, name="words", vocabulary="/home/someone/words.txt"))
    (asked,) = examine("K803", sick)
    assert [(need.flag, need.name) for need in asked.needs] == [("--set", "words.vocabulary=[…]")]
    given = Target("3.15.1", given=Given(settings={(called or class_name, "vocabulary"): told}))
    check_settings(sick, given)
    (finding,) = examine("K803", sick, given)
    assert finding.repair is not None
    cured = apply(sick, finding.repair.edits)
    assert cured.config["config"]["layers"][0]["config"]["vocabulary"] == told
    assert examine("K803", cured, given) == []


def test_words_that_have_weights_elsewhere_are_not_asked_for() -> None:
    sick = model(layer("StringLookup", name="words", vocabulary="words.txt", output_mode="tf_idf"))
    (finding,) = examine("K803", sick, Target("3.15.1", given=Given(settings={("words", "vocabulary"): ["a"]})))
    assert finding.repair is None
    assert [need.flag for need in finding.needs] == ["FILE"]
