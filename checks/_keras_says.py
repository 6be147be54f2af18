"""Messages of Keras 3 that several checks quote."""

from __future__ import annotations

from kdoctor.document import Document
from kdoctor.keras_api import habits
from kdoctor.target import Target

REFUSES_LAMBDA = (
    "ValueError: Requested the deserialization of a `Lambda` layer whose `function` is a Python lambda. This carries a potential risk of "
    "arbitrary code execution and thus it is disallowed by default."
)


def cannot_open(document: Document) -> str:
    """The message for content that is not what the name promises: the loader is chosen by the name alone (saving_api.load_model)."""
    name, extension = document.file.get("name", ""), document.file.get("extension", "")
    if extension == ".keras":
        return f"ValueError: File not found: filepath={name}. Please ensure the file is an accessible `.keras` zip file."
    if extension.endswith((".h5", ".hdf5")):
        return "OSError: Unable to synchronously open file (file signature not found)"
    return f"ValueError: File format not supported: filepath={name}. Keras 3 only supports V3 `.keras` files, legacy H5 format files (`.h5` extension)."


def refuses_code(document: Document, target: Target) -> bool:
    """Whether safe mode, which is the default, keeps the target from loading Python code of this file."""
    return target.safe_mode and (habits.READS_ARCHIVES if document.format.native else habits.SAFE_MODE_IN_HDF5).of(target)
