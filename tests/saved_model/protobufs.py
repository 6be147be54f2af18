"""Protocol buffers made by hand, for tests: the messages of a SavedModel."""

from __future__ import annotations

from collections.abc import Iterable


def field(number: int, value: bytes | str | int) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])


def node(operation: str, calls: str = "") -> bytes:
    attribute = field(5, field(1, "f") + field(2, field(10, field(1, calls)))) if calls else b""
    return field(1, operation.lower()) + field(2, operation) + attribute


def function(name: str, *nodes: bytes) -> bytes:
    return field(1, field(1, name)) + b"".join(field(3, one) for one in nodes)


def saved_model(
    nodes: Iterable[bytes] = (),
    functions: Iterable[bytes] = (),
    objects: bytes | None = b"",
    files: Iterable[str] = (),
    named: Iterable[str] = (),
) -> bytes:
    """A model of one graph. ``objects`` None: of TensorFlow 1; ``named``: the functions that its objects call."""
    graph = b"".join(field(1, one) for one in nodes) + field(2, b"".join(field(1, one) for one in functions))
    assets = b"".join(field(6, field(2, name)) for name in files)
    held = b"" if objects is None else field(7, objects + b"".join(field(2, field(1, name)) for name in named))
    return field(1, 1) + field(2, field(2, graph) + assets + held)


def variable(name: str, *shape: int) -> bytes:
    dimensions = b"".join(field(2, field(1, length) if length >= 0 else b"\x08" + b"\xff" * 9 + b"\x01") for length in shape)
    return field(7, field(1, 1) + field(2, dimensions) + field(6, name))


def reference(name: str, index: int) -> bytes:
    return field(1, field(1, index) + field(2, name))
