"""Which of the releases that were read answers for a release that is asked about."""

from __future__ import annotations

import re

from kdoctor.errors import UnknownRelease
from kdoctor.keras_api.families import FAMILIES, KERAS_1, KERAS_2, KERAS_3, Family, Release

RELEASE = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")
NEWEST_PATCH = 10**6
NAMES = ("keras", "tf.keras", "tf-keras")
Number = tuple[int, int, int]


def answering(asked: str, name: str | None = None) -> tuple[Family, Release]:
    """The family and the known release that answer for ``asked``, by the ``name`` that it is installed under.

    Without a name the number decides: Keras of several backends up to 2.3, that of TensorFlow up to 2.15, tf-keras from 2.16 on, and
    Keras 3. The nearest known release at or below it answers, the newest one for the future; before Keras 3, where one patch of each
    minor release is known, that answers for the patches before it, too.
    Raises `UnknownRelease` for what is older, for tf.keras that is Keras 3 (TensorFlow 2.16 and later), and for what is no release.
    """
    match = RELEASE.match(asked)
    if match is None or name not in (None, *NAMES):
        raise UnknownRelease(f"{asked!r} is not the number of a Keras release")
    number = _number(match)
    if name == "tf.keras" and number >= (2, 16, 0):
        raise UnknownRelease(f"tf.keras of TensorFlow {asked} is Keras 3, or tf-keras {asked} where TF_USE_LEGACY_KERAS is set")
    family = _family(number, name)
    candidates = [release for release in family.releases if _fits(release, number, name)]
    if family is not KERAS_3:  # one patch stands for a minor release, an older one that is asked for included
        candidates = [release for release in candidates if numbered(release)[:2] == number[:2]] or candidates
    below = [release for release in candidates if numbered(release) <= number]
    if not below and numbered(candidates[0])[:2] == number[:2]:
        below = candidates[:1]
    if not below:
        raise UnknownRelease(
            f"kdoctor does not know {name or 'Keras'} {asked}; the oldest release that it knows is {FAMILIES[0].releases[0].number}"
        )
    return family, below[-1]


def numbered(release: Release) -> Number:
    """The number of a known release, to compare."""
    match = RELEASE.match(release.number)
    assert match is not None
    return _number(match)


def _number(match: re.Match[str]) -> Number:
    major, minor, patch = match.groups()
    return int(major), int(minor), NEWEST_PATCH if patch is None else int(patch)


def _family(number: Number, name: str | None) -> Family:
    if name in ("tf.keras", "tf-keras"):
        return KERAS_2
    if number >= (3, 0, 0):
        return KERAS_3
    return KERAS_2 if number >= (2, 4, 0) else KERAS_1


def _fits(release: Release, number: Number, name: str | None) -> bool:
    """Whether a release can answer: tf-keras before 2.15 and tf.keras from 2.6 on are what was published as keras."""
    if name == "tf-keras" and number >= (2, 15, 1):
        return release.name == "tf-keras"
    if release.name == "tf-keras":
        return name != "tf.keras" and number >= (2, 16, 0)
    return name != "tf-keras" or release.name == "keras"
