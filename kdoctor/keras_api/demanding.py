"""Metrics, losses, optimizers and their schedules that cannot be made of what the file states."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from kdoctor.document import Document, Json
from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.keras_api.compile_demands import Unmet, unmet_demands
from kdoctor.keras_api.compile_reader import SCHEDULES, Mention, mentions
from kdoctor.pointer import Pointer
from kdoctor.target import Target


class Demanding(NamedTuple):
    """One object of the training state; ``form`` is that of its `Mention`, ``names`` what the user may call it by."""

    at: Pointer
    kind: str
    class_name: str
    form: str
    names: tuple[str, ...]
    arguments: Mapping[str, Json]
    unmet: tuple[Unmet, ...]

    @property
    def settable(self) -> frozenset[tuple[str, str]]:
        """What ``--set`` may say of it."""
        return frozenset((name, one.argument) for name in self.names for one in self.unmet if self.form == "object")


def demanding(document: Document, target: Target) -> Iterator[Demanding]:
    """Those of Keras's own for which arguments are missing, or refused, in a release of Keras 3."""
    for mention in mentions(document, target) if target.keras_3 else ():
        if mention.given:
            continue
        of = None if mention.kind == "optimizer" else mention.found or mention.meant
        if of is not None and (unmet := unmet_demands(of, mention.arguments)):
            yield Demanding(
                mention.at, mention.kind, of.name, mention.form, _names(of.name, mention.arguments), mention.arguments, tuple(unmet)
            )
        yield from _schedule(mention, target)


def _schedule(mention: Mention, target: Target) -> Iterator[Demanding]:
    stated = mention.arguments.get("learning_rate") if mention.kind == "optimizer" else None
    name = stated.get("class_name") if isinstance(stated, Mapping) else None
    if not isinstance(stated, Mapping) or not isinstance(name, str) or name in target.custom:
        return
    settings, of = stated.get("config"), Catalogue.load(target.release, target.family).resolve(SCHEDULES, name)
    if of is not None and isinstance(settings, Mapping) and (unmet := unmet_demands(of, settings)):
        yield Demanding(mention.at / "config" / "learning_rate", "schedule", name, "object", _names(name, settings), settings, tuple(unmet))


def _names(class_name: str, arguments: Mapping[str, Json]) -> tuple[str, ...]:
    called = arguments.get("name")
    return (called, class_name) if isinstance(called, str) else (class_name,)
