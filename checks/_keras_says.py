"""What Keras 3 shows for a file whose container it cannot open: the loader is chosen by the name alone (saving_api.load_model)."""

from __future__ import annotations

from kdoctor.document import Document


def cannot_open(document: Document) -> str:
    """The message for content that is not what the name promises."""
    name, extension = document.file.get("name", ""), document.file.get("extension", "")
    if extension == ".keras":
        return f"ValueError: File not found: filepath={name}. Please ensure the file is an accessible `.keras` zip file."
    if extension.endswith((".h5", ".hdf5")):
        return "OSError: Unable to synchronously open file (file signature not found)"
    return f"ValueError: File format not supported: filepath={name}. Keras 3 only supports V3 `.keras` files, legacy H5 format files (`.h5` extension)."
