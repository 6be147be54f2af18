"""What K504 tells of a ``clipnorm`` of Keras 1 to 2.3, which was that of all gradients together, and is that of each variable's own since."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from kdoctor.check import Finding, Repair
from kdoctor.document import ABSENT, Document
from kdoctor.edit import Edit
from kdoctor.keras_api import habits
from kdoctor.keras_api.compile_reader import Mention
from kdoctor.target import Target

OLD: Final = "clipnorm"
NEW: Final = "global_clipnorm"
OTHERS: Final = (NEW, "clipvalue")  # Keras 3 takes one of the three


def clipped_together(document: Document, mention: Mention, target: Target) -> Iterator[Finding]:
    """``norm = K.sqrt(sum([K.sum(K.square(g)) for g in grads]))``, where tf.keras took that of each gradient (measured with 1.2.2 and 2.2.5)."""
    release, norm, at = document.saved_by().keras, mention.arguments.get(OLD), mention.at / "config"
    if target.purpose != "training" or not habits.CLIPS_ALL_TOGETHER.at(release) or "tf" in str(release):
        return
    if not isinstance(norm, (int, float)) or norm <= 0 or any(mention.arguments.get(other) for other in OTHERS):
        return
    free = NEW not in mention.arguments
    edits = (Edit(at / OLD, old=norm, new=ABSENT), Edit(at / NEW, old=ABSENT if free else mention.arguments[NEW], new=norm))
    yield Finding(
        at / OLD,
        f"{target} clips each variable's gradient to the norm {norm}, where Keras {release} clipped all of them together",
        repair=Repair(f"write {NEW}, which computes the same", edits),
    )
