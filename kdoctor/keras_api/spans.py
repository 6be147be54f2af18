"""Facts of many releases as one compact document: what stayed the same between two releases is written once."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from kdoctor.keras_api.api_object import OPAQUE, REQUIRED, Json, NoDefault
from kdoctor.keras_api.constructor import Signature
from kdoctor.keras_api.facts import ObjectFacts, ReleaseFacts

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

    Its shape: ``releases``: names; ``readers``: one per release; ``pools``: values named by position elsewhere;
    ``objects``: module -> name -> [[first, last, state], …]; ``imports``: module -> name -> [[first, last, target], …];
    ``tables``: the same by kind. First and last are positions of releases, a target is one in its pool.
    A state is [kind, is_function, is_saveable, overrides, exports, signature, lineage], the last three positions in their pools.
    A signature is [takes_anything, position of a parameter, …]; a parameter is ``"units"`` (required), ``["axis", -1]`` (default)
    or ``["scale"]`` (a default that JSON cannot hold).
    """
    pools = {name: Pool() for name in ("exports", "parameters", "signatures", "lineages", "targets")}
    facts = list(releases.values())
    objects = _merge([release.objects for release in facts])
    imports = _merge([release.imports for release in facts])
    tables = _merge([release.tables for release in facts])

    def target(key: tuple[str, str]) -> int:
        return pools["targets"].position(f"{key[0]}.{key[1]}")

    return {
        "releases": list(releases),
        "readers": [
            {
                "by_symbol": release.reader.by_symbol,
                "saveable_only": release.reader.saveable_only,
                "keras_only": release.reader.keras_only,
                "has_api_folder": release.reader.has_api_folder,
                "builtin_modules": release.reader.builtin_modules,
                "kinds_by_module": release.reader.kinds_by_module,
                "refused": release.reader.refused,
            }
            for release in facts
        ],
        "objects": _nested({key: spans([state and _state(state, pools) for state in states]) for key, states in objects.items()}),
        "imports": _nested({key: spans([found and target(found) for found in states]) for key, states in imports.items()}),
        "tables": _nested({key: spans([found and target(found) for found in states]) for key, states in tables.items()}),
        "pools": {name: pool.values for name, pool in pools.items()},
    }


def _merge(mappings: list[dict[K, V]]) -> dict[K, list[V | None]]:
    """For every key, its value in each release."""
    keys = sorted({key for mapping in mappings for key in mapping}, key=str)
    return {key: [mapping.get(key) for mapping in mappings] for key in keys}


def _nested(flat: Mapping[tuple[str, str], Any]) -> dict[str, dict[str, Any]]:
    nested: dict[str, dict[str, Any]] = {}
    for (owner, name), value in flat.items():
        nested.setdefault(owner, {})[name] = value
    return nested


def _state(facts: ObjectFacts, pools: Mapping[str, Pool]) -> list[Any]:
    return [
        facts.kind,
        int(facts.is_function),
        int(facts.is_saveable),
        list(facts.overrides),
        pools["exports"].position(list(facts.exports)),
        pools["signatures"].position(_written(facts.signature, pools["parameters"])),
        pools["lineages"].position(list(facts.lineage)),
    ]


def _written(signature: Signature, parameters: Pool) -> list[int]:
    positions = (parameters.position(_parameter(name, default)) for name, default in signature.parameters.items())
    return [int(signature.takes_anything), *positions]


def _parameter(name: str, default: Json | NoDefault) -> Any:
    if default is REQUIRED:
        return name
    return [name] if default is OPAQUE else [name, default]
