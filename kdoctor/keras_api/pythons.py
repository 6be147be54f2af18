"""The Pythons that a Keras release runs on, as far as wheels say."""

from __future__ import annotations

from kdoctor.target import Target

Python = tuple[int, int]

# Requires-Python of Keras 3's wheels on the package index, read 2026-11-21: the first release that asks for it, and what it asks for.
# None of them names a newest one.
REQUIRED = (((3, 0), (3, 9)), ((3, 11), (3, 10)), ((3, 13), (3, 11)))
# The newest Python that has a wheel of the TensorFlow that runs an earlier Keras, read 2026-11-21: from this release on.
# Keras 2.0 to 2.15 and tf-keras carry the numbers of the TensorFlow that they need; Keras 1 to 2.3 ran with TensorFlow 1.
NEWEST = (
    ((1, 0), (3, 7)), ((2, 4), (3, 8)), ((2, 5), (3, 9)), ((2, 8), (3, 10)), ((2, 12), (3, 11)), ((2, 16), (3, 12)), ((2, 20), (3, 13)),
)  # fmt: skip


def oldest_python(keras: tuple[int, int]) -> Python:
    """The oldest Python that a release of Keras 3, given as (major, minor), can be installed in."""
    asked = [python for since, python in REQUIRED if since <= keras]
    return asked[-1] if asked else REQUIRED[0][1]


def newest_python(target: Target) -> Python | None:
    """The newest Python that a release before Keras 3 can be installed in; None for Keras 3, which names none."""
    if target.keras_3:
        return None
    return [python for since, python in NEWEST if since <= target.minor][-1]
