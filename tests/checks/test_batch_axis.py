"""A batch_input_shape without the batch, and an axis that is the default several times: Keras 3 loads such an .h5 and computes the same."""

from __future__ import annotations

from typing import Any

from kdoctor.document import Document, Format
from kdoctor.edit import apply
from kdoctor.target import Target
from kdoctor.testing import document, examine, find_check

KERAS_2 = Target("2.15.0", "tf-keras")


def legacy(shape: list[int | None], **more: Any) -> Document:
    """An .h5 of a Dense that takes four features, as Keras 2 wrote it."""
    dense = {"class_name": "Dense", "config": {"name": "dense", "units": 3, "batch_input_shape": shape}}
    config = {"class_name": "Sequential", "config": {"name": "sequential", "layers": [dense, *more.get("behind", [])]}}
    return document(config, format=Format.H5_MODEL, weights={"model_weights/dense/dense/kernel:0": (4, 3)})


def severe(code: str, sick: Document, *target: Target) -> bool:
    return any(str(find_check(code).severity_of(one)) == "error" for one in examine(code, sick, *target))


def test_the_batch_that_keras_3_adds_itself_is_no_error() -> None:
    sick = legacy([4])
    assert not any(severe(code, sick) for code in ("K201", "K206", "K609"))
    (told,) = examine("K201", sick)
    assert told.repair is not None
    cured = apply(sick, told.repair.edits)
    assert severe("K609", cured)  # whose cure writes an InputLayer


def test_to_keras_2_it_is_one() -> None:
    assert severe("K201", legacy([4]), KERAS_2)


def test_a_whole_shape_gains_a_dimension_as_ever() -> None:
    assert severe("K609", legacy([None, 4]))
    assert severe("K201", legacy([5]))


def test_an_axis_that_names_the_default_twice_is_no_other_one() -> None:
    def axis(*value: int) -> Document:
        return legacy([None, 4], behind=[{"class_name": "LayerNormalization", "config": {"name": "norm", "axis": list(value)}}])

    def told(sick: Document) -> list[str]:
        return [str(one.layer) for one in examine("K609", sick)]

    assert "norm" not in told(axis(-1, -1))
    assert "norm" in told(axis(0, 1))
