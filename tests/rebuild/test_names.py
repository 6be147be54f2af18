"""Names of a file as identifiers."""

from __future__ import annotations

import keyword

import pytest

from kdoctor.rebuild.names import Scope, identifier

NAMES = ["dense", "my layer-1", "1st", "class", "übel", "", "__", "a/b", "x; import os", "print", "model", "keras", "match", "x" * 500]


@pytest.mark.parametrize("name", NAMES)
def test_any_name_becomes_a_variable(name: str) -> None:
    found = Scope().variable(name)
    assert found.isidentifier()
    assert found.isascii()
    assert not keyword.iskeyword(found)
    assert found not in ("print", "model", "keras")


def test_names_stay_readable() -> None:
    assert identifier("block1_conv2") == "block1_conv2"
    assert identifier("EncoderBlock") == "encoder_block"


def test_no_name_is_given_twice_and_none_is_that_of_a_function() -> None:
    scope = Scope(["taken"])
    assert [scope.variable("a b"), scope.variable("a-b"), scope.variable("taken")] == ["a_b", "a_b_1", "taken_1"]
    assert scope.variable("build_model") == "build_model_layer"
