"""What comes of a conversion."""

from __future__ import annotations

from dataclasses import dataclass

from kdoctor.document import Document

STATE_LOST = "the optimizer's state is left out: its layout does not map; training goes on with a fresh optimizer"


@dataclass(frozen=True, slots=True)
class Converted:
    """The document in its new form, and what its user should know of what was left behind."""

    document: Document
    notes: tuple[str, ...] = ()
