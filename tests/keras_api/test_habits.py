"""What loaders do beside looking classes up, by release."""

from __future__ import annotations

import pytest

from kdoctor.keras_api import habits
from kdoctor.keras_api.habits import Habit
from kdoctor.target import Target

ALL = {name: value for name, value in vars(habits).items() if isinstance(value, Habit)}


def test_a_habit_begins_with_its_first_release_and_ends_before_its_last() -> None:
    habit = Habit((2, 12), (3, 0))
    held = [release for release in ("2.11.0", "2.12.0", "2.15.0", "3.0.0") if habit.of(Target(release))]
    assert held == ["2.12.0", "2.15.0"]


def test_keras_2_has_the_habits_of_its_number_under_every_name() -> None:
    for family, release in (("tf-keras", "2.21.0"), ("tf.keras", "2.11"), ("keras", "2.15.0")):
        assert not habits.REFUSES_SLASHES.of(Target(release, family=family))


@pytest.mark.parametrize("name", ALL)
def test_every_habit_tells_releases_apart(name: str) -> None:
    answers = {
        ALL[name].of(Target(f"{major}.{minor}"))
        for major, minor in ((1, 0), (2, 3), (2, 9), (2, 15), (3, 0), (3, 4), (3, 5), (3, 9), (3, 15))
    }
    assert answers == {True, False}
