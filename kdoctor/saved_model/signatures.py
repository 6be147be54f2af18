"""What a SavedModel folder says of itself: its signatures, who wrote it, and the Keras model that it was. Field numbers: tensorflow/core/protobuf."""

from __future__ import annotations

import json
import mmap
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from kdoctor.saved_model.graph import META_GRAPHS, outside_operations
from kdoctor.saved_model.wire import MalformedMessage, inside, text, whole

PROGRAM, KERAS_METADATA = "saved_model.pb", "keras_metadata.pb"
META_INFO, SIGNATURES = 1, 5  # of MetaGraphDef
TAGS, TENSORFLOW = 4, 5  # of MetaInfoDef
KEY, VALUE = 1, 2  # of a map's entry
INPUTS, OUTPUTS = 1, 2  # of SignatureDef
DTYPE, SHAPE = 2, 3  # of TensorInfo
DIMENSIONS, SIZE, UNKNOWN_RANK = 2, 1, 3  # of TensorShapeProto
NODES, NODE_PATH, METADATA = 1, 3, 5  # of SavedMetadata, and of its SavedObject
GRAPH_LOOKED_AT: Final = 4 << 20  # bytes: operations of larger programs are not listed
METADATA_LOOKED_AT: Final = 16 << 20
DTYPES: Final = {
    1: "float32", 2: "float64", 3: "int32", 4: "uint8", 5: "int16", 6: "int8", 7: "string", 8: "complex64", 9: "int64", 10: "bool",
    14: "bfloat16", 17: "uint16", 18: "complex128", 19: "float16", 20: "resource", 21: "variant", 22: "uint32", 23: "uint64",
}  # fmt: skip
INIT: Final = "__saved_model_init_op"  # a signature that TensorFlow writes for itself

Tensors = Mapping[str, str]  # name -> "float32 (None, 4)"


@dataclass(frozen=True, slots=True)
class Signature:
    """What may be called, and with what."""

    inputs: Tensors
    outputs: Tensors


@dataclass(frozen=True, slots=True)
class Described:
    """A SavedModel without its numbers. keras: class name and release of the model that it was, where it says so; ``outside``: its
    operations that touch files, the network or Python (none are listed for a large program)."""

    signatures: Mapping[str, Signature] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    tensorflow: str = ""
    keras: Mapping[str, str] = field(default_factory=dict)
    outside: tuple[str, ...] = ()


def describe(folder: Path) -> Described | None:
    """What the folder's files say; None where there is no program that can be read."""
    try:
        if not (folder / PROGRAM).is_file():
            return None  # a pipe would keep us waiting
        with open(folder / PROGRAM, "rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as mapped, memoryview(mapped) as program:
                return _described(program, size, _keras(folder / KERAS_METADATA))
    except (OSError, ValueError, MalformedMessage):
        return None


def _described(program: memoryview, size: int, keras: Mapping[str, str]) -> Described:
    signatures: dict[str, Signature] = {}
    tags: list[str] = []
    written = ""
    for graph in inside(program, META_GRAPHS):
        for info in inside(graph, META_INFO):
            tags += [bytes(tag).decode("utf-8", "backslashreplace") for tag in inside(info, TAGS)]
            written = text(info, TENSORFLOW) or written
        for entry in inside(graph, SIGNATURES):
            for value in inside(entry, VALUE):
                signatures[text(entry, KEY)] = Signature(dict(_tensors(value, INPUTS)), dict(_tensors(value, OUTPUTS)))
    signatures.pop(INIT, None)
    outside = outside_operations(program) if size <= GRAPH_LOOKED_AT else ()
    return Described(signatures, tuple(tags), written, keras, outside)


def _tensors(signature: memoryview, number: int) -> Iterator[tuple[str, str]]:
    for entry in inside(signature, number):
        for info in inside(entry, VALUE):
            shape = next(inside(info, SHAPE), None)
            yield text(entry, KEY), f"{DTYPES.get(whole(info, DTYPE), 'unknown')} {_shape(shape)}"


def _shape(shape: memoryview | None) -> str:
    if shape is None or whole(shape, UNKNOWN_RANK):
        return "of any shape"
    lengths = [whole(dimension, SIZE) for dimension in inside(shape, DIMENSIONS)]
    return "(" + ", ".join("None" if length < 0 else str(length) for length in lengths) + ("," if len(lengths) == 1 else "") + ")"


def _keras(path: Path) -> Mapping[str, str]:
    """Class and release from keras_metadata.pb, which Keras 2.5 to 2.15 wrote beside the program."""
    try:
        if not path.is_file() or path.stat().st_size > METADATA_LOOKED_AT:
            return {}
        for node in inside(memoryview(path.read_bytes()), NODES):
            if text(node, NODE_PATH) == "root":
                found: Any = json.loads(text(node, METADATA))
                return (
                    {key: str(found[key]) for key in ("class_name", "keras_version") if found.get(key)} if isinstance(found, dict) else {}
                )
    except (OSError, ValueError, MalformedMessage, RecursionError):
        return {}
    return {}
