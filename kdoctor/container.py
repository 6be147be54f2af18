"""The containers that a model is written in."""

from __future__ import annotations

from enum import Enum

from kdoctor.document import Format


class Container(Enum):
    """What a model can be written as: a ``.keras`` archive, or an ``.h5`` file."""

    KERAS = "keras"
    H5 = "h5"

    @property
    def format(self) -> Format:
        return Format.KERAS_ZIP if self is Container.KERAS else Format.H5_MODEL
