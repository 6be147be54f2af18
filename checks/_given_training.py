"""The training state that the user gave (``--compile``), in the place of what the file says."""

from __future__ import annotations

from kdoctor.check import Repair
from kdoctor.document import Document
from kdoctor.edit import Edit
from kdoctor.pointer import Pointer
from kdoctor.target import Target
from kdoctor.training.words import training_part

AT = Pointer("training")


def as_given(document: Document, target: Target) -> Repair | None:
    """Write it in place of the one in the file; None where none was given."""
    given = target.given.training
    if given is None:
        return None
    return Repair("write the training state you gave", (Edit(AT, old=document.training, new=training_part(given, document.format)),))
