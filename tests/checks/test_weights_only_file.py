"""K108: weights without an architecture."""

from __future__ import annotations

from kdoctor.document import Format
from kdoctor.testing import document, examine, layer, model


def test_the_weights_are_counted_and_their_layers_named() -> None:
    arrays: dict[str, tuple[int, ...]] = {"layers/dense/vars/0": (4, 3), "layers/dense/vars/1": (3,), "layers/dense_1/vars/0": (3, 1)}
    (finding,) = examine("K108", document(format=Format.H5_WEIGHTS, weights=arrays, file={"name": "m.weights.h5"}))
    assert finding.message == "weights only: 18 parameters of 2 layers (dense, dense_1), and no architecture"
    assert finding.keras_says == "ValueError: No model config found in the file at m.weights.h5."
    assert [need.flag for need in finding.needs] == ["--architecture"]
    assert finding.repair is None


def test_many_layers_are_abbreviated_and_the_optimizer_is_none_of_them() -> None:
    arrays = {f"conv_{index}/conv_{index}/kernel:0": (2, 2) for index in range(6)}
    (finding,) = examine("K108", document(format=Format.H5_WEIGHTS, weights={**arrays, "optimizer/vars/0": ()}))
    assert "of 6 layers (conv_0, conv_1, conv_2, conv_3 and 2 more)" in finding.message


def test_a_model_has_an_architecture() -> None:
    assert examine("K108", model(layer("Dense"))) == []
