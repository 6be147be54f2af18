from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Severity, check
from kdoctor.document import Document
from kdoctor.hostile import called_name, is_pythons
from kdoctor.objects import FUNCTION, objects
from kdoctor.target import Target


@check("K801", Severity.ERROR, since="0.1.0")
def foreign_module(document: Document, target: Target) -> Iterator[Finding]:
    """The config names something of Python itself as if it were a part of the model: ``os.system``, ``builtins.eval``.

    Keras 3.0 to 3.8 import whatever module a config names and call what they find there (CVE-2025-1550); later releases refuse. A
    layer of the author's own package is a custom object (K301): this is about the standard library, which no model needs.
    """
    for node in objects(document):
        if is_pythons(node):
            name = called_name(node)
            yield Finding(
                node.at,
                f"the config names {node.module}.{name}, which belongs to Python and not to a model: it would be called",
                keras_says=f"TypeError: Could not locate {'function' if node.class_name == FUNCTION else 'class'} '{name}'.",
            )
