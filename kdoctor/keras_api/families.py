"""The three families of Keras releases, each with its part of the catalogue: which releases were read, and where their modules lie."""

from __future__ import annotations

from typing import NamedTuple

# Module paths that start with this mark stand outside the package of their release, and are written in full.
ABROAD = "/"


class Release(NamedTuple):
    """One release that was read: by the name that users install it by, its number, and the package of its modules."""

    name: str
    number: str
    package: str = ""

    @property
    def label(self) -> str:
        """``keras==2.15.0``, as ``--target`` has it."""
        return f"{self.name}=={self.number}"


class Family(NamedTuple):
    """Releases with one history; ``file`` is their part of the catalogue. Module paths are relative to the package where that moved."""

    name: str
    file: str
    releases: tuple[Release, ...]


def _several(name: str, package: str, *numbers: str) -> tuple[Release, ...]:
    return tuple(Release(name, number, package) for number in numbers)


# The first release, the last patch of every minor release since, and earlier patches that are still widely installed.
KERAS_3 = Family(
    "keras-3",
    "catalogue.json",
    _several(
        "keras", "",
        "3.0.0", "3.0.5", "3.1.1", "3.2.1", "3.3.3", "3.4.1", "3.5.0", "3.6.0", "3.7.0", "3.8.0", "3.9.2", "3.10.0", "3.11.3",
        "3.12.0", "3.12.4", "3.13.2", "3.14.1", "3.15.1",
    ),
)  # fmt: skip

# Keras of several backends: the last patch of every minor release.
KERAS_1 = Family(
    "keras-1", "catalogue_keras_1.json", _several("keras", "keras", "1.0.8", "1.1.2", "1.2.2", "2.0.9", "2.1.6", "2.2.4", "2.2.5", "2.3.1")
)

# Keras of TensorFlow 2: inside TensorFlow, then beside it, then as tf-keras.
KERAS_2 = Family(
    "keras-2",
    "catalogue_keras_2.json",
    (
        *_several("tf.keras", "tensorflow.python.keras", "2.0.4", "2.1.4", "2.2.3", "2.3.4", "2.4.4", "2.5.3"),
        *_several("keras", "keras", "2.6.0", "2.7.0", "2.8.0", "2.9.0", "2.10.0", "2.11.0", "2.12.0"),
        *_several("keras", "keras.src", "2.13.1", "2.14.0", "2.15.0"),
        *_several("tf-keras", "tf_keras.src", "2.15.1", "2.16.0", "2.17.0", "2.18.0", "2.19.0", "2.20.1", "2.21.0"),
    ),
)

FAMILIES = (KERAS_1, KERAS_2, KERAS_3)
