"""K201: a first kernel of an .h5 that is shorter than the input that is stated; which of the two is wrong may not be in the file."""

from __future__ import annotations

from typing import Any

from kdoctor.document import Document, Format
from kdoctor.testing import document, examine, layer, sequential

KERNEL = "model_weights/dense/dense/kernel:0"
STATE = "optimizer_weights/adam/dense/kernel/m:0"


def stored(stated: int, kernel: tuple[int, int], *more: dict[str, Any], **weights: tuple[int, int]) -> Document:
    start = {"class_name": "InputLayer", "config": {"name": "input", "batch_input_shape": [None, stated]}}
    dense = layer("Dense", units=kernel[1])
    return document(sequential(start, dense, *more), format=Format.H5_MODEL, weights={KERNEL: kernel, **weights})


def is_cured(sick: Document) -> bool:
    (finding,) = examine("K201", sick)
    return finding.repair is not None


def test_a_kernel_that_may_have_lost_rows_proves_no_input() -> None:
    (finding,) = examine("K201", stored(5, (4, 3)))
    assert finding.repair is None
    assert [need.flag for need in finding.needs] == ["--input-shape"]


def test_no_kernel_gains_rows_by_damage() -> None:
    assert is_cured(stored(3, (4, 3)))


def test_one_that_the_optimizer_kept_arrays_for_is_whole() -> None:
    assert is_cured(stored(5, (4, 3), **{STATE: (4, 3)}))
    assert not is_cured(stored(5, (4, 3), **{STATE: (5, 3)}))


def test_in_an_archive_the_layers_say_what_they_were_built_with() -> None:
    rows = (layer("InputLayer", name="input", batch_shape=[None, 5]), layer("Dense", units=3, build=[None, 4]))
    assert is_cured(document(sequential(*rows), weights={"layers/dense/vars/0": (4, 3)}))
