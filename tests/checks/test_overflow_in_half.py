"""K709: a layer computes in float16, and some of its weights are beyond what float16 holds."""

from __future__ import annotations

import pytest

from kdoctor.document import Json
from kdoctor.numbers import Numbers
from kdoctor.testing import document, examine, layer, sequential

HUGE = Numbers(20, 0, 0, 0, 0, 1, -1.0, 1e5, 0.1, 0)


def messages(dtype: Json, numbers: Numbers) -> list[str]:
    rows = (layer("InputLayer", batch_shape=[None, 4]), layer("Dense", units=5, dtype=dtype))
    weights = {"layers/dense/vars/0": (4, 5), "layers/dense/vars/1": (5,)}
    made = document(sequential(*rows), weights=weights, attributes={"/": {}}, numbers={"layers/dense/vars/0": numbers})
    return [finding.message for finding in examine("K709", made)]


@pytest.mark.parametrize("dtype", ["mixed_float16", "float16", {"class_name": "DTypePolicy", "config": {"name": "mixed_float16"}}])
def test_what_float16_does_not_hold_is_named(dtype: Json) -> None:
    (message,) = messages(dtype, HUGE)
    assert message.startswith("1 of 20 numbers of the kernel of 'dense' are beyond 65504")


@pytest.mark.parametrize("dtype", [None, "float32", "mixed_bfloat16", {"class_name": "DTypePolicy"}, 3])
def test_other_policies_hold_it(dtype: Json) -> None:
    assert messages(dtype, HUGE) == []


def test_what_it_holds_is_healthy() -> None:
    assert messages("mixed_float16", Numbers(20, 0, 0, 0, 0, 0, -1.0, 1.0, 0.1, 0)) == []
