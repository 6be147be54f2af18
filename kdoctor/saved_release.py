"""Which Keras saved a file."""

from __future__ import annotations

from kdoctor.document import Document


def release_of(document: Document) -> tuple[int, int] | None:
    """Major and minor of the Keras that saved the file, by its own account; of a file that was converted, before that."""
    text = document.metadata.get("converted_from") or document.saved_by().keras or ""
    parts = str(text).split(".")
    return (int(parts[0]), int(parts[1])) if len(parts) > 1 and parts[0].isdigit() and parts[1].isdigit() else None
