"""A SavedModel, as a folder or one of its files: what it says of itself, and what Keras wrote down of its layers, code among it.

Keras 2.5 to 2.15 write the configs of a model and of each of its layers into keras_metadata.pb, TensorFlow 2.2 to 2.4 into the program;
``load_model`` of the folder makes the layers of them, Lambdas too, and no safe mode stands before that.
"""

from __future__ import annotations

import mmap
from dataclasses import asdict, replace
from pathlib import Path
from typing import BinaryIO, Final

from kdoctor.archive.json_part import read_json
from kdoctor.archive.other import other
from kdoctor.archive.reading import Reading
from kdoctor.archive.zip.member import limit_fault
from kdoctor.document import ABSENT, Fault, Json
from kdoctor.faults import FaultKind
from kdoctor.limits import Limits
from kdoctor.saved_model.objects import stored_objects
from kdoctor.saved_model.signatures import KERAS_METADATA, PROGRAM, describe
from kdoctor.saved_model.wire import MalformedMessage

CONTENT: Final = "saved-model"
PART: Final = "objects"
STARTS_PROGRAM: Final = b"\x08\x01\x12"  # schema version 1, then the first graph
AGAIN: Final = "model_config"  # beside class and config, which it repeats
NUMBERING: Final = "shared_object_id"  # stands in an object's own config, and not in the model's


def read_saved_model(folder: Path, limits: Limits, detail: dict[str, Json]) -> Reading:
    """The reading of a SavedModel's folder."""
    found = describe(folder)
    whole = {**detail, **({} if found is None else asdict(found))}
    for name in (KERAS_METADATA, PROGRAM):  # Keras looks into the second where the first is not there
        path = folder / name
        if path.is_file() and path.stat().st_size:
            with (
                open(path, "rb") as stream,
                mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as mapped,
                memoryview(mapped) as message,
            ):
                return _reading(message, name == PROGRAM, limits, whole)
    return other(CONTENT, whole)


def read_saved_model_file(stream: BinaryIO, size: int, limits: Limits) -> Reading:
    """The reading of one of its files, from wherever it comes."""
    if size > limits.json_bytes:
        return _with(other(CONTENT, {}), {}, [limit_fault(PART, "json_bytes", limits.json_bytes, size)])
    stream.seek(0)
    data = stream.read(size)
    return _reading(memoryview(data), data.startswith(STARTS_PROGRAM), limits, {})


def _reading(message: memoryview, is_program: bool, limits: Limits, detail: dict[str, Json]) -> Reading:
    try:
        objects, faults = _objects(message, is_program, limits)
    except MalformedMessage as error:
        name = PROGRAM if is_program else KERAS_METADATA
        wrong = Fault(FaultKind.JSON_MALFORMED.value, PART, {"line": 1, "column": 1, "why": str(error), "buffer": name})
        objects, faults = {}, [wrong]
    return _with(other(CONTENT, detail), {PART: objects}, faults)


def _with(reading: Reading, parts: dict[str, Json], faults: list[Fault]) -> Reading:
    return replace(reading, parts=parts, faults=(*reading.faults, *faults))


def _objects(message: memoryview, is_program: bool, limits: Limits) -> tuple[dict[str, Json], list[Fault]]:
    """The JSON of each object by its path. What stands in a model and again by itself, as Keras writes it, is kept once."""
    objects: dict[str, Json] = {}
    faults: list[Fault] = []
    known = _Known()
    left = limits
    for number, (path, text) in enumerate(stored_objects(message, is_program=is_program)):
        data = text.encode("utf-8", "surrogatepass")
        if number >= limits.members or len(data) > left.json_bytes or not left.json_values:
            return objects, [*faults, limit_fault(PART, "json_bytes", limits.json_bytes, len(message))]
        value, wrong = read_json(data, PART, left)
        faults += wrong
        if value is ABSENT:
            continue
        counted = data.count(b",") + 1
        left = left._replace(json_bytes=left.json_bytes - len(data), json_values=max(0, left.json_values - counted))
        again = value.pop(AGAIN, None)
        if known.add(value):
            value = {key: held for key, held in value.items() if key not in ("class_name", "config")}
        if isinstance(again, dict) and not known.add(again):
            value[AGAIN] = again
        objects[path if path not in objects else f"{path} ({number})"] = value
    return objects, faults


class _Known:
    """The objects met so far. Equal values have the same number, so that each is looked at once, however deep it stands."""

    def __init__(self) -> None:
        self._numbers: dict[object, int] = {}
        self._met: set[tuple[int, int]] = set()  # numbers of class name and config

    def add(self, value: dict[str, Json]) -> bool:
        """Remember the value and all objects in it; whether it is itself one that was met before."""
        inside: list[tuple[int, int]] = []
        self._number(value, inside)
        met = "class_name" in value and "config" in value and inside[-1] in self._met  # the outermost comes last
        self._met.update(inside)
        return met

    def _number(self, value: Json, inside: list[tuple[int, int]]) -> int:
        key: object
        if isinstance(value, dict):
            held = {name: self._number(each, inside) for name, each in value.items() if name != NUMBERING}
            if "class_name" in held and "config" in held:
                inside.append((held["class_name"], held["config"]))
            key = frozenset(held.items())
        elif isinstance(value, list):
            key = tuple(self._number(each, inside) for each in value)
        else:
            key = (type(value), value)
        return self._numbers.setdefault(key, len(self._numbers))
