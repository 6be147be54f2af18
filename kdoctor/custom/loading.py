"""The Python that has to run before, or instead of, a plain ``load_model(path)`` of a repaired file."""

from __future__ import annotations

from kdoctor.custom.custom_objects import loading_code
from kdoctor.custom.hub_layers import trust_lines
from kdoctor.document import Document
from kdoctor.target import Target


def loading_lines(document: Document, target: Target, path: str) -> tuple[str, ...]:
    """None where ``load_model(path)`` alone will do."""
    return (*trust_lines(document, target, path), *loading_code(document, target, path))
