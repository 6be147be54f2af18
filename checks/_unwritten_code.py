"""The user's own source, where it is a skeleton still."""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Need
from kdoctor.custom.custom_objects import matches, source_of
from kdoctor.document import Document
from kdoctor.target import Target


def unwritten_code(document: Document, target: Target) -> Iterator[Finding]:
    """One finding for each class or function of the model itself: without a loss Keras loads it, and predicts."""
    seen = set()
    for match in matches(document, target):
        definition = match.definition
        if definition.unwritten and match.node.at.part == "config" and definition not in seen:
            seen.add(definition)
            yield Finding(
                match.node.at,
                f"{definition.name} ({source_of(definition)}) is not written yet: it raises NotImplementedError when Keras calls it",
                needs=(Need("--custom", "FILE.py", f"what {definition.name} computes"),),
                keras_says="NotImplementedError",
            )
