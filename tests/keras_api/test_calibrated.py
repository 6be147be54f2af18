"""The variables of layers that gptq and awq quantized: those that the installed Keras loads, which 3.15.1 does not save whole."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from kdoctor.archive import open_document
from kdoctor.keras_api.variables.dense import in_h5
from kdoctor.keras_api.variables.table import variables_of
from kdoctor.pointer import Pointer
from kdoctor.structure.objects import as_node
from kdoctor.target import Target
from kdoctor.testing import examine

keras = pytest.importorskip("keras")
pytestmark = pytest.mark.skipif(not hasattr(getattr(keras, "quantizers", None), "AWQConfig"), reason="awq came with Keras 3.14")
CASES = [
    ("Dense", {"units": 5}, (None, 6)),
    ("Dense", {"units": 4, "use_bias": False}, (None, 7)),
    ("EinsumDense", {"equation": "abc,cde->abde", "output_shape": [None, 2, 3], "bias_axes": "de"}, (None, 4, 8)),
    ("EinsumDense", {"equation": "abcd,cde->abe", "output_shape": [None, 9]}, (None, 4, 2, 3)),
    ("EinsumDense", {"equation": "abc,cd->abd", "output_shape": [None, 5]}, (None, 4, 8)),
]


def quantized(class_name: str, config: dict[str, Any], shape: tuple[int | None, ...], mode: str) -> Any:
    name = "AWQDTypePolicy" if mode.startswith("awq") else "GPTQDTypePolicy"
    policy = {
        "module": "keras.dtype_policies",
        "class_name": name,
        "config": {"mode": mode, "source_name": "float32"},
        "registered_name": None,
    }
    said = {"module": "keras.layers", "class_name": class_name, "config": {**config, "dtype": policy}, "registered_name": None}
    layer = keras.saving.deserialize_keras_object(said)
    layer.build(shape)
    return layer


@pytest.mark.parametrize("mode", ["gptq/4/4", "gptq/8/-1", "gptq/4/-1", "awq/4/4", "awq/4/-1"])
@pytest.mark.parametrize(("class_name", "config", "shape"), CASES)
def test_they_are_those_that_keras_loads(class_name: str, config: dict[str, Any], shape: tuple[int | None, ...], mode: str) -> None:
    layer = quantized(class_name, config, shape, mode)
    wanted = [getattr(layer, name) for name in layer.variable_serialization_spec[mode.split("/")[0]] if getattr(layer, name) is not None]
    node = as_node(keras.saving.serialize_keras_object(layer), Pointer("config"))
    assert node is not None
    told = variables_of(node, (shape,))
    assert told is not None
    assert [one.shape for one in told] == [tuple(item.shape) for item in wanted]
    assert [one.trainable for one in told] == [item.trainable for item in wanted]
    assert in_h5(node.config, told) is None


@pytest.mark.filterwarnings("ignore")  # of Keras, when it saves
def test_an_archive_without_zero_points_is_one_that_keras_does_not_load(tmp_path: Path) -> None:
    """Keras 3.15.1 leaves them out when it saves, and says "Layer 'd' expected 5 variables, but received 4 variables during loading"."""
    made = quantized("Dense", {"units": 4, "name": "d"}, (None, 6), "gptq/4/4")
    keras.Sequential([keras.Input((6,)), made]).save(tmp_path / "m.keras")
    document = open_document(tmp_path / "m.keras")
    whole = document.weights["layers/dense/vars/3"].shape == (4, 2)  # its zero points
    with nullcontext() if whole else pytest.raises(ValueError, match="variables"):
        keras.models.load_model(tmp_path / "m.keras")
    assert bool(examine("K702", document, Target(keras.__version__))) is not whole
