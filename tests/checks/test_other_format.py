"""K110: a model, but in a format that load_model does not read."""

from __future__ import annotations

import pytest

from kdoctor.check import Safety
from kdoctor.document import Fault, Format
from kdoctor.testing import document, examine, layer, model


@pytest.mark.parametrize(
    ("content", "said", "way"),
    [
        ("saved-model", "a TensorFlow SavedModel folder", "TFSMLayer"),
        ("tflite", "a TensorFlow Lite model", "tf.lite.Interpreter"),
        ("onnx", "an ONNX model", "onnxruntime"),
        ("tf-checkpoint", "weights without an architecture", "load_weights"),
        ("model-json", "the architecture alone, as JSON", "model_from_json"),
        ("model-config", "get_config() and not to_json()", "--architecture"),
        ("tfjs", "a TensorFlow.js model", "tensorflowjs_converter"),
        ("pytorch", "a PyTorch file", "torch"),
        ("safetensors", "safetensors", "assign"),
        ("npz", "numpy arrays", "assign"),
        ("coreml", "in the format coreml", "the tool that wrote it"),
    ],
)
def test_the_format_is_named_with_the_way_in(content: str, said: str, way: str) -> None:
    file = {"name": "m.bin", "extension": ".bin"}
    (finding,) = examine("K110", document(format=Format.OTHER, faults=(Fault("other-format", detail={"content": content}),), file=file))
    assert said in finding.message
    assert finding.repair is not None
    assert way in finding.repair.title
    assert finding.repair.safety is Safety.ADVICE
    assert "File format not supported: filepath=m.bin" in str(finding.keras_says)


def test_a_keras_file_is_no_other_format() -> None:
    assert examine("K110", model(layer("Dense"))) == []
