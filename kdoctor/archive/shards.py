"""Reads weights that ``save_weights(…, max_shard_size=…)`` split: a map in JSON, and the HDF5 files beside it that it names."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from kdoctor.archive.json_part import read_json
from kdoctor.archive.keras_parts import Found, merged, shard_map, weights_part
from kdoctor.archive.other import other
from kdoctor.archive.reading import Reading
from kdoctor.archive.shard_names import called, shard_of, stem
from kdoctor.archive.shard_places import Shard, bare, by_content, held
from kdoctor.archive.snapshots import leads_elsewhere
from kdoctor.archive.zip.names import leads_out
from kdoctor.document import Fault, Format, Json, Weight
from kdoctor.errors import WriteError
from kdoctor.faults import FaultKind
from kdoctor.limits import Limits

MOST = 100_000  # shards: their numbers have five digits
MOST_OTHERS = 200  # files beside a map that may be its shards under other names
MAP = "weights-map"  # the content of such a JSON file, in the words of the sniffer


class Shards(NamedTuple):
    """The files that hold the weights, in their order, and what is wrong with the map."""

    files: tuple[Shard, ...]
    faults: tuple[Fault, ...]


def read_sharded(path: Path, limits: Limits) -> Reading:
    """The weights of all shards that are there, whose names are those of files in the map's own folder and of nothing else."""
    with open(path, "rb") as stream:
        data = stream.read(limits.json_bytes + 1)
    mapped = _mapped(data, limits)
    if not mapped:
        return other("json", {"head": ""})
    parts: dict[str, Json] = {"weights": {}, "attributes": {}}
    faults = shard_map(data, limits)
    shards = _shards_of(path, data, mapped, limits)
    for shard in shards.files:
        found, wrong = shard.found
        merged(parts, found)
        faults += wrong
    lost = list(_lost(mapped, {shard.name: shard.groups for shard in shards.files}))
    return Reading(Format.H5_WEIGHTS, MAP, parts, (*faults, *_perhaps(path, mapped, lost, limits), *shards.faults))


def _shards_of(path: Path, data: bytes, mapped: Mapping[str, list[str]], limits: Limits) -> Shards:
    """The shards that the map names, and those that it leaves out where the size that it states says that they belong to them."""
    names = called(path.name, _shards(mapped), lambda name: _plain(path, name) is not None)
    files = [(name, file) for name, actual in names.files.items() if (file := _plain(path, actual)) is not None]
    shards = [Shard(name, file, _read(file, limits)) for name, file in files]
    taken = {*names.files, *names.files.values()}
    beside = [Shard(name, file, _read(file, limits)) for name, file in _beside(path, taken)]
    moved = by_content(_groups(mapped), (*shards, *beside))
    if not shards and not beside:
        moved = _all_renamed(path, data, mapped, limits)
    files_moved = {shard.file for shard in moved.values()}
    shards = [*(shard for shard in shards if shard.file not in files_moved and shard.name not in moved), *moved.values()]
    beside = [shard for shard in beside if shard.file not in files_moved]
    sure = bool(beside) and _size((*shards, *beside)) == _stated_size(data, limits)
    shards = sorted((*shards, *beside) if sure else shards, key=lambda shard: shard.name)
    lost = _left_out(mapped, shards)
    perhaps = {} if sure else {group: held for group, held in _left_out(mapped, beside).items() if not _named(mapped, group)}
    faults = [_unmapped(found, certain) for found, certain in ((lost, True), (perhaps, False)) if found]
    renamed = [Fault(FaultKind.RENAMED_SHARD.value, "weights", {"name": n, "file": moved[n].file.name}) for n in sorted(moved)]
    return Shards(tuple(shards), (*names.faults, *faults, *renamed))


def _all_renamed(path: Path, data: bytes, mapped: Mapping[str, list[str]], limits: Limits) -> dict[str, Shard]:
    """Every shard under a name that the map has not, where the files that are there are all of them, and as large as the map states."""
    found = by_content(_groups(mapped), _others(path, mapped, limits))
    whole = found.keys() == _shards(mapped).keys() and _size(found.values()) == _stated_size(data, limits)
    return found if whole else {}


def _others(path: Path, mapped: Mapping[str, list[str]], limits: Limits) -> list[Shard]:
    """The HDF5 files beside a map that it does not name."""
    names = sorted(name for name in os.listdir(path.parent) if name.endswith((".h5", ".hdf5")) and name not in _shards(mapped))
    return [Shard(name, file, _read(file, limits)) for name in names[:MOST_OTHERS] if (file := _plain(path, name)) is not None]


def _perhaps(path: Path, mapped: Mapping[str, list[str]], lost: list[Fault], limits: Limits) -> Iterator[Fault]:
    """The faults of shards that are not there, with the files that hold the same groups: they may be of another save of the same model."""
    wanted = _groups(mapped)
    others = _others(path, mapped, limits) if any(not fault.detail["there"] for fault in lost) else []
    for fault in lost:
        groups = bare(wanted[fault.detail["name"]])
        perhaps = [other.name for other in others if bare(other.groups) == groups] if not fault.detail["there"] else []
        yield replace(fault, detail={**fault.detail, "perhaps": perhaps}) if perhaps else fault


def _size(shards: Iterable[Shard]) -> int:
    return sum(size for shard in shards for size in shard.groups.values())


