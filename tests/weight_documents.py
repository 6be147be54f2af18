"""Documents with weights: two Dense layers, as an archive and as an ``.h5``, to be damaged by tests."""

from __future__ import annotations

from typing import Any

from kdoctor.document import Document, Format
from kdoctor.testing import document, layer, sequential

MODEL = sequential(
    layer("InputLayer", name="input", batch_shape=[None, 4]), layer("Dense", name="one", units=5), layer("Dense", name="two", units=3)
)
NATIVE = {"layers/dense/vars/0": (4, 5), "layers/dense/vars/1": (5,), "layers/dense_1/vars/0": (5, 3), "layers/dense_1/vars/1": (3,)}


def archive(weights: dict[str, tuple[int, ...]], **parts: Any) -> Document:
    return document(MODEL, weights=weights, attributes={"/": {}}, **parts)


def h5(groups: dict[str, dict[str, tuple[int, ...]]], listed: list[str], config: Any = MODEL) -> Document:
    """A whole-model file: groups with their arrays, and the names in layer_names."""
    weights = {f"model_weights/{group}/{name}": shape for group, arrays in groups.items() for name, shape in arrays.items()}
    attributes = {f"/model_weights/{group}": {"weight_names": list(arrays)} for group, arrays in groups.items()}
    return document(
        config, format=Format.H5_MODEL, weights=weights, attributes={"/": {}, "/model_weights": {"layer_names": listed}, **attributes}
    )


ONE: dict[str, tuple[int, ...]] = {"one/kernel:0": (4, 5), "one/bias:0": (5,)}
TWO: dict[str, tuple[int, ...]] = {"two/kernel:0": (5, 3), "two/bias:0": (3,)}
