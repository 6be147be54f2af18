"""Which Keras saved a file, before anything was cured or converted."""

from __future__ import annotations

from typing import Final

from kdoctor.document import Document

CONVERTED_FROM: Final = "converted_from"  # what a cure that writes another release in a file's place leaves behind


def origin_of(document: Document) -> str | None:
    """The release of the Keras that saved the file, by its own account; of a file that was converted, before that."""
    before = document.metadata.get(CONVERTED_FROM) or document.attributes.get("/", {}).get(CONVERTED_FROM)
    return before if isinstance(before, str) else document.saved_by().keras


def release_of(document: Document) -> tuple[int, int] | None:
    """Major and minor of that release."""
    parts = (origin_of(document) or "").split(".")
    return (int(parts[0]), int(parts[1])) if len(parts) > 1 and parts[0].isdigit() and parts[1].isdigit() else None
