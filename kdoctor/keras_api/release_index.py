"""The catalogue's data, seen at one release: where each name leads. Parsed when first asked for."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from kdoctor.keras_api.api_object import OPAQUE, REQUIRED, ApiObject, Json, NoDefault

DATA = Path(__file__).with_name("catalogue.json")
FAMILY = "keras-3"
State = list[Any]


@functools.lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """The whole catalogue; `kdoctor.keras_api.spans.write_family` tells its shape."""
    parsed: dict[str, Any] = json.loads(DATA.read_bytes())
    return parsed


def family() -> dict[str, Any]:
    """The part of the catalogue about Keras 3."""
    found: dict[str, Any] = document()["families"][FAMILY]
    return found


@dataclass(frozen=True, slots=True)
class ReleaseIndex:
    """Names to real paths (``module.name``) at one release, and paths to states.

    symbols: first exported name -> path, what Keras registers; public: every exported name -> path; imports: module -> name -> path;
    tables: kind -> identifier -> path; reader: how the release's native reader looks objects up.
    """

    reader: Mapping[str, Any]
    states: Mapping[str, State]
    symbols: Mapping[str, str]
    public: Mapping[str, str]
    imports: Mapping[str, Mapping[str, str]]
    tables: Mapping[str, Mapping[str, str]]

    def object(self, path: str | None) -> ApiObject | None:
        """The object at a real path, or None when the release has none there."""
        return None if path is None or path not in self.states else _object(path, self.states[path])


@functools.lru_cache(maxsize=4)
def index_of(known_release: str) -> ReleaseIndex:
    """The index of a release that the catalogue lists."""
    data = family()
    position = data["releases"].index(known_release)
    targets = data["pools"]["targets"]
    states = {f"{module}.{name}": state for module, names in data["objects"].items() for name, state in _at(names, position).items()}
    exported = [(path, data["pools"]["exports"][state[4]]) for path, state in states.items()]
    return ReleaseIndex(
        reader=data["readers"][position],
        states=states,
        symbols={exports[0]: path for path, exports in exported if exports},
        public={export: path for path, exports in exported for export in exports},
        imports={module: {name: targets[at] for name, at in _at(names, position).items()} for module, names in data["imports"].items()},
        tables={kind: {name: targets[at] for name, at in _at(names, position).items()} for kind, names in data["tables"].items()},
    )


def _at(names: Mapping[str, list[list[Any]]], position: int) -> dict[str, Any]:
    """Of each name, the state whose span of releases covers the position."""
    return {name: state for name, spans in names.items() for first, last, state in spans if first <= position <= last}


@functools.cache
def _lineage(position: int) -> tuple[str, ...]:
    return tuple(family()["pools"]["lineages"][position])


def _object(path: str, state: State) -> ApiObject:
    kind, is_function, is_saveable, overrides, exports, signature, lineage = state
    module, _, name = path.rpartition(".")
    pools = family()["pools"]
    takes_anything, *positions = pools["signatures"][signature]
    return ApiObject(
        name=name,
        kind=kind,
        module=module,
        exports=tuple(pools["exports"][exports]),
        parameters=MappingProxyType(dict(_parameter(pools["parameters"][position]) for position in positions)),
        takes_anything=bool(takes_anything),
        is_function=bool(is_function),
        is_saveable=bool(is_saveable),
        lineage=_lineage(lineage),
        overrides=frozenset(overrides),
    )


def _parameter(written: str | list[Any]) -> tuple[str, Json | NoDefault]:
    if isinstance(written, str):
        return written, REQUIRED
    return written[0], written[1] if len(written) == 2 else OPAQUE
