"""Reads weights that ``save_weights(…, max_shard_size=…)`` split: a map in JSON, and the HDF5 files beside it that it names."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from kdoctor.archive.json_part import read_json
from kdoctor.archive.keras_parts import merged, shard_map, weights_part
from kdoctor.archive.other import other
from kdoctor.archive.reading import Reading
from kdoctor.archive.zip.names import leads_out
from kdoctor.document import Fault, Format, Json, Weight
from kdoctor.faults import FaultKind
from kdoctor.limits import Limits

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
    present = set()
    for name in _shards(mapped):
        file = path.with_name(name) if not leads_out(name) and os.path.basename(name) == name and name not in ("", ".") else None
        if file is not None and _is_file(file):
            present.add(name)
            with open(file, "rb") as stream:
                found, wrong = weights_part(stream, os.fstat(stream.fileno()).st_size, limits)
            merged(parts, found)
            faults += wrong
    return Reading(Format.H5_WEIGHTS, MAP, parts, (*faults, *shard_faults(data, present, parts["weights"], limits)))


def shard_faults(data: bytes, present: Collection[str], weights: Mapping[str, Weight], limits: Limits) -> Iterator[Fault]:
    """A fault for every shard of a map that is not there, and for every one that has not all groups that the map looks for in it."""
    mapped = _mapped(data, limits)
    held = {path.rpartition("/")[0] for path in weights}
    for name, groups in _groups(mapped).items():
        if name not in present:
            yield _missing(name, False, groups)
        elif lost := [group for group in groups if group not in held]:
            yield _missing(name, True, lost)


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
        return stat.S_ISREG(os.lstat(path).st_mode)
    except (OSError, ValueError):
        return False
