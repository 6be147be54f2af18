"""Which Keras saved a file, before anything was cured or converted."""

from __future__ import annotations

import re
from typing import Final

from kdoctor.document import Document
from kdoctor.saved_by import stated_release

RELEASE: Final = re.compile(r"([0-9]+)\.([0-9]+)(?:\.|$)")
CONVERTED_FROM: Final = "converted_from"  # what a cure that writes another release in a file's place leaves behind


def origin_of(document: Document) -> str | None:
    """The release of the Keras that saved the file, by its own account; of a file that was converted, before that."""
    before = document.metadata.get(CONVERTED_FROM) or document.attributes.get("/", {}).get(CONVERTED_FROM)
    return stated_release(before) or document.saved_by().keras


def release_of(document: Document) -> tuple[int, int] | None:
    """Major and minor of that release."""
    found = RELEASE.match(origin_of(document) or "")
    return None if found is None else (int(found[1]), int(found[2]))
