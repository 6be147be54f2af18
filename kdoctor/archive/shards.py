"""Reads weights that ``save_weights(…, max_shard_size=…)`` split: a map in JSON, and the HDF5 files beside it that it names."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from kdoctor.archive.json_part import read_json
from kdoctor.archive.keras_parts import Found, merged, shard_map, weights_part
from kdoctor.archive.other import other
from kdoctor.archive.reading import Reading
from kdoctor.archive.snapshots import leads_elsewhere
from kdoctor.archive.zip.names import leads_out
from kdoctor.document import Fault, Format, Json, Weight
from kdoctor.errors import WriteError
from kdoctor.faults import FaultKind
from kdoctor.limits import Limits

MOST = 100_000  # shards: their numbers have five digits
MAP = "weights-map"  # the content of such a JSON file, in the words of the sniffer


def read_sharded(path: Path, limits: Limits) -> Reading:
    """The weights of all shards that are there, whose names are those of files in the map's own folder and of nothing else."""
    with open(path, "rb") as stream:
        data = stream.read(limits.json_bytes + 1)
    mapped = _mapped(data, limits)
    if not mapped:
        return other("json", {"head": ""})
    parts: dict[str, Json] = {"weights": {}, "attributes": {}}
    faults = shard_map(data, limits)
    held: dict[str, Mapping[str, int]] = {}
    for name, file in _files(path, mapped):
        found, wrong = _read(file, limits)
        held[name] = _held(found.get("weights", {}))
        merged(parts, found)
        faults += wrong
    beside = {name: _held(_read(file, limits)[0].get("weights", {})) for name, file in _beside(path, mapped)}
    return Reading(Format.H5_WEIGHTS, MAP, parts, (*faults, *_lost(mapped, held), *_unmapped(data, limits, held, beside)))


def _read(file: Path, limits: Limits) -> Found:
    with open(file, "rb") as stream:
        return weights_part(stream, os.fstat(stream.fileno()).st_size, limits)


def shard_files(path: Path, limits: Limits) -> list[Path]:
    """The shards of a map that are there, in its order. Raises `WriteError` where two of them hold an array of one path: only one of them is meant."""
    known: set[str] = set()
    files = []
    with open(path, "rb") as stream:
        mapped = _mapped(stream.read(limits.json_bytes + 1), limits)
    for name, file in _files(path, mapped):
        found, _ = _read(file, limits)
        if known & found["weights"].keys():
            raise WriteError(f"{name} holds arrays that another shard of {path} holds, too")
        known |= found["weights"].keys()
        files.append(file)
    return files


def shard_faults(data: bytes, present: Collection[str], weights: Mapping[str, Weight], limits: Limits) -> Iterator[Fault]:
    """A fault for every shard of a map that is not there, and for every one whose groups, as the map has them, are in none."""
    yield from _lost(_mapped(data, limits), dict.fromkeys(present, _held(weights)))


def _lost(mapped: Mapping[str, list[str]], held: Mapping[str, Collection[str]]) -> Iterator[Fault]:
    """``held``: shard -> the groups in it. A group that the map has in several shards need not be in each."""
    found = {group.strip("/") for group, names in mapped.items() if any(group.strip("/") in held.get(name, ()) for name in names)}
    for name, groups in _groups(mapped).items():
        if name not in held:
            yield _missing(name, False, groups)
        elif lost := [group for group in groups if group not in found]:
            yield _missing(name, True, lost)


def _unmapped(
    data: bytes, limits: Limits, held: Mapping[str, Mapping[str, int]], beside: Mapping[str, Mapping[str, int]]
) -> Iterator[Fault]:
    """A fault for every shard with groups that the map has nowhere: Keras looks for none of them.

    A file beside the map that it does not name may be left of an earlier save; it is of this one where the size that the map states says so.
    """
    mapped = {group.strip("/") for group in _mapped(data, limits)}

    def left_out(groups: Mapping[str, int]) -> list[str]:
        return [group for group in groups if group not in mapped and group.removesuffix("/vars") not in mapped]

    stated = _stated_size(data, limits)
    told = sum(size for groups in held.values() for size in groups.values())
    more = sum(groups[group] for groups in beside.values() for group in left_out(groups))
    for name, groups in (*held.items(), *beside.items()):
        if lost := left_out(groups):
            detail = {"name": name, "groups": lost, "sure": name in held or told + more == stated}
            yield Fault(FaultKind.UNMAPPED_GROUPS.value, "weights", detail)


def _stated_size(data: bytes, limits: Limits) -> Json:
    value, _ = read_json(data, "weights", limits)
    found = value.get("metadata") if isinstance(value, dict) else None
    return found.get("total_size") if isinstance(found, dict) else None


def _beside(path: Path, mapped: Mapping[str, list[str]]) -> Iterator[tuple[str, Path]]:
    """The files under the names that Keras gives to further shards of a map, as far as they follow each other."""
    named, base = _shards(mapped), path.stem.replace(".weights", "")
    for number in range(MOST):
        name = f"{base}_{number:05}.weights.h5"
        if name in named:
            continue
        if not _is_file(path.with_name(name)):
            return
        yield name, path.with_name(name)


def _held(weights: Mapping[str, Weight]) -> Mapping[str, int]:
    """The groups of arrays, and how many bytes are in each."""
    found: dict[str, int] = {}
    for path, weight in weights.items():
        group = path.rpartition("/")[0]
        found[group] = found.get(group, 0) + weight.bytes
    return found


def _files(path: Path, mapped: Mapping[str, list[str]]) -> Iterator[tuple[str, Path]]:
    """The shards that are there, by the names of files in the map's own folder and of nothing else."""
    for name in _shards(mapped):
        file = path.with_name(name) if not leads_out(name) and os.path.basename(name) == name and name not in ("", ".") else None
        if file is not None and _is_file(file):
            yield name, file


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
