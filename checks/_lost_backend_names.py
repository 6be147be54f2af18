"""The user's own source, where it reads what ``keras.backend`` had before Keras 3.1."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from kdoctor.check import Finding, Need
from kdoctor.custom.custom_objects import matches, source_of
from kdoctor.document import Document
from kdoctor.keras_api import habits
from kdoctor.keras_api.module_names import KEPT
from kdoctor.target import Target

SHOWN: Final = 4


def lost_backend_names(document: Document, target: Target) -> Iterator[Finding]:
    """One finding for each class or function. Whatever calls it fails, the making of a Functional model first."""
    seen = set()
    for match in matches(document, target) if habits.LOST_BACKEND_NAMES.of(target) else ():
        definition = match.definition
        lost = [name for name in definition.of_backend if name.rpartition(".")[2] not in KEPT]
        if lost and definition not in seen:
            seen.add(definition)
            names = ", ".join(lost[:SHOWN]) + (" …" if len(lost) > SHOWN else "")
            yield Finding(
                match.node.at,
                f"{definition.name} ({source_of(definition)}) reads {names} of keras.backend, which {target} has not: keras.ops has their like, "
                "and tensorflow.keras.backend most of them",
                needs=(Need("--custom", "FILE.py", f"{definition.name} as Keras 3 runs it"),),
                keras_says=f"AttributeError: module 'keras.backend' has no attribute '{lost[0].rpartition('.')[2]}'",
            )
