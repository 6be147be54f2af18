"""Which releases, of any family, have ever known a name: what tells a class that Keras has retired from one of the user's own."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

from kdoctor.keras_api.families import FAMILIES
from kdoctor.keras_api.release_index import exported, family

Mask = int  # one bit per release of a family, the oldest lowest


def known_elsewhere(kind: str, name: str) -> tuple[str, ...]:
    """The known releases in which an object of the kind has the name, its own, an exported or an aliased one: ``keras==2.15.0``, …

    Oldest first within a family; empty for a name that Keras has never had. Kinds are those of `Catalogue.names`; a model counts
    where a layer may stand, and optimizers are sought in any letters.
    """
    found: list[str] = []
    for one in FAMILIES:
        masks = _masks(one.name)
        mask = 0
        for sought in ("layer", "model") if kind in ("layer", "model") else (kind,):
            mask |= masks.get((sought, name), 0) | (masks.get((sought, name.lower()), 0) if kind == "optimizer" else 0)
        if mask:
            found.extend(release.label for position, release in enumerate(one.releases) if mask >> position & 1)
    return tuple(found)


def told_of(kind: str, name: str, minor: tuple[int, int]) -> str:
    """What is to say of a name of Keras's that a release, by (major, minor), does not know; empty for a name that Keras has never had.

    ``it came with Keras 3.8`` where every release that has it is newer, else ``earlier releases had it``.
    """
    known = [tuple(map(int, label.rpartition("==")[2].split(".")[:2])) for label in known_elsewhere(kind, name)]
    if not known:
        return ""
    return f"it came with Keras {'.'.join(map(str, min(known)))}" if min(known) > minor else "earlier releases had it"


@functools.cache
def _masks(name: str) -> dict[tuple[str, str], Mask]:
    """(kind, name) to the releases of the family that know it."""
    masks: dict[tuple[str, str], Mask] = {}
    for kind, known, first, last in _spans(family(name)):
        masks[(kind, known)] = masks.get((kind, known), 0) | (1 << last + 1) - (1 << first)
    return masks


def _spans(data: dict[str, Any]) -> Iterator[tuple[str, str, int, int]]:
    pools = data["pools"]
    for kind, names in data["tables"].items():
        for name, spans in names.items():
            yield from ((kind, name, first, last) for first, last, _ in spans)
    for names in data["objects"].values():
        for name, spans in names.items():
            for first, last, state in spans:
                kind = pools["sorts"][state[0]][0]
                yield kind, name, first, last
                yield from ((kind, path.rpartition(".")[2], first, last) for path in exported(pools, state[1], name))
