"""The three parts of a native Keras file from their bytes, whether they stand in a zip or in a folder."""

from __future__ import annotations

from typing import IO, BinaryIO, Final, TypeAlias, cast

from kdoctor.archive.glance import glanced
from kdoctor.archive.json_part import read_json
from kdoctor.archive.zip.names import CONFIG, METADATA, SHARD_MAP, WEIGHTS, leads_out
from kdoctor.document import ABSENT, Fault, Json
from kdoctor.faults import FaultKind
from kdoctor.limits import Limits

Found: TypeAlias = "tuple[dict[str, Json], list[Fault]]"  # parts of a document, and what is wrong with them
JSON_PARTS: Final = {METADATA: "metadata", CONFIG: "config"}
_OF_MODELS: Final = ("model_config", "training_config")  # parts of their own in a document


def json_part(data: bytes, part: str, limits: Limits) -> Found:
    """``config`` and ``training``, or ``metadata``, from the bytes of config.json or metadata.json."""
    value, faults = read_json(data, part, limits)
    if value is ABSENT:
        return {}, faults
    if part == "config":
        return split_config(value), faults
    if not value.get("keras_version"):
        faults.append(missing("keras_version", part))
    return {part: value}, faults


def split_config(config: dict[str, Json]) -> dict[str, Json]:
    """``config`` without its compile_config, and ``training`` where that holds anything (Keras writes null for a model not compiled)."""
    training = config.get("compile_config")
    rest = {key: value for key, value in config.items() if key != "compile_config"}
    return {"config": rest, "training": training} if training not in (None, {}) else {"config": rest}


def weights_part(stream: IO[bytes], size: int, limits: Limits) -> Found:
    """``weights`` and ``attributes`` of an HDF5 file of weights."""
    from kdoctor.archive.h5 import joined
    from kdoctor.archive.hdf5.structure import read_hdf5, user_block

    found = read_hdf5(cast(BinaryIO, stream), size, limits)
    attributes = {group: joined(values) for group, values in found.attributes.items()}
    if "/" in attributes:
        attributes["/"] = {name: value for name, value in attributes["/"].items() if name not in _OF_MODELS}
    wrong = (*found.faults, *user_block(cast(BinaryIO, stream), found), *(() if found.faults else glanced(stream, found.weights)))
    faults = [Fault(fault.kind, "weights", fault.detail) for fault in wrong]
    return {"weights": dict(found.weights), "attributes": attributes}, faults


def shard_map(data: bytes, limits: Limits) -> list[Fault]:
    """What is wrong with the map of a model whose weights stand in several files: each file is opened by the name it has there."""
    value, faults = read_json(data, "weights", limits)
    listed = value.get("weight_map") if isinstance(value, dict) else None
    names = {name for found in (listed.values() if isinstance(listed, dict) else ()) for name in _texts(found)}
    wrong = {name: why for name in sorted(names) if (why := leads_out(name))}
    if wrong:
        faults.append(Fault(FaultKind.PATH_TRAVERSAL.value, "weights", {"names": list(wrong), "why": wrong, "listed_in": SHARD_MAP}))
    return faults


def numpy_weights(faults: list[Fault], others: bool) -> list[Fault]:
    """What is wrong with a NumPy archive of weights: Keras keeps a dict for each layer in one, an object, and takes nothing from one of numbers."""
    held = any(fault.kind == FaultKind.OBJECT_ARRAY for fault in faults)
    return faults if held or others else [*faults, missing(WEIGHTS)]


def _texts(value: Json) -> list[str]:
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)]


def merged(into: dict[str, Json], parts: dict[str, Json]) -> None:
    """Add the weights and attributes of one shard to those of the others."""
    for part, values in parts.items():
        into.setdefault(part, {}).update(values)


def missing(name: str, part: str = "file") -> Fault:
    """A part, or an entry of metadata.json, that Keras would want."""
    return Fault(FaultKind.MISSING_PART.value, part, {"name": name})
