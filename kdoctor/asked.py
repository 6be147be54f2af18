"""The release that ``--target`` asks about: by its number, or the one that is installed."""

from __future__ import annotations

import sys
from dataclasses import replace

from kdoctor.errors import UnknownRelease, UsageError
from kdoctor.installed import version_of
from kdoctor.keras_api.choice import answering
from kdoctor.keras_api.families import KERAS_2, KERAS_3
from kdoctor.target import Target, parse_target


def installed_keras() -> str:
    """The release of the Keras beside kdoctor, or the newest one known where none is installed. Keras is not imported."""
    return version_of("keras") or KERAS_3.releases[-1].number


def newest_tf_keras() -> str:
    """The newest release of tf-keras that kdoctor knows."""
    return max((one.number for one in KERAS_2.releases if one.name == "tf-keras"), key=_number)


def _number(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in release.split("."))


def python_beside(target: Target) -> tuple[int, int] | None:
    """The Python that will run the target: ours, if that is the Keras installed beside kdoctor; else nobody knows."""
    return sys.version_info[:2] if version_of(target.family) == target.release else None


def asked_release(text: str) -> Target:
    """The release that a target's text names. Raises `UsageError` where kdoctor does not know it."""
    target = parse_target(text, installed_keras(), newest_tf_keras())
    try:
        answering(target.release, target.family)
    except UnknownRelease as error:
        raise UsageError(f"--target {text!r}: {error}") from error
    return replace(target, python=python_beside(target))
