"""What bytes are, judged by the bytes alone: never by the name that somebody gave the file."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from kdoctor.archive.hdf5.superblock import find_misplaced
from kdoctor.archive.sniffing.polyglot import signature_at
from kdoctor.archive.sniffing.text import printable, sniff_text
from kdoctor.archive.sniffing.text_mode import HDF5_SIGNATURE, damaged_signature
from kdoctor.archive.window import Window
from kdoctor.archive.zip.end import has_directory
from kdoctor.document import Json

_HEAD = 4096

# (offset, signature, content): the published magic numbers of each format
_SIGNATURES: Final[tuple[tuple[int, bytes, str], ...]] = (
    (0, HDF5_SIGNATURE, "hdf5"),
    (0, b"PK\x03\x04", "zip"),
    (0, b"\x1f\x8b\x08", "gzip"),
    (4, b"TFL3", "tflite"),
    (0, b"GGUF", "gguf"),
    (0, b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", "pytorch"),  # torch.save before 1.6: a pickle of this number
    (0, b"\x08\x01\x12", "saved-model"),  # saved_model.proto: schema version 1, then the first graph
    (0, b"\x89PNG\r\n\x1a\n", "image"),
    (0, b"\xff\xd8\xff", "image"),
    (0, b"GIF87a", "image"),
    (0, b"GIF89a", "image"),
    (8, b"WEBP", "image"),
    (0, b"%PDF-", "pdf"),
    (257, b"ustar", "tar"),
    (0, b"7z\xbc\xaf\x27\x1c", "7z"),
    (0, b"Rar!\x1a\x07", "rar"),
    (0, b"BZh", "bzip2"),
    (0, b"\xfd7zXZ\x00", "xz"),
    (0, b"\x28\xb5\x2f\xfd", "zstd"),
    (0, b"\x93NUMPY", "npy"),
    (0, b"\x7fELF", "program"),
    (0, b"MZ\x90", "program"),
    (0, b"SQLite format 3\x00", "sqlite"),
    (8, b"WAVE", "audio"),
    (4, b"ftyp", "video"),
)
_LEVELDB_TABLE_END: Final = b"\x57\xfb\x80\x8b\x24\x75\x47\xdb"  # how the .index file of a TensorFlow checkpoint ends
_PICKLE: Final = re.compile(rb"\x80[\x02-\x05][\x95(}\])cXUK\x8a\x8c]|\((?:dp|lp)\d+\n|c(?:copy_reg|numpy)")
_ONNX: Final = re.compile(rb"\x08[\x02-\x1f](?:\x12[\x01-\x40][ -~]|[\x3a\x42])")  # onnx.proto: ir_version, then producer, graph or domain
_GRAPH: Final = re.compile(
    rb"\x0a[\x04-\xff][\x00-\x7f]{0,3}\x0a[\x01-\x7f][\w/.:-]+\x12[\x02-\x40][A-Z]\w+"
)  # graph.proto: a node's name and op
_SHARD_NAME: Final = re.compile(r"\.data-\d{5}-of-\d{5}\Z")


@dataclass(frozen=True, slots=True)
class Sniffed:
    """What the bytes are (a word of this module or of `kdoctor.archive.sniffing.text`), and what else a message may tell about them."""

    content: str
    detail: dict[str, Json] = field(default_factory=dict)


def sniff(stream: BinaryIO, size: int, name: str = "") -> Sniffed:
    """What ``size`` bytes of a seekable stream are, from a few reads; ``name`` only tells apart what has no signature at all."""
    if size == 0:
        return Sniffed("empty")
    head = _at(stream, 0, _HEAD)
    if (damaged := damaged_signature(head)) is not None:
        return Sniffed("text-mode", {"content": damaged})
    for offset, signature, content in _SIGNATURES:
        if head.startswith(signature, offset):
            return Sniffed(content)
    if has_directory(stream, size):
        return Sniffed("zip")
    if signature_at(stream, size) is not None:
        return Sniffed("hdf5")
    return _without_signature(stream, size, head, name)


def _without_signature(stream: BinaryIO, size: int, head: bytes, name: str) -> Sniffed:
    tail = _at(stream, max(0, size - _HEAD), _HEAD)
    if not any(sample.strip(b"\0") for sample in (head, tail, _at(stream, size // 2, _HEAD))):
        return Sniffed("zeroed")
    if tail.endswith(_LEVELDB_TABLE_END) or _SHARD_NAME.search(name):
        return Sniffed("tf-checkpoint")
    if _PICKLE.match(head):
        return Sniffed("pickle", {"writer": "joblib"} if b"joblib" in head else {})
    if head[8:10] == b'{"' and int.from_bytes(head[:8], "little") <= size - 8:
        return Sniffed("safetensors")
    if _ONNX.match(head):
        return Sniffed("onnx")
    if b"_tf_keras_" in head and head.startswith(b"\x0a"):  # keras_metadata.pb, which stands beside a saved_model.pb
        return Sniffed("saved-model")
    if _GRAPH.match(head):
        return Sniffed("frozen-graph")
    if find_misplaced(Window(stream, 0, size)) is not None:
        return Sniffed("hdf5")
    content, detail = sniff_text(stream, size, head)
    return Sniffed(content, detail or {"head": printable(head)})


def _at(stream: BinaryIO, offset: int, count: int) -> bytes:
    stream.seek(offset)
    return stream.read(count)
