"""What the texts of options mean."""

from __future__ import annotations

from typing import Any

import pytest

from kdoctor.cli.answers import parse_bindings, parse_paths, parse_shape
from kdoctor.errors import UsageError


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("W=3", {"W": 3}),
        ("W=-0.5", {"W": -0.5}),
        ("W=[1, 2]", {"W": [1, 2]}),
        ("W=None", {"W": None}),
        ("W=same", {"W": "same"}),
        ("W='3'", {"W": "3"}),
        ("W=a=b", {"W": "a=b"}),
        ("W=", {"W": ""}),
        ("größe=1", {"größe": 1}),
        ("W=__import__('os')", {"W": "__import__('os')"}),
        ("W=" + "(" * 500, {"W": "(" * 500}),
    ],
)
def test_a_binding_is_a_plain_value_or_else_a_text(text: str, bound: dict[str, Any]) -> None:
    assert parse_bindings([text]) == bound


def test_the_last_binding_of_a_name_counts() -> None:
    assert parse_bindings(["W=1", "H=2", "W=3"]) == {"W": 3, "H": 2}


@pytest.mark.parametrize("text", ["W", "=3", "1W=3", "a.b=3", ""])
def test_a_binding_without_a_name_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="NAME=VALUE"):
        parse_bindings([text])


def test_a_handle_may_hold_an_equals_sign() -> None:
    assert parse_paths(["https://tfhub.dev/x/1?tf-hub-format=compressed=modules/x"]) == {
        "https://tfhub.dev/x/1?tf-hub-format=compressed": "modules/x"
    }


@pytest.mark.parametrize("text", ["handle", "handle=", "=folder"])
def test_a_handle_without_a_folder_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="HANDLE=DIR"):
        parse_paths([text])


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        (None, None),
        ("None,224,224,3", (None, 224, 224, 3)),
        ("(None, 4)", (None, 4)),
        ("[1, 2]", (1, 2)),
        (" None , 4 ", (None, 4)),
        ("4", (4,)),
    ],
)
def test_a_shape_is_a_list_of_lengths(text: str | None, shape: tuple[int | None, ...] | None) -> None:
    assert parse_shape(text) == shape


@pytest.mark.parametrize("text", ["wide", "None,2.5", "None,True", "None,'4'", "(4", "{'a': 1}", "", "None,-4", "None,0x"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="the batch first"):
        parse_shape(text)
