"""Object headers, heaps and trees of groups: what h5py lays out is covered by test_structure, damage in each structure here."""

from __future__ import annotations

import io
import struct

import pytest

from kdoctor.archive.hdf5.group_index import SOFT, read_heap, read_symbols
from kdoctor.archive.hdf5.headers import (
    PREFIX,
    Alike,
    Header,
    Message,
    read_dataspace,
    read_global_heap,
    read_header,
)
from kdoctor.archive.window import Window

DAMAGE = (ValueError, struct.error)


def window(data: bytes) -> Window:
    return Window(io.BytesIO(data), 0, len(data))


def header_of(data: bytes) -> Header:
    return read_header(window(data), 0, data[:PREFIX], Alike())


def version_1(count: int, *messages: bytes) -> bytes:
    body = b"".join(messages)
    return struct.pack("<BxHII4x", 1, count, 1, len(body)) + body


def test_the_messages_of_a_continuation_block_follow_those_of_the_first() -> None:
    second = struct.pack("<HHB3x8s", 12, 8, 0, b"attribut")
    first = version_1(2, struct.pack("<HHB3xQQ", 16, 16, 0, 40, len(second)))
    found = header_of(first.ljust(40) + second)
    assert [(message.type, found.data[message.at :][:8]) for message in found.outline.messages][1] == (12, b"attribut")


def test_a_header_is_read_like_one_before_only_where_each_message_is_of_the_same_kind_and_size_at_the_same_place() -> None:
    def message(kind: int, size: int, fill: int, flags: int = 0) -> bytes:
        return struct.pack("<HHB3x", kind, size, flags) + bytes([fill]) * size

    headers = (
        version_1(2, message(1, 8, 7), message(3, 16, 7)),
        version_1(2, message(1, 8, 9), message(3, 16, 9)),  # other bodies
        version_1(2, message(1, 16, 7), message(3, 8, 7)),  # other sizes
        version_1(2, message(1, 8, 7), message(8, 16, 7)),  # another kind
        version_1(2, message(1, 8, 7), message(3, 16, 7, flags=2)),
        version_1(1, message(1, 32, 7)),  # fewer of them
    )
    alike = Alike()
    with pytest.raises(ValueError, match="1 of the 1 messages of an object header, and 24 bytes more"):
        header_of(version_1(1, message(1, 8, 7), message(3, 16, 7)))
    assert [read_header(window(data), 0, data, alike) for data in headers] == [header_of(data) for data in headers]
    assert [alike.within(data, 0) for data in headers] == [header_of(data) for data in headers]
    assert alike.within(headers[0][:-1], 0) is None
    assert alike.within(headers[0], 1) is None
    assert Alike().within(headers[0], 0) is None


def test_a_header_of_two_blocks_is_read_like_one_before() -> None:
    def file(text: bytes, kind: int = 12, at: int = 40) -> bytes:
        second = struct.pack("<HHB3x8s", kind, 8, 0, text)
        return version_1(2, struct.pack("<HHB3xQQ", 16, 16, 0, at, len(second))).ljust(at) + second

    files = (file(b"one"), file(b"two", at=64), file(b"three", kind=8), version_1(1, struct.pack("<HHB3x16s", 12, 16, 0, b"no block")))
    alike = Alike()
    found = [read_header(window(data), 0, data, alike) for data in files]
    assert found == [header_of(data) for data in files]
    assert found[1].outline is found[0].outline
    assert found[1].data.endswith(b"two\0\0\0\0\0")
    assert alike.within(file(b"four", at=72), 0) == header_of(file(b"four", at=72))
    assert alike.within(file(b"five")[:40], 0) is None


def test_a_header_of_version_2_may_carry_times_and_the_order_of_creation() -> None:
    message = struct.pack("<BHBH4s", 1, 4, 0, 7, b"body")
    data = b"OHDR" + bytes([2, 4 | 16 | 32]) + bytes(20) + bytes([len(message)]) + message
    assert header_of(data).outline.messages == (Message(1, 0, 6),)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 64,
        b"OHDR\x03\0" + bytes(64),
        version_1(2, struct.pack("<HHB3x", 0, 0, 0)),
        version_1(1, struct.pack("<HHB3xQ", 16, 8, 0, 0)),
        b"OHDR\x02\0\x14" + struct.pack("<BHBQQ", 16, 16, 0, 0, 8),
    ],
    ids=["nothing", "zeros", "version 3", "a message short", "half a continuation", "a continuation that is none"],
)
def test_a_damaged_header_is_refused(data: bytes) -> None:
    with pytest.raises(DAMAGE):
        header_of(data)


def test_a_dataspace_without_values_has_no_shape() -> None:
    assert read_dataspace(b"\2\0\0\2", 0) is None
    assert read_dataspace(b"\2\0\0\0", 0) == ()
    with pytest.raises(ValueError, match="version 9"):
        read_dataspace(b"\x09\0\0\0", 0)


def node(level: int, *children: int) -> bytes:
    return struct.pack("<4sBBHQQ", b"TREE", 0, level, len(children), 0, 0) + b"".join(struct.pack("<QQ", 0, child) for child in children)


def test_a_soft_link_is_told_from_an_object() -> None:
    entries = struct.pack("<QQI4xI12x", 8, 99, 1, 0) + struct.pack("<QQI4xI12x", 16, 0, 2, 24)
    data = node(0, 100).ljust(100) + struct.pack("<4sBxH", b"SNOD", 1, 2) + entries
    assert list(read_symbols(window(data), 0)) == [(8, 99, 1, 0), (16, 0, SOFT, 24)]


def test_a_tree_that_contains_itself_ends() -> None:
    with pytest.raises(ValueError, match="no index of a group"):
        list(read_symbols(window(node(1, 0)), 0))


def test_heaps_are_known_by_their_signatures() -> None:
    heap = struct.pack("<4s4xQQQ", b"HEAP", 5, 1, 32) + b"name\0"
    assert read_heap(window(heap), 0) == b"name\0"
    texts = struct.pack("<4sB3xQ", b"GCOL", 1, 56) + struct.pack("<HHIQ8s", 1, 1, 0, 5, b"hello") + bytes(16)
    assert read_global_heap(window(texts), 0) == {1: b"hello"}
    for read in (read_heap, read_global_heap):
        with pytest.raises(ValueError, match=r"no .*heap"):
            read(window(bytes(64)), 0)


def test_an_object_larger_than_its_global_heap_is_refused() -> None:
    texts = struct.pack("<4sB3xQ", b"GCOL", 1, 32) + struct.pack("<HHIQ", 1, 1, 0, 2**40)
    with pytest.raises(ValueError, match="beyond its global heap"):
        read_global_heap(window(texts), 0)
