"""What comes of a conversion."""

from __future__ import annotations

from typing import NamedTuple

from kdoctor.document import Document
from kdoctor.target import StateWish, Target

STATE_LOST = "the optimizer's state is left out: its layout does not map; training goes on with a fresh optimizer"


class Converted(NamedTuple):
    """The document in its new form, and what its user should know of what was left behind."""

    document: Document
    notes: tuple[str, ...] = ()

    def unwanted(self, target: Target) -> str:
        """Why the user does not want it; the empty text where it is as it should be."""
        return STATE_LOST if target.given.state is StateWish.KEEP and STATE_LOST in self.notes else ""
