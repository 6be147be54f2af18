from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Severity, check
from kdoctor.document import Document
from kdoctor.keras_api import habits
from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.security.guards import judged
from kdoctor.security.hostile import hostile_references, is_foreign
from kdoctor.structure.objects import Node
from kdoctor.structure.outline import found_in_objects
from kdoctor.target import Target

OWN = ("keras.layers", "keras", "keras.initializers", "keras.regularizers", "keras.constraints", "keras.optimizers", "keras.losses")


@check("K801", Severity.ERROR, mild=Severity.WARNING, since="0.1.0")
def foreign_module(document: Document, target: Target) -> Iterator[Finding]:
    """The config names something of Python itself, or of a tool, as if it were a part of the model: ``os.system``, ``pip.main``.

    Keras 3.0 to 3.8 import whatever module a config names and call what they find there (CVE-2025-1550); later releases refuse, and
    the finding says which the target is. A layer of the author's own package is a custom object (K301): this is about Python's standard
    library and the packages that stand beside Keras and hold no layer, which no model needs.

    A class of Keras itself under the registered name of another (``keras.layers.Dense``, registered as ``evil>Payload``) is looked
    up by that name first, before Keras 3.15: a warning there, and K306 where the target refuses it.
    """
    for found in hostile_references(document):
        if is_foreign(found):
            yield Finding(
                found.at,
                f"the config names {found.path}, which belongs to Python and not to a model: it would be called{judged(target, 'foreign-module')}",
                keras_says=f"TypeError: Could not locate {'function' if found.function else 'class'} '{found.name}'.",
            )
    if not habits.READS_MODULES_IN_HDF5.of(target) or (habits.REFUSES_REGISTERED_NAMES.of(target) and document.format.native):
        return
    for node in found_in_objects(document, _under_another_name):
        if _is_its_own(node, target):
            continue
        yield Finding(
            node.at,
            f"{node.module}.{node.class_name} is looked up as {node.registered_name!r} first{judged(target, 'registered-name')}",
            mild=True,
        )


def _under_another_name(node: Node) -> Iterator[Node]:
    other = (node.registered_name or "").rpartition(">")
    if other[1] and node.module in OWN and (other[0] != "Keras" or other[2] != node.class_name):
        yield node


def _is_its_own(node: Node, target: Target) -> bool:
    """Whether the target itself registers the class under this name: ``Custom>AdamW`` in Keras 2.8 to 2.15."""
    known = Catalogue.load(target.release, target.family).legacy("optimizer", node.registered_name or "")
    return known is not None and known.name == node.class_name
