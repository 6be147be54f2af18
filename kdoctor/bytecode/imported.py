"""Names that a user says are modules, or functions imported from one: ``--bind B=keras.backend``, ``--bind relu=tensorflow.nn.relu``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kdoctor.bytecode.called import called_names
from kdoctor.bytecode.code import Code
from kdoctor.bytecode.names import names_read

# The first part of a dotted name -> the package. What else a text says is a text.
ROOTS: Final = {name: name for name in ("tensorflow", "keras", "tf_keras", "numpy", "math")} | {"tf": "tensorflow", "np": "numpy"}
# TensorFlow's Keras still has the old backend.
MOVED: Final = {"keras": "tensorflow.keras", "keras.backend": "tensorflow.keras.backend"}


def is_path(text: str) -> bool:
    return text.partition(".")[0] in ROOTS and all(part.isidentifier() for part in text.split("."))


def imports(code: Code, bound: Mapping[str, object]) -> dict[str, tuple[str, str | None]]:
    """By name: the module, and the name in it, of what the code reads something from, or calls, and the user calls by a dotted name."""
    read, called = names_read(code), called_names(code)
    found: dict[str, tuple[str, str | None]] = {}
    for name, value in bound.items():
        reads = [each for each in read.globals if each.name == name]
        if isinstance(value, str) and is_path(value) and reads and all(each.attributes or name in called for each in reads):
            root, dot, rest = value.partition(".")
            path = MOVED.get(value, f"{ROOTS[root]}{dot}{rest}")
            module, _, part = path.rpartition(".")
            found[name] = (module, part) if module else (path, None)
    return found
