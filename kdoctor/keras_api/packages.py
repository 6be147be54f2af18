"""Known packages with classes for Keras: whose is an object that Keras itself does not know?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from kdoctor.keras_api.data import table
from kdoctor.structure.objects import FUNCTION, Node

COPIES = frozenset({"keras-core"})  # has the classes of Keras under their own names
CAPITALS = 2  # of a name that is no everyday word, such as Scale
MOST_OWNERS = 2  # a class name that more packages have tells nothing


class Package(NamedTuple):
    """What to install (``name``) and to import, the release whose source was read, and the Keras (2 or 3) that its classes are for."""

    name: str
    module: str
    release: str
    keras: int
    classes: frozenset[str]
    registered_as: frozenset[str]


@lru_cache(maxsize=1)
def packages() -> tuple[Package, ...]:
    """All of them: made by `kdoctor.keras_api.generate_packages`."""
    rows: Mapping[str, Mapping[str, object]] = table("packages.json")["packages"]
    return tuple(_package(name, row) for name, row in rows.items())


def _package(name: str, row: Mapping[str, object]) -> Package:
    registered = row["registered_as"]
    assert isinstance(registered, list)
    classes = frozenset(str(row["classes"]).split())
    return Package(name, str(row["import"]), str(row["release"]), 2 if row["keras"] == 2 else 3, classes, frozenset(registered))


def named(text: str) -> Package | None:
    """The package that is installed, or imported, under this name."""
    return next((one for one in packages() if text in (one.name, one.module)), None)


class Owner(NamedTuple):
    """``certain``: the file itself names the package, by a module or by the name that the class is registered under."""

    package: Package
    certain: bool


def owners(node: Node) -> tuple[Owner, ...]:
    """The packages that an object may be from; those that the file names before those that have a class of its name."""
    root = (node.module or "").split(".")[0]
    registered = _registered(node)
    if told := _told(root, registered):
        name = node.class_name.rpartition(">")[2]
        return tuple(Owner(one, True) for one in [one for one in told if name in one.classes] or told)
    unnamed = not registered and root in ("", "__main__", "builtins")
    alike = [*_alike(node)] if unnamed else []
    return tuple(Owner(one, False) for one in alike) if len(alike) <= MOST_OWNERS else ()


def _told(root: str, registered: frozenset[str]) -> list[Package]:
    if root and (imported := [one for one in packages() if root == one.module]):
        return imported
    return [one for one in packages() if registered & one.registered_as] if registered else []


def _registered(node: Node) -> frozenset[str]:
    """``Addons`` of ``Addons>GroupNormalization``; functions are registered so, too."""
    names = (node.registered_name, node.class_name, node.raw.get("config") if node.class_name == FUNCTION else None)
    found = (name.rpartition(">")[0] for name in names if isinstance(name, str) and ">" in name)
    return frozenset(found) - {"Custom", ""}


def _alike(node: Node) -> Iterator[Package]:
    name = node.class_name.rpartition(">")[2]
    if sum(letter.isupper() for letter in name) < CAPITALS:
        return
    yield from _having().get(name, ())


@lru_cache(maxsize=1)
def _having() -> Mapping[str, tuple[Package, ...]]:
    """Class name -> the packages that have a class of that name."""
    found: dict[str, tuple[Package, ...]] = {}
    for one in packages():
        if one.name not in COPIES:
            found.update((name, (*found.get(name, ()), one)) for name in one.classes)
    return found
