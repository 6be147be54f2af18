"""The catalogue's data, seen at one release: where each name leads. Parsed when first asked for."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from kdoctor.keras_api.api_object import OPAQUE, REQUIRED, ApiObject, Json, NoDefault, OldArguments
from kdoctor.keras_api.data import FOLDER, table
from kdoctor.keras_api.families import ABROAD, FAMILIES, KERAS_3

DATA = FOLDER / KERAS_3.file
State = list[int]
Named = Mapping[str, Mapping[str, list[list[Any]]]]


@functools.cache
def document(name: str = KERAS_3.name) -> dict[str, Any]:
    """One family's part of the catalogue; `kdoctor.keras_api.spans.write_family` tells its shape."""
    file = next(family.file for family in FAMILIES if family.name == name)
    return table(file)


def family(name: str = KERAS_3.name) -> dict[str, Any]:
    """What the catalogue says about a family, that of Keras 3 unless another is named."""
    found: dict[str, Any] = document(name)["families"][name]
    return found


@dataclass(frozen=True, slots=True)
class ReleaseIndex:
    """Names to real paths (``module.name``) at one release, and paths to states.

    symbols: exported names that Keras registers -> path; public: every exported name -> path; imports: module -> name -> path;
    tables: kind -> identifier -> path; interfaces, taken: path -> position of its converter, of the keys that its ``from_config`` takes;
    reader: how the release's native reader looks objects up.
    """

    reader: Mapping[str, Any]
    states: Mapping[str, State]
    symbols: Mapping[str, str]
    public: Mapping[str, str]
    imports: Mapping[str, Mapping[str, str]]
    tables: Mapping[str, Mapping[str, str]]
    interfaces: Mapping[str, int]
    taken: Mapping[str, int]
    _pools: Mapping[str, list[Any]]
    _paths: list[str]
    _made: dict[str, ApiObject] = field(default_factory=dict)  # a model of 10,000 layers asks for a few objects 100,000 times

    def object(self, path: str | None) -> ApiObject | None:
        """The object at a real path, or None when the release has none there."""
        if path is None or path not in self.states:
            return None
        if path not in self._made:
            self._made[path] = self._object(path)
        return self._made[path]

    def _object(self, path: str) -> ApiObject:
        sort, exports, signature, lineage, config = self.states[path]
        kind, is_function, is_saveable, overrides = self._pools["sorts"][sort]
        module, _, name = path.rpartition(".")
        takes_anything, *positions = self._pools["signatures"][signature]
        return ApiObject(
            name=name,
            kind=kind,
            module=module,
            exports=tuple(exported(self._pools, exports, name)),
            parameters=MappingProxyType(dict(as_parameter(self._pools["parameters"][position]) for position in positions)),
            takes_anything=bool(takes_anything),
            is_function=bool(is_function),
            is_saveable=bool(is_saveable),
            lineage=tuple(self._paths[position] for position in self._pools["lineages"][lineage]),
            overrides=frozenset(overrides),
            config_keys=tuple(
                dict.fromkeys(key for position in self._pools["configs"][config] for key in self._pools["keys"][position].split())
            ),
            keys_taken=tuple(self._pools["keys"][self.taken[path]].split()) if path in self.taken else (),
            old_arguments=self._old_arguments(path),
        )

    def kind(self, path: str) -> str:
        """The kind of the object at a real path."""
        return str(self._pools["sorts"][self.states[path][0]][0])

    def _old_arguments(self, path: str) -> OldArguments | None:
        position = self.interfaces.get(path)
        return None if position is None else OldArguments(*self._pools["interfaces"][position])


@functools.lru_cache(maxsize=4)
def index_of(known_release: str, name: str = KERAS_3.name) -> ReleaseIndex:
    """The index of a release that the family's part of the catalogue lists."""
    data = family(name)
    pools = data["pools"]
    position = data["releases"].index(known_release)
    reader = pools["readers"][data["readers"][position]]
    package = reader["package"] if name != KERAS_3.name else ""
    paths = [
        f"{absolute(pools['modules'][int(module)], package)}.{name}"
        for module, _, name in (text.partition(".") for text in pools["targets"])
    ]
    states = {f"{absolute(module, package)}.{name}": state for module, name, state in _at(data["objects"], position)}
    exports = [(path, list(exported(pools, state[1], path.rpartition(".")[2]))) for path, state in states.items()]
    registered = 1 if name == KERAS_3.name else None  # Keras 3 registers an object's first name only
    return ReleaseIndex(
        reader=reader,
        states=states,
        symbols={export: path for path, found in exports for export in found[:registered]},
        public={export: path for path, found in exports for export in found},
        imports=_nested((absolute(module, package), name, paths[at]) for module, name, at in _at(data["imports"], position)),
        tables=_nested((kind, name, paths[at]) for kind, name, at in _at(data["tables"], position)),
        interfaces={f"{absolute(module, package)}.{name}": at for module, name, at in _at(data["interfaces"], position)},
        taken={f"{absolute(module, package)}.{name}": at for module, name, at in _at(data["taken"], position)},
        _pools=pools,
        _paths=paths,
    )


def absolute(path: str, package: str) -> str:
    """The full path of a module that is written relative to the package of its release."""
    if path.startswith(ABROAD):
        return path[len(ABROAD) :]
    return f"{package}.{path}" if package and path else package or path


def exported(pools: Mapping[str, list[Any]], position: int, name: str) -> Iterator[str]:
    """The public paths of an object of that name."""
    for export in pools["exports"][position]:
        module, _, other = str(export).partition(".")
        yield f"{pools['modules'][int(module)]}.{other or name}"


def _at(named: Named, position: int) -> Iterator[tuple[str, str, Any]]:
    """Of each name, the state whose span of releases covers the position."""
    for owner, names in named.items():
        for name, spans in names.items():
            for first, last, state in spans:
                if first <= position <= last:
                    yield owner, name, state


def _nested(found: Iterator[tuple[str, str, str]]) -> dict[str, dict[str, str]]:
    nested: dict[str, dict[str, str]] = {}
    for owner, name, path in found:
        nested.setdefault(owner, {})[name] = path
    return nested


def as_parameter(written: str | list[Any]) -> tuple[str, Json | NoDefault]:
    """A parameter of the data files: its name and its default."""
    if isinstance(written, str):
        return written, REQUIRED
    return written[0], written[1] if len(written) == 2 else OPAQUE
