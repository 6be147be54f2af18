"""K208: arguments that a layer's ``call`` cannot be bound to."""

from __future__ import annotations

from typing import Any

import pytest
from graphs import functional, start

from kdoctor.document import Document
from kdoctor.testing import document, examine, layer

TENSOR = {"class_name": "__keras_tensor__", "config": {"shape": [None, 4], "dtype": "float32", "keras_history": ["in", 0, 0]}}


def called(made: dict[str, Any], *args: Any, **kwargs: Any) -> Document:
    return document(functional(start(), {**made, "name": "out", "inbound_nodes": [{"args": list(args), "kwargs": kwargs}]}))


@pytest.mark.parametrize(
    ("args", "kwargs", "why"),
    [
        ((TENSOR, TENSOR), {}, "too many positional arguments"),
        ((TENSOR,), {"inputs": TENSOR}, "multiple values for argument 'inputs'"),
        ((), {}, "missing a required argument: 'inputs'"),
    ],
)
def test_what_python_cannot_bind_is_told_in_its_words(args: Any, kwargs: Any, why: str) -> None:
    (finding,) = examine("K208", called(layer("Flatten", name="out"), *args, **kwargs))
    assert finding.keras_says == f"TypeError: {why}"
    assert finding.layer == "out"


@pytest.mark.parametrize(
    ("made", "args", "kwargs"),
    [
        (layer("Flatten", name="out"), (), {"inputs": TENSOR}),
        (layer("MultiHeadAttention", name="out", num_heads=1, key_dim=2), (TENSOR, TENSOR, TENSOR), {"attention_mask": None}),
        (layer("LSTM", name="out", units=2), (TENSOR,), {"initial_state": [TENSOR, TENSOR], "mask": None, "training": False}),
        (layer("Rescaling", name="out", scale=2), (TENSOR,), {"training": None}),
        ({**layer("Flatten", name="out", module="mine"), "registered_name": "mine>Flatten"}, (TENSOR, TENSOR, TENSOR), {}),
    ],
)
def test_what_goes_with_the_call_is_healthy(made: dict[str, Any], args: Any, kwargs: Any) -> None:
    assert examine("K208", called(made, *args, **kwargs)) == []
