from __future__ import annotations

import builtins
import sys
from collections.abc import Iterator

from kdoctor.check import Finding, Severity, check
from kdoctor.document import Document
from kdoctor.objects import FUNCTION, Node, objects
from kdoctor.target import Target

# Keras writes plain functions of its own under this module, by their names: only Python's own names are foreign there.
BUILTINS = "builtins"
MAIN = "__main__"


@check("K801", Severity.ERROR, since="0.1.0")
def foreign_module(document: Document, target: Target) -> Iterator[Finding]:
    """The config names something of Python itself as if it were a part of the model: ``os.system``, ``builtins.eval``.

    Keras 3.0 to 3.8 import whatever module a config names and call what they find there (CVE-2025-1550); later releases refuse. A
    layer of the author's own package is a custom object (K301): this is about the standard library, which no model needs.
    """
    for node in objects(document):
        name = str(node.raw.get("config")) if node.class_name == FUNCTION else node.class_name
        if _foreign(node, name):
            yield Finding(
                node.at,
                f"the config names {node.module}.{name}, which belongs to Python and not to a model: it would be called",
                keras_says=f"TypeError: Could not locate {'function' if node.class_name == FUNCTION else 'class'} '{name}'.",
            )


def _foreign(node: Node, name: str) -> bool:
    root = (node.module or "").split(".")[0]
    if root == BUILTINS:
        return hasattr(builtins, name) and not name.startswith("__keras")
    return root != MAIN and root in sys.stdlib_module_names
