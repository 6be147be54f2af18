"""Whether an operation leaves each sample of a batch to itself."""

from __future__ import annotations

from typing import Any

import pytest

from kdoctor.translate.batch import keeps_batch
from kdoctor.translate.values import Tensor


def given(*shape: int | None) -> Tensor:
    return Tensor("x", 0, 0, shape, "float32", True)


@pytest.mark.parametrize(
    ("operation", "config", "shape", "keeps"),
    [
        ("Softmax", {"axis": 0}, (None, 4), False),
        ("Softmax", {"axis": -2}, (None, 4), False),
        ("Softmax", {"axis": -1}, (None, 4), True),
        ("LogSoftmax", {"axis": -1}, (None,), False),
        ("TakeAlongAxis", {"axis": 0}, (None, 4), False),
        ("TakeAlongAxis", {"axis": None}, (None, 4), False),
        ("Inv", {}, (None, 4), False),
        ("Inv", {}, (None, 4, 4), True),
        ("TopK", {"k": 1}, (None,), False),
        ("TopK", {"k": 1}, (None, 4), True),
        ("Relu", {}, (None, 4), True),
    ],
)
def test_what_goes_along_the_first_axis_puts_samples_together(operation: str, config: dict[str, Any], shape: Any, keeps: bool) -> None:
    assert keeps_batch(operation, config, (given(*shape),)) is keeps
