"""K304: the shapes of an attention that TensorFlow 2.4 did not store.

Files of 2.4 were cured so and run in TensorFlow 2.6 and 2.15: five models, all right to 1e-5; as saved, neither loads them.
"""

from __future__ import annotations

from typing import Any

import pytest
from graphs import cured

from kdoctor.document import Document, Format
from kdoctor.target import Target
from kdoctor.testing import document, examine, layer, sequential


def attention(**shapes: Any) -> Document:
    made = layer("MultiHeadAttention", name="mha", num_heads=2, key_dim=2, **shapes)
    del made["module"]
    return document(sequential(made), format=Format.H5_MODEL, metadata={"keras_version": "2.4.0"})


@pytest.mark.parametrize("release", ["2.6.0", "2.15.0"])
def test_what_a_later_keras_2_asks_for_is_written(release: str) -> None:
    sick = attention()
    (finding,) = examine("K304", sick, Target(release))
    assert finding.keras_says == "KeyError: 'query_shape'"
    healthy = cured(sick, finding)
    (written,) = healthy.config["config"]["layers"]
    assert [written["config"][name] for name in ("query_shape", "key_shape", "value_shape")] == [None, None, None]
    assert examine("K304", healthy, Target(release)) == []


@pytest.mark.parametrize("release", ["2.4.0", "3.0.5", "3.15.1"])
def test_who_does_not_ask_for_them_takes_the_file_as_it_is(release: str) -> None:
    assert examine("K304", attention(), Target(release)) == []


def test_what_tensorflow_2_5_stores_is_healthy() -> None:
    shapes = {name: [None, 3, 4] for name in ("query_shape", "key_shape", "value_shape")}
    assert examine("K304", attention(**shapes), Target("2.15.0")) == []
