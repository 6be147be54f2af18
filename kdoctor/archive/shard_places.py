"""Shards that stand under each other's names, or under names of another kind: which of them each is, by the groups of arrays that are in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from kdoctor.archive.keras_parts import Found
from kdoctor.document import Weight

Groups = frozenset[str]


class Shard(NamedTuple):
    """A file of weights: the name that the map has for it, where it is, and what is in it."""

    name: str
    file: Path
    found: Found

    @property
    def groups(self) -> Mapping[str, int]:
        """The groups of arrays, and how many bytes are in each."""
        return held(self.found[0].get("weights", {}))


def held(weights: Mapping[str, Weight]) -> Mapping[str, int]:
    """The groups of arrays, and how many bytes are in each."""
    found: dict[str, int] = {}
    for path, weight in weights.items():
        group = path.rpartition("/")[0]
        found[group] = found.get(group, 0) + weight.bytes
    return found


def by_content(wanted: Mapping[str, Collection[str]], shards: Iterable[Shard]) -> dict[str, Shard]:
    """The shard for each name of a map under which there is none, or one that belongs under another name: only where one file alone has
    exactly its groups.

    wanted: name -> the groups that the map looks for there.
    """
    need = {name: bare(groups) for name, groups in wanted.items()}
    sorts = set(need.values())
    there = {shard.name: bare(shard.groups) for shard in shards}
    strange = [name for name, groups in there.items() if groups in sorts and groups != need.get(name)]
    lacking = [name for name, groups in need.items() if name not in there or name in strange or not groups <= there[name]]
    found = {shard.name: shard for shard in shards if shard.name in strange}
    most, asked = Counter(there[name] for name in found), Counter(need[name] for name in lacking)
    single = {there[name]: shard for name, shard in found.items() if most[there[name]] == asked[there[name]] == 1}
    return {name: single[need[name]]._replace(name=name) for name in lacking if need[name] in single}


def bare(groups: Iterable[str]) -> Groups:
    return frozenset(group.strip("/").removesuffix("/vars") for group in groups)
