"""What K506 tells of the author's own that an optimizer of Keras's holds: a learning-rate schedule, the optimizer within a LossScaleOptimizer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from kdoctor.document import Document, Json
from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.keras_api.compile_reader import Mention, unknown_schedule
from kdoctor.pointer import Pointer
from kdoctor.target import Target

from ._unknown_within import is_known_within

PUBLIC: Final = "keras.optimizers"


class Within(NamedTuple):
    """``kind`` is that of the catalogue, ``called`` what a reader calls it, ``holder`` the class that holds it; ``known`` tells one that the target
    has, and does not look for there."""

    at: Pointer
    kind: str
    called: str
    name: str
    holder: str
    keras_says: str
    known: bool = False


def within(mention: Mention, document: Document, target: Target) -> Iterator[Within]:
    """The optimizer first: it is read before its schedule. Keras 3 reads both as in an archive, whatever the file is."""
    stated = mention.arguments.get("inner_optimizer") if mention.kind == "optimizer" and mention.found is not None else None
    if isinstance(stated, Mapping) and (name := _of_nobody(stated, document, target)):
        at, says = mention.at / "config" / "inner_optimizer", _keras_says("optimizer", name, document, target)
        known = Catalogue.load(target.release, target.family).resolve(PUBLIC, name.rpartition(">")[2]) is not None
        yield Within(at, "optimizer", "optimizer", name, mention.name, says, known)
    if (schedule := unknown_schedule(mention, target)) is not None:
        says = _keras_says("decay", schedule.name, document, target)
        yield Within(schedule.at, "schedule", "learning-rate schedule", schedule.name, schedule.holder, says)


def _of_nobody(stated: Mapping[str, Json], document: Document, target: Target) -> str:
    """The class where Keras has none of its name and the user gives none; the empty text otherwise."""
    name, module = stated.get("class_name"), stated.get("module")
    if not isinstance(name, str) or target.is_given(name, stated.get("registered_name")) or is_known_within(stated, document, target):
        return ""
    found = target.keras_3 and isinstance(module, str) and Catalogue.load(target.release, target.family).resolve(module, name) is not None
    return "" if found else name


def _keras_says(what: str, name: str, document: Document, target: Target) -> str:
    if target.keras_3:
        return f"TypeError: Could not locate class '{name}'. Make sure custom classes and functions are decorated with …"
    if document.format.native:
        return f"TypeError: Cannot deserialize object of type `{name}`. If `{name}` is a custom class, please register it using …"
    return f"ValueError: Unknown {what}: {name!r}"
