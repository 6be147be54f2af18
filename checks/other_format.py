from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Repair, Safety, Severity, check
from kdoctor.document import Document, Fault, Format
from kdoctor.faults import FaultKind
from kdoctor.keras_api import habits
from kdoctor.pointer import Pointer
from kdoctor.target import Target

from ._keras_says import cannot_open

SHOWN = 3
# content -> (what it is, the way in)
FORMATS = {
    "saved-model": (
        "a TensorFlow SavedModel folder",
        "keras.layers.TFSMLayer(folder, call_endpoint='serving_default') serves it; to repair or convert it, save it as one file with the "
        "Keras 2 that it is of, which runs the code in it: tf_keras.models.load_model(folder).save('model.h5'), then kdoctor fix model.h5",
    ),
    "tflite": ("a TensorFlow Lite model", "run it with tf.lite.Interpreter; Keras cannot load it back"),
    "onnx": ("an ONNX model", "run it with onnxruntime; onnx2keras-like converters rebuild a Keras model"),
    "tf-checkpoint": (
        "a TensorFlow checkpoint: weights without an architecture",
        "build the model in code, then model.load_weights with tf_keras",
    ),
    "model-json": (
        "the architecture alone, as JSON",
        "keras.models.model_from_json(text), then load_weights from the file that goes with it; or kdoctor fix WEIGHTS --architecture FILE, "
        "which writes both as one",
    ),
    "model-config": (
        "the config of a model alone, as JSON (get_config() and not to_json())",
        "keras.Model.from_config(json.load(file)), or keras.Sequential.from_config, then load_weights from the file that goes with it; or "
        "kdoctor fix WEIGHTS --architecture FILE, which writes both as one",
    ),
    "tfjs": ("a TensorFlow.js model", "convert it: tensorflowjs_converter --input_format=tfjs_layers_model --output_format=keras"),
    "pytorch": ("a PyTorch file", "load it with torch; its format is a pickle, which runs code"),
    "safetensors": ("weights in the safetensors format", "build the model in code and assign them"),
    "npz": ("numpy arrays (.npz)", "build the model in code and assign them"),
}


@check("K110", Severity.ERROR, mild=Severity.INFO, since="0.1.0")
def other_format(document: Document, target: Target) -> Iterator[Finding]:
    """The content is a model, but in a format that ``load_model`` does not read.

    A SavedModel folder, TFLite, ONNX, a checkpoint, an architecture as JSON: Keras 3 answers "File format not supported", or
    claims that the file is not there. The finding names the format and the way in. A ``.keras`` archive is another format to a Keras
    before 2.12, which reads HDF5 alone.

    Of a SavedModel, alone or as TensorFlow Serving wants it (folders called 1, 2, 3, of which the newest is served), the finding tells
    the signatures with their tensors, and the Keras model that it was. With ``--for serving`` it is what is wanted, and Keras 2 loads it: an
    info. The code of its Lambda layers is K401's.
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
        served = content == "saved-model" and (target.purpose == "serving" or not target.keras_3)
        yield Finding(
            at,
            f"the content is {what}{_described(fault)}",
            repair=None if served else Repair(way, safety=Safety.ADVICE),
            keras_says=None if served else cannot_open(document),
            mild=served,
            undecided=served,
        )


def _described(fault: Fault) -> str:
    """What a SavedModel says of itself."""
    detail, told = fault.detail, []
    if versions := detail.get("versions"):
        told.append(f"version {versions[-1]} of {len(versions)}, in the layout of TensorFlow Serving")
    for name, signature in list((detail.get("signatures") or {}).items())[:SHOWN]:
        tensors = ", ".join(f"{key}: {value}" for key, value in list(signature["inputs"].items())[:SHOWN])
        told.append(f"{name}({tensors}) gives {', '.join(list(signature['outputs'].values())[:SHOWN]) or 'nothing'}")
    if keras := detail.get("keras"):
        told.append(f"it was a {keras.get('class_name', 'model')} of Keras {keras.get('keras_version', '(unknown)')}")
    if outside := detail.get("outside"):
        told.append(f"its graph reaches out of itself: {', '.join(outside[:SHOWN])}")
    return f": {'; '.join(told)}" if told else ""
