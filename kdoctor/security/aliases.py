"""The objects that a loader may take for one of a name, whatever their class is called: a name in another place hid them from whoever looked there alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from kdoctor.document import Document
from kdoctor.structure.objects import FUNCTION, Node
from kdoctor.structure.outline import found_in_objects, objects_named


def going_by(document: Document, names: Iterable[str]) -> Iterator[tuple[str, Node]]:
    """Each with the name that it goes by: its class's, the one that it is registered under, which Keras before 3.9 sought in the module,
    too, or a function's own, since a class stands in the place of a function as well."""
    asked = sorted({*names})
    yield from ((node.class_name.rpartition(">")[2], node) for node in objects_named(document, asked))
    aliases = _aliases(document)
    yield from ((name, node) for name in asked for node in aliases.get(name, ()))


@lru_cache(maxsize=4)
def _aliases(document: Document) -> Mapping[str, list[Node]]:
    """Name -> the objects whose class has another one."""
    found: dict[str, list[Node]] = {}
    for name, node in found_in_objects(document, _other_names):
        found.setdefault(name, []).append(node)
    return found


def _other_names(node: Node) -> Iterator[tuple[str, Node]]:
    function, registered = node.class_name == FUNCTION, node.registered_name
    if function or (registered is not None and registered != node.class_name):
        names = (registered, node.raw.get("config") if function else None)
        for name in {name.rpartition(">")[2] for name in names if isinstance(name, str)} - {node.class_name.rpartition(">")[2]}:
            yield name, node
