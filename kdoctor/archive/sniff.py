"""What bytes are, judged by the bytes alone: never by the name that somebody gave the file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import BinaryIO, Final

from kdoctor.archive.sniff_text import sniff_text
from kdoctor.archive.zip_end import has_directory
from kdoctor.document import Json

HDF5_SIGNATURE: Final = b"\x89HDF\r\n\x1a\n"
LOCAL_HEADER: Final = b"PK\x03\x04"
GZIP: Final = b"\x1f\x8b\x08"

_HEAD = 4096
_USER_BLOCKS: Final = tuple(512 << doubling for doubling in range(16))  # where else an HDF5 file may start: up to 16 MiB

# (offset, signature, content), the published magic numbers of each format
_SIGNATURES: Final[tuple[tuple[int, bytes, str], ...]] = (
    (4, b"TFL3", "tflite"),
    (0, b"GGUF", "gguf"),
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
    (0, b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", "pytorch"),  # torch.save before 1.6: a pickle of this number
    (0, b"\x7fELF", "program"),
    (0, b"MZ\x90", "program"),
    (0, b"SQLite format 3\x00", "sqlite"),
    (0, b"OggS", "audio"),
    (0, b"ID3", "audio"),
    (8, b"WAVE", "audio"),
    (4, b"ftyp", "video"),
)
_LEVELDB_TABLE_END: Final = b"\x57\xfb\x80\x8b\x24\x75\x47\xdb"  # how the .index file of a TensorFlow checkpoint ends


@dataclass(frozen=True, slots=True)
class Sniffed:
    """What the bytes are; ``offset`` is where an HDF5 file starts after its user block, ``detail`` what else a message may tell."""

    content: str
    detail: dict[str, Json] = field(default_factory=dict)
    offset: int = 0


def sniff(stream: BinaryIO, size: int, name: str = "") -> Sniffed:
    """What ``size`` bytes of a seekable stream are, from a few reads at most; ``name`` tells apart what has no signature at all."""
    if size == 0:
        return Sniffed("empty")
    head = _at(stream, 0, _HEAD)
    if head.startswith(HDF5_SIGNATURE):
        return Sniffed("hdf5")
    if head.startswith(GZIP):
        return Sniffed("gzip")
    if (damaged := _text_mode(head)) is not None:
        return Sniffed("text-mode", {"content": damaged})
    if head.startswith(LOCAL_HEADER):
        return Sniffed("zip")
    for offset, signature, content in _SIGNATURES:
        if head.startswith(signature, offset):
            return Sniffed(content)
    if has_directory(stream, size):
        return Sniffed("zip")
    for offset in _USER_BLOCKS:
        if offset < size and _at(stream, offset, 8) == HDF5_SIGNATURE:
            return Sniffed("hdf5", offset=offset)
    return _without_signature(stream, size, head, name)


def _without_signature(stream: BinaryIO, size: int, head: bytes, name: str) -> Sniffed:
    tail = _at(stream, max(0, size - _HEAD), _HEAD)
    if not (head.strip(b"\0") or tail.strip(b"\0") or _at(stream, size // 2, _HEAD).strip(b"\0")):
        return Sniffed("zeroed")
    if tail.endswith(_LEVELDB_TABLE_END) or ".data-0000" in name:
        return Sniffed("tf-checkpoint")
    if head[:1] == b"\x80" and head[1:2] in b"\x02\x03\x04\x05" and tail.endswith(b"."):
        return Sniffed("pickle", {"writer": "joblib"} if b"joblib" in head else {})
    if head[8:9] == b"{" and 2 <= int.from_bytes(head[:8], "little") <= size - 8:
        return Sniffed("safetensors")
    if (protobuf := _protobuf(head)) is not None:
        return Sniffed(protobuf)
    content, detail = sniff_text(stream, size, head)
    return Sniffed(content, detail)


def _text_mode(head: bytes) -> str | None:
    """The content whose signature shows that a transfer treated the bytes as text: newlines converted, or bytes re-encoded."""
    place = head.find(b"HDF", 0, 4)
    if place > 0 and b"\x1a" in head[place + 3 : place + 10]:
        return "hdf5"
    if head.startswith(LOCAL_HEADER):
        # A local header starts with small numbers; U+FFFD in its checksum, date or size is a byte that no UTF-8 text has.
        return "zip" if b"\xef\xbf\xbd" in head[8:30] else None
    if head.startswith((b"\x1f\xef\xbf\xbd\x08", b"\x1f\xc2\x8b\x08", b"\x1f?\x08")):
        return "gzip"
    return None


def _protobuf(head: bytes) -> str | None:
    """SavedModel and ONNX files have no signature: their first fields tell (saved_model.proto, onnx.proto)."""
    if head.startswith(b"\x08\x01\x12") and (b"serve" in head or b"\x0a" in head[3:12]):
        return "saved-model"
    if head[:1] == b"\x08" and head[1:2] and 1 < head[1] < 32 and head[2:3] in (b"\x12", b"\x3a", b"\x42"):
        return "onnx"
    return None


def _at(stream: BinaryIO, offset: int, count: int) -> bytes:
    stream.seek(offset)
    return stream.read(count)
