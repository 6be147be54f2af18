"""What is wrong with the names in the config of a model: kinds that are no text, and names that are not there."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import count
from typing import NamedTuple

from kdoctor.document import ABSENT, Json
from kdoctor.edit import Edit
from kdoctor.pointer import Pointer
from kdoctor.structure.objects import Node
from kdoctor.structure.snake_case import snake_case


class Misfit(NamedTuple):
    """A place of the config that no loader reads, why, what Keras says, and what to write where nothing else can have stood there."""

    at: Pointer
    why: str
    keras_says: str
    layer: str | None = None
    cure: Edit | None = None


def in_root(model: Node) -> Iterator[Misfit]:
    """The name of the outermost model; of one within another it is that of a layer."""
    if (name := model.config.get("name")) is not None and not isinstance(name, str):
        says = f"ValueError: Argument `name` must be a string and cannot contain character `/`. Received: name={name}"
        cure = Edit(model.at / "config" / "name", old=name, new=str(name)) if type(name) is int else None
        yield Misfit(model.at / "config" / "name", f"the name of the {model.class_name} is {written(name)}, no text", says, cure=cure)


def nameless(model: Node, says: str) -> Misfit:
    """A model whose config has lost its name, which `Model.from_config` looks for; a Functional around it may tell it."""
    beside = model.raw.get("name")
    name = beside if isinstance(beside, str) and beside else snake_case(model.class_name)
    cure = Edit(model.at / "config" / "name", old=ABSENT, new=name) if isinstance(model.raw["config"], dict) else None
    return Misfit(model.at / "config", f"the config of the {model.class_name} has no 'name'", says, cure=cure)


def in_names(nodes: Sequence[Node], functional: bool) -> Iterator[Misfit]:
    """Layers without a name in their config: Keras calls them by their class, whoever else is called so."""
    taken = {node.config["name"] for node in nodes if isinstance(node.config.get("name"), str)}
    for node in nodes:
        name, stem = node.config.get("name"), snake_case(node.class_name)
        if name is not None and not isinstance(name, str):
            says = f"ValueError: Argument `name` must be a string and cannot contain character `/`. Received: name={name}"
            number = str(name) if type(name) is int and str(name) not in taken and not functional else None
            cure = None if number is None else Edit(node.at / "config" / "name", old=name, new=number)
            taken.add(number or "")
            yield Misfit(node.at / "config" / "name", f"the name of a {node.class_name} is {written(name)}, no text", says, cure=cure)
        elif name is None and stem in taken:
            says = (
                f"ValueError: All layers added to a Sequential model should have unique names. Name '{stem}' is already the name of a layer"
            )
            beside = node.raw.get("name")  # what a Functional calls it
            free = beside if isinstance(beside, str) and beside not in taken else _free(stem, taken)
            taken.add(free)
            old = node.config.get("name", ABSENT)
            edit = Edit(node.at / "config" / "name", old=old, new=free) if isinstance(node.raw["config"], dict) else None
            yield Misfit(node.at, f"a {node.class_name} has no name, and another layer has the one that it would be given", says, cure=edit)


def _free(stem: str, taken: Collection[str]) -> str:
    return next(name for number in count(1) if (name := f"{stem}_{number}") not in taken)


def written(value: Json) -> str:
    """A value for a sentence: its beginning, where it is long."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
