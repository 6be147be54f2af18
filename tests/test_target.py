"""Which Keras must load the file."""

from __future__ import annotations

import pytest

from kdoctor.errors import UsageError
from kdoctor.target import Target, parse_target


def parsed(text: str) -> tuple[str, str]:
    target = parse_target(text, installed="3.15.1", newest="2.21.0")
    return target.family, target.release


@pytest.mark.parametrize(
    ("text", "release"),
    [("keras==3.6.0", "3.6.0"), ("3.6.0", "3.6.0"), ("3.6", "3.6"), ("==3.6.0", "3.6.0"), ("keras==2.15.0", "2.15.0")]
    + [(text, "3.15.1") for text in ("installed", "keras", "")],
)
def test_a_target_is_a_release_or_the_installed_one(text: str, release: str) -> None:
    assert parsed(text) == ("keras", release)


@pytest.mark.parametrize(
    ("text", "family", "release"),
    [
        ("tf-keras", "tf-keras", "2.21.0"),
        ("tf_keras==2.18", "tf-keras", "2.18"),
        ("tf.keras==2.11", "tf.keras", "2.11"),
        ("tensorflow==2.4.4", "tf.keras", "2.4.4"),
    ],
)
def test_keras_2_is_published_under_other_names_too(text: str, family: str, release: str) -> None:
    assert parsed(text) == (family, release)
    assert not Target(release, family=family).keras_3


@pytest.mark.parametrize(
    "text",
    ["keras3", "torch==2.0.0", "keras==", "keras==three", "3", "3.6.0.1", "keras>=3.6", "keras==3.6.0rc1", "3.٣", "tf.keras", "tf-keras=="],
)
def test_anything_else_is_refused_with_an_example_of_what_to_write(text: str) -> None:
    with pytest.raises(UsageError, match=r"keras==3\.15\.1"):
        parsed(text)


def test_a_target_prints_as_its_release_and_loads_in_safe_mode() -> None:
    assert str(Target("3.6.0")) == "Keras 3.6.0"
    assert str(Target("2.11", family="tf.keras")) == "tf.keras of TensorFlow 2.11"
    assert Target("3.6.0").safe_mode


def test_releases_compare_by_number() -> None:
    assert Target("3.9.2").minor < Target("3.15.1").minor
