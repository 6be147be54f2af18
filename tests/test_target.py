"""Which Keras must load the file."""

from __future__ import annotations

import pytest

from kdoctor.errors import UsageError
from kdoctor.target import Target, parse_target


@pytest.mark.parametrize(
    ("text", "release"),
    [("keras==3.6.0", "3.6.0"), ("3.6.0", "3.6.0"), ("3.6", "3.6"), ("==3.6.0", "3.6.0")]
    + [(text, "3.15.1") for text in ("installed", "keras", "")],
)
def test_a_target_is_a_release_or_the_installed_one(text: str, release: str) -> None:
    assert parse_target(text, installed="3.15.1") == release


@pytest.mark.parametrize(
    "text", ["keras3", "torch==2.0.0", "keras==", "keras==three", "3", "3.6.0.1", "keras>=3.6", "keras==3.6.0rc1", "3.٣"]
)
def test_anything_else_is_refused_with_an_example_of_what_to_write(text: str) -> None:
    with pytest.raises(UsageError, match=r"keras==3\.15\.1"):
        parse_target(text, installed="3.15.1")


@pytest.mark.parametrize("text", ["keras==2.15.0", "1.2.2"])
def test_releases_before_keras_3_are_refused_honestly(text: str) -> None:
    with pytest.raises(UsageError, match="Keras 3 only"):
        parse_target(text, installed="3.15.1")


def test_a_target_prints_as_its_release_and_loads_in_safe_mode() -> None:
    assert str(Target("3.6.0")) == "Keras 3.6.0"
    assert Target("3.6.0").safe_mode


def test_releases_compare_by_number() -> None:
    assert Target("3.9.2").minor < Target("3.15.1").minor
