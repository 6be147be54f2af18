"""What comes of a conversion."""

from __future__ import annotations

from typing import NamedTuple

from kdoctor.document import Document
from kdoctor.target import StateWish, Target

STATE_LOST = "the optimizer's state is left out: its layout does not map; training goes on with a fresh optimizer"


# Keras builds the optimizer of an .h5 with state for the variables that the model owns itself, which are none: legacy_h5_format.py, 3.0.5 to 3.15.1.
STATE_TRAPS = (
    'the optimizer\'s state is left out: with it, fit() of an .h5 fails in Keras 3 ("Unknown variable"); training goes on with a fresh optimizer, '
    "and from a .keras archive with the state"
)


class Converted(NamedTuple):
    """The document in its new form, and what its user should know of what was left behind."""

    document: Document
    notes: tuple[str, ...] = ()

    def unwanted(self, target: Target) -> str:
        """Why the user does not want it; the empty text where it is as it should be."""
        lost = next((note for note in self.notes if note in (STATE_LOST, STATE_TRAPS)), "")
        return lost if target.given.state is StateWish.KEEP else ""
