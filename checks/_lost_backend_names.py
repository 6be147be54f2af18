"""The user's own source, where it reads what ``keras.backend`` had before Keras 3.1."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from kdoctor.check import Finding, Need
from kdoctor.custom.custom_objects import matches, source_of
from kdoctor.document import Document
from kdoctor.keras_api import habits
from kdoctor.target import Target

# keras/backend/__init__.py of 3.1.1 to 3.15.1
KEPT: Final = frozenset(
    {
        "backend", "clear_session", "epsilon", "floatx", "get_uid", "image_data_format", "is_float_dtype", "is_int_dtype", "is_keras_tensor",
        "result_type", "set_epsilon", "set_floatx", "set_image_data_format", "standardize_dtype",
    }
)  # fmt: skip
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
