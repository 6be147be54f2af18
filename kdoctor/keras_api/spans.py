"""Facts of many releases as one compact document: what stayed the same between two releases is written once."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

from kdoctor.keras_api.api_object import OPAQUE, REQUIRED, Json, NoDefault
from kdoctor.keras_api.facts import ObjectFacts, ReleaseFacts
from kdoctor.keras_api.hierarchy import Key
from kdoctor.keras_api.interfaces import Interface

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Pool:
    """Values written once and named by their position."""

    values: list[Any] = field(default_factory=list)
    positions: dict[str, int] = field(default_factory=dict)

    def position(self, value: Any) -> int:
        text = json.dumps(value)
        if text not in self.positions:
            self.positions[text] = len(self.values)
            self.values.append(value)
        return self.positions[text]


@dataclass(frozen=True, slots=True)
class Pools:
    """The pools of one family, by name."""

    by_name: dict[str, Pool] = field(default_factory=dict)

    def put(self, pool: str, value: Any) -> int:
        """The position of a value in a pool."""
        return self.by_name.setdefault(pool, Pool()).position(value)

    def target(self, key: Key) -> int:
        """The position of a class or function."""
        return self.put("targets", f"{self.put('modules', key[0])}.{key[1]}")

    def interface(self, found: Interface) -> int:
        """The position of a converter of arguments."""
        return self.put("interfaces", [found.renamed, found.values, found.shim])

    def export(self, path: str, name: str) -> int | str:
        """A public path: the position of its module alone where it ends in the object's own name."""
        owner, _, last = path.rpartition(".")
        position = self.put("modules", owner)
        return position if last == name else f"{position}.{last}"

    def state(self, name: str, facts: ObjectFacts, config: tuple[str, ...]) -> list[int]:
        """Everything about an object, as positions."""
        signature = [self.put("parameters", parameter(name, default)) for name, default in facts.signature.parameters.items()]
        return [
            self.put("sorts", [facts.kind, int(facts.is_function), int(facts.is_saveable), list(facts.overrides)]),
            self.put("exports", [self.export(path, name) for path in facts.exports]),
            self.put("signatures", [int(facts.signature.takes_anything), *signature]),
            self.put("lineages", [self.target(base) for base in facts.lineage]),
            self.put("configs", [self.put("keys", group) for group in config]),
        ]


def spans(states: Iterable[V | None]) -> list[tuple[int, int, V]]:
    """Runs of equal states, (first release, last release, state) by position; None means that there is nothing."""
    found: list[tuple[int, int, V]] = []
    for position, state in enumerate(states):
        if state is None:
            continue
        if found and found[-1][1] == position - 1 and found[-1][2] == state:
            found[-1] = (found[-1][0], position, state)
        else:
            found.append((position, position, state))
    return found


def write_family(releases: Mapping[str, ReleaseFacts]) -> dict[str, Any]:
    """The JSON document of one family of releases, oldest first.

    Its shape: ``releases``: names; ``readers``: one position per release; ``pools``: values named by position elsewhere;
    ``objects``: module -> name -> [[first, last, state], …]; ``imports``: module -> name -> [[first, last, target], …];
    ``tables``: the same by kind; ``interfaces`` and ``taken``: module -> name -> [[first, last, position], …], in the pools
    ``interfaces`` and ``keys``. First and last are positions of releases.
    A state is [sort, exports, signature, lineage, config], all of them positions in the pools. A sort is
    [kind, is_function, is_saveable, overrides]; a lineage is a list of targets; a target is ``"17.Dense"``, with the position of a
    module; so is an export, or the module's position alone where the name is the object's. A signature is
    [takes_anything, position of a parameter, …]; a parameter is ``"units"`` (required), ``["axis", -1]`` (default) or ``["scale"]``
    (a default that JSON cannot hold). A config is a list of positions in the pool ``keys``, whose texts hold several keys each; an
    interface is [renamed, values, shim].
    """
    pools = Pools()
    facts = list(releases.values())
    objects = _merge([_states(release, pools) for release in facts])
    imports = _merge([{place: pools.target(key) for place, key in release.imports.items()} for release in facts])
    tables = _merge([{place: pools.target(key) for place, key in release.tables.items()} for release in facts])
    interfaces = _merge([{key: pools.interface(found) for key, found in release.interfaces.items()} for release in facts])
    taken = _merge([{key: pools.put("keys", " ".join(found)) for key, found in release.keys_taken.items()} for release in facts])
    return {
        "releases": list(releases),
        "readers": [pools.put("readers", asdict(release.reader)) for release in facts],
        "objects": _nested({key: spans(states) for key, states in objects.items()}),
        "imports": _nested({key: spans(states) for key, states in imports.items()}),
        "tables": _nested({key: spans(states) for key, states in tables.items()}),
        "interfaces": _nested({key: spans(states) for key, states in interfaces.items()}),
        "taken": _nested({key: spans(states) for key, states in taken.items()}),
        "pools": {name: pool.values for name, pool in pools.by_name.items()},
    }


def _states(release: ReleaseFacts, pools: Pools) -> dict[Key, list[int]]:
    return {key: pools.state(key[1], facts, release.config_keys.get(key, ())) for key, facts in release.objects.items()}


def _merge(mappings: list[dict[K, V]]) -> dict[K, list[V | None]]:
    """For every key, its value in each release."""
    keys = sorted({key for mapping in mappings for key in mapping}, key=str)
    return {key: [mapping.get(key) for mapping in mappings] for key in keys}


def _nested(flat: Mapping[tuple[str, str], Any]) -> dict[str, dict[str, Any]]:
    nested: dict[str, dict[str, Any]] = {}
    for (owner, name), value in flat.items():
        nested.setdefault(owner, {})[name] = value
    return nested


def parameter(name: str, default: Json | NoDefault) -> Any:
    """A parameter as the data files have it, see `write_family`."""
    if default is REQUIRED:
        return name
    return [name] if default is OPAQUE else [name, default]
