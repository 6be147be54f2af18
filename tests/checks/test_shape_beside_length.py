"""K601: the length of the input beside its shape, of which real Keras 3 takes one."""

from __future__ import annotations

from typing import Any

import keras
import pytest
from graphs import cured

from kdoctor.document import Document, Format
from kdoctor.testing import document, examine


def h5(class_name: str = "Dense", **config: Any) -> Document:
    rows = [{"class_name": class_name, "config": {"name": "one", "batch_input_shape": [None, 4], **config}}]
    return document(
        {"class_name": "Sequential", "config": {"name": "s", "layers": rows}}, format=Format.H5_MODEL, metadata={"keras_version": "2.15.0"}
    )


@pytest.mark.filterwarnings("ignore:Do not pass an")  # of Keras
@pytest.mark.parametrize("length", [4, 7, False, "4"])
def test_the_length_is_left_out(length: Any) -> None:
    with pytest.raises(ValueError, match="Unrecognized keyword arguments"):
        keras.layers.Dense(units=3, input_dim=length, input_shape=[4])
    sick = h5(units=3, input_dim=length)
    (finding,) = examine("K601", sick)
    healed = cured(sick, finding)
    assert healed.config["config"]["layers"][0]["config"] == {"name": "one", "batch_input_shape": [None, 4], "units": 3}
    assert examine("K601", healed) == []


@pytest.mark.parametrize("sound", [h5(units=3), h5(units=3, input_dim=None), h5("Embedding", input_dim=5, output_dim=2)])
def test_one_of_the_two_is_enough(sound: Document) -> None:
    assert examine("K601", sound) == []
