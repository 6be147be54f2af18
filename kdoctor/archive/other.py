"""What is said of a file that is no Keras model: another tool's format, or none at all."""

from __future__ import annotations

from typing import Final

from kdoctor.archive.reading import Reading
from kdoctor.document import Fault, Format, Json
from kdoctor.faults import FaultKind

# contents that hold a model all the same, so that there is a way in: a finding of its own
MODEL_FORMATS: Final = frozenset(
    {
        "saved-model",
        "tflite",
        "onnx",
        "tf-checkpoint",
        "model-json",
        "model-config",
        "tfjs",
        "pytorch",
        "safetensors",
        "npz",
        "gguf",
        "frozen-graph",
    }
)


def other(content: str, detail: dict[str, Json], faults: tuple[Fault, ...] = ()) -> Reading:
    """The reading of bytes that are ``content`` (a word of `kdoctor.archive.sniffing.sniff`)."""
    if content == "text-mode":
        content = detail["content"]
        kind = FaultKind.TEXT_MODE
    else:
        kind = FaultKind.OTHER_FORMAT if content in MODEL_FORMATS else FaultKind.NOT_A_MODEL
    return Reading(Format.OTHER, content, {}, (*faults, Fault(kind.value, "file", {**detail, "content": content})))
