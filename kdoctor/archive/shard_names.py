"""The names of the files that weights are split over, which Keras makes of the name of their map."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from kdoctor.document import Fault
from kdoctor.faults import FaultKind

ENDING = ".weights.json"  # the only one that ``load_weights`` takes for a map
SHARD = re.compile(r"(.+)_([0-9]{5})\.weights\.h5")


class Called(NamedTuple):
    """The file for each name in a map, and what is wrong with the name of the map itself."""

    files: Mapping[str, str]
    faults: tuple[Fault, ...] = ()


def called(name: str, shards: Collection[str], there: Callable[[str], bool]) -> Called:
    """What a map of this name opens. ``ShardedH5IOStore`` opens the first shard by the map's name before it looks into the map, and each other one
    by its name there: neither the map alone can be renamed, nor the map and its shards. In the second case the files under the map's name are meant.
    """
    files = {shard: shard for shard in shards}
    stems = {found[1] for shard in shards if (found := SHARD.fullmatch(shard))}
    base = stem(name)
    first = shard_of(base, 0)
    if len(stems) != 1 or base in stems:
        right = f"{base}{ENDING}"
        wrong = bool(shards) and name != right and base in stems
        return Called(files, (_fault(name, first, right, ()),) if wrong else ())
    (old,) = stems
    beside = {shard: base + shard.removeprefix(old) for shard in shards}
    if not any(there(shard) for shard in shards) and all(there(found) for found in beside.values()):
        return Called(beside, (_fault(name, min(shards), name, tuple(beside.items())),))
    return Called(files, () if there(first) else (_fault(name, first, f"{old}{ENDING}", ()),))


def stem(name: str) -> str:
    """What a map's name begins the names of its shards with."""
    return name.rpartition(".")[0].replace(".weights", "")


def shard_of(base: str, number: int) -> str:
    return f"{base}_{number:05}.weights.h5"


def _fault(name: str, opened: str, right: str, beside: tuple[tuple[str, str], ...]) -> Fault:
    detail = {"name": name, "opened": opened, "right": right, "beside": [list(pair) for pair in beside]}
    return Fault(FaultKind.RENAMED_MAP.value, "weights", detail)
