"""The Pythons that a Keras release runs on, as far as its wheel says: the oldest one. No release names a newest."""

from __future__ import annotations

# Requires-Python of the wheels on the package index, read 2026-11-21: the first release that asks for it, and what it asks for.
REQUIRED = (((3, 0), (3, 9)), ((3, 11), (3, 10)), ((3, 13), (3, 11)))


def oldest_python(keras: tuple[int, int]) -> tuple[int, int]:
    """The oldest Python that a Keras release, given as (major, minor), can be installed in."""
    asked = [python for since, python in REQUIRED if since <= keras]
    return asked[-1] if asked else REQUIRED[0][1]
