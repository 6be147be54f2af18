from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Repair, Safety, Severity, check
from kdoctor.document import Document, Format
from kdoctor.faults import FaultKind
from kdoctor.keras_api import habits
from kdoctor.pointer import Pointer
from kdoctor.target import Target

from ._keras_says import cannot_open

# content -> (what it is, the way in)
FORMATS = {
    "saved-model": (
        "a TensorFlow SavedModel folder",
        "keras.layers.TFSMLayer(folder, call_endpoint='serving_default') serves it; tf_keras loads it whole",
    ),
    "tflite": ("a TensorFlow Lite model", "run it with tf.lite.Interpreter; Keras cannot load it back"),
    "onnx": ("an ONNX model", "run it with onnxruntime; onnx2keras-like converters rebuild a Keras model"),
    "tf-checkpoint": (
        "a TensorFlow checkpoint: weights without an architecture",
        "build the model in code, then model.load_weights with tf_keras",
    ),
    "model-json": (
        "the architecture alone, as JSON",
        "keras.models.model_from_json(text), then load_weights from the file that goes with it",
    ),
    "tfjs": ("a TensorFlow.js model", "convert it: tensorflowjs_converter --input_format=tfjs_layers_model --output_format=keras"),
    "pytorch": ("a PyTorch file", "load it with torch; its format is a pickle, which runs code"),
    "safetensors": ("weights in the safetensors format", "build the model in code and assign them"),
    "npz": ("numpy arrays (.npz)", "build the model in code and assign them"),
}


@check("K110", Severity.ERROR, since="0.1.0")
def other_format(document: Document, target: Target) -> Iterator[Finding]:
    """The content is a model, but in a format that ``load_model`` does not read.

    A SavedModel folder, TFLite, ONNX, a checkpoint, an architecture as JSON: Keras 3 answers "File format not supported", or
    claims that the file is not there. The finding names the format and the way in. A ``.keras`` archive is another format to a Keras
    before 2.12, which reads HDF5 alone.
    """
    if document.format is Format.KERAS_ZIP and not habits.READS_ARCHIVES.of(target):
        yield Finding(
            Pointer("file"),
            f"the file is a .keras archive, and {target} reads HDF5 alone: .keras came with Keras 2.12",
            repair=Repair(f"kdoctor convert --to h5 --target {target.family}=={target.release}", safety=Safety.ADVICE),
            keras_says="OSError: Unable to open file (file signature not found)",
        )
    for at, fault in document.faults_of(FaultKind.OTHER_FORMAT):
        content = fault.detail.get("content", "")
        what, way = FORMATS.get(content, (f"in the format {content}", "use the tool that wrote it"))
        yield Finding(at, f"the content is {what}", repair=Repair(way, safety=Safety.ADVICE), keras_says=cannot_open(document))
