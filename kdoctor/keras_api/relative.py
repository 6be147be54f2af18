"""Module paths relative to the package of their release: what only moved with its package stays the same from release to release."""

from __future__ import annotations

import dataclasses

from kdoctor.keras_api.facts import ObjectFacts, ReleaseFacts
from kdoctor.keras_api.families import ABROAD
from kdoctor.keras_api.hierarchy import Key


def relative(facts: ReleaseFacts, package: str) -> ReleaseFacts:
    """The facts with every path relative to the package; a path outside of it gets the mark `ABROAD`."""
    return ReleaseFacts(
        {_key(key, package): _object(found, package) for key, found in facts.objects.items()},
        {_key(place, package): _key(key, package) for place, key in facts.imports.items()},
        {place: _key(key, package) for place, key in facts.tables.items()},
        facts.reader,
        {_key(key, package): keys for key, keys in facts.config_keys.items()},
        {_key(key, package): interface for key, interface in facts.interfaces.items()},
        {_key(key, package): keys for key, keys in facts.keys_taken.items()},
    )


def relative_path(path: str, package: str) -> str:
    """``layers.core.dense`` of ``keras.src.layers.core.dense``; nothing of the package itself."""
    return path[len(package) + 1 :] if f"{path}.".startswith(f"{package}.") else ABROAD + path


def _key(key: Key, package: str) -> Key:
    return relative_path(key[0], package), key[1]


def _object(facts: ObjectFacts, package: str) -> ObjectFacts:
    return dataclasses.replace(facts, lineage=tuple(_key(base, package) for base in facts.lineage))