def _unmapped(groups: Mapping[str, list[str]], sure: bool) -> Fault:
    return Fault(FaultKind.UNMAPPED_GROUPS.value, "weights", {"groups": dict(groups), "sure": sure})


def _left_out(mapped: Mapping[str, list[str]], shards: Iterable[Shard]) -> dict[str, list[str]]:
    """The groups of which Keras looks for some arrays, or all, in none of the shards that hold them -> all the shards that do.

    Not those that stand elsewhere alone than the map says, and not arrays that two shards hold: then a shard is not the one that belongs here.
    """
    found: dict[str, dict[str, list[str]]] = {}  # group -> shard -> keys
    for shard in shards:
        for path in shard.found[0].get("weights", {}):
            group, _, key = path.rpartition("/")
            found.setdefault(group, {}).setdefault(shard.name, []).append(key)
    left = {}
    for group, inside in found.items():
        keys, named = [key for some in inside.values() for key in some], _named(mapped, group)
        if not inside.keys() <= named and (not named or (not named.isdisjoint(inside) and len({*keys}) == len(keys))):
            left[group] = [*inside]
    return left


def _named(mapped: Mapping[str, list[str]], group: str) -> set[str]:
    """The shards that a map names for a group."""
    return {name for step in (group, group.removesuffix("/vars")) for slash in ("/", "") for name in mapped.get(f"{slash}{step}", ())}


def _read(file: Path, limits: Limits) -> Found:
    with open(file, "rb") as stream:
        return weights_part(stream, os.fstat(stream.fileno()).st_size, limits)


def shard_files(path: Path, limits: Limits) -> list[Path]:
    """The shards of a map that are there, in its order. Raises `WriteError` where two of them hold an array of one path: only one of them is meant."""
    known: set[str] = set()
    with open(path, "rb") as stream:
        data = stream.read(limits.json_bytes + 1)
    shards = _shards_of(path, data, _mapped(data, limits), limits).files
    for shard in shards:
        held = shard.found[0]["weights"].keys()
        if known & held:
            raise WriteError(f"{shard.file.name} holds arrays that another shard of {path} holds, too")
        known |= held
    return [shard.file for shard in shards]


def shard_faults(data: bytes, present: Collection[str], weights: Mapping[str, Weight], limits: Limits) -> Iterator[Fault]:
    """A fault for every shard of a map that is not there, and for every one whose groups, as the map has them, are in none."""
    yield from _lost(_mapped(data, limits), dict.fromkeys(present, held(weights)))


def _lost(mapped: Mapping[str, list[str]], held: Mapping[str, Collection[str]]) -> Iterator[Fault]:
    """``held``: shard -> the groups in it. A group that the map has in several shards need not be in each."""
    found = {group.strip("/") for group, names in mapped.items() if any(group.strip("/") in held.get(name, ()) for name in names)}
    for name, groups in _groups(mapped).items():
        if name not in held:
            yield _missing(name, False, groups)
        elif lost := [group for group in groups if group not in found]:
            yield _missing(name, True, lost)


def _stated_size(data: bytes, limits: Limits) -> Json:
    value, _ = read_json(data, "weights", limits)
    found = value.get("metadata") if isinstance(value, dict) else None
    return found.get("total_size") if isinstance(found, dict) else None


def _beside(path: Path, known: Collection[str]) -> Iterator[tuple[str, Path]]:
    """The files under the names that Keras gives to further shards of a map, as far as they follow each other."""
    for number in range(MOST):
        name = shard_of(stem(path.name), number)
        if name in known:
            continue
        file = _plain(path, name)
        if file is None:
            return
        yield name, file


def _plain(path: Path, name: str) -> Path | None:
    """The file of this name in the map's own folder; None where there is none, or the name leads elsewhere."""
    own = not leads_out(name) and os.path.basename(name) == name and name not in ("", ".")
    return file if own and _is_file(file := path.with_name(name)) else None


def _mapped(data: bytes, limits: Limits) -> dict[str, list[str]]:
    """Group -> the shards that hold its arrays; empty where the text is no map."""
    value, _ = read_json(data, "weights", limits)
    found = value.get("weight_map") if isinstance(value, dict) else None
    if not isinstance(found, dict):
        return {}
    lists = {group: [names] if isinstance(names, str) else names for group, names in found.items()}
    return {group: [name for name in names if isinstance(name, str)] for group, names in lists.items() if isinstance(names, list)}


def _shards(mapped: Mapping[str, list[str]]) -> dict[str, None]:
    return dict.fromkeys(shard for shards in mapped.values() for shard in shards)


def _groups(mapped: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Shard -> the groups that the map looks for in it."""
    found: dict[str, list[str]] = {}
    for group, shards in mapped.items():
        for shard in dict.fromkeys(shards):
            found.setdefault(shard, []).append(group.strip("/"))
    return found


def _missing(name: str, there: bool, groups: list[str]) -> Fault:
    return Fault(FaultKind.MISSING_SHARD.value, "weights", {"name": name, "there": there, "groups": groups})


def _is_file(path: Path) -> bool:
    try:
        return stat.S_ISREG((os.lstat if leads_elsewhere(path) else os.stat)(path).st_mode)
    except (OSError, ValueError):
        return False
