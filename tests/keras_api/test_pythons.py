"""The oldest Python of a Keras release."""

from __future__ import annotations

import sys
from importlib.metadata import metadata

from kdoctor.keras_api.pythons import oldest_python
from kdoctor.target import Target


def test_each_release_has_the_python_that_its_wheel_asks_for() -> None:
    asked = {release: oldest_python(Target(release).minor) for release in ("3.0.5", "3.10.0", "3.11.3", "3.12.4", "3.13.2", "3.15.1")}
    assert asked == {"3.0.5": (3, 9), "3.10.0": (3, 9), "3.11.3": (3, 10), "3.12.4": (3, 10), "3.13.2": (3, 11), "3.15.1": (3, 11)}


def test_the_keras_installed_here_says_the_same() -> None:
    installed = metadata("keras")
    oldest = oldest_python(Target(installed["Version"]).minor)
    assert installed["Requires-Python"] == ">={}.{}".format(*oldest)
    assert sys.version_info >= oldest
