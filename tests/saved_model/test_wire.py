"""Protocol buffers, read without their schema."""

from __future__ import annotations

import pytest

from kdoctor.saved_model.wire import MalformedMessage, fields, inside, text, whole


def read(data: bytes) -> list[tuple[int, object]]:
    return [(number, bytes(value) if isinstance(value, memoryview) else value) for number, value in fields(memoryview(data))]


def test_every_kind_of_field_is_read() -> None:
    data = b"\x08\x96\x01" + b"\x12\x03abc" + b"\x1d\x01\x02\x03\x04" + b"\x21" + bytes(8)
    assert read(data) == [(1, 150), (2, b"abc"), (3, b"\x01\x02\x03\x04"), (4, bytes(8))]


def test_what_stands_inside_is_found_by_its_path() -> None:
    data = memoryview(b"\x0a\x04\x12\x02hi" + b"\x0a\x04\x12\x02yo" + b"\x12\x02no")
    assert [bytes(found) for found in inside(data, 1, 2)] == [b"hi", b"yo"]


def test_of_several_values_the_last_counts() -> None:
    data = memoryview(b"\x0a\x01a\x0a\x01b\x10\x01\x10\x02")
    assert (text(data, 1), whole(data, 2), text(data, 3), whole(data, 3)) == ("b", 2, "", 0)


def test_a_negative_number_stays_negative() -> None:
    assert whole(memoryview(b"\x08" + b"\xff" * 9 + b"\x01"), 1) == -1


@pytest.mark.parametrize("data", [b"\x08", b"\x12\x05abc", b"\x0b", b"\x08" + b"\xff" * 11, b"\x21\x00", b"\x12" + b"\xff" * 9 + b"\x01"])
def test_what_breaks_off_is_no_message(data: bytes) -> None:
    with pytest.raises(MalformedMessage):
        read(data)
