"""Nodes know how deep they are, however they were made."""

from __future__ import annotations

import pytest

from kdoctor.bytecode.expression import MAX_DEPTH, Display, Expression, Name, Scope, Unary
from kdoctor.bytecode.literal import Untraceable

X = Name("x", Scope.ARGUMENT)


def deep(levels: int) -> Expression:
    node: Expression = X
    for _ in range(levels - 1):
        node = Unary("-", node)
    return node


def test_a_list_filled_one_by_one_is_the_list_made_at_once() -> None:
    items = (X, deep(7), deep(3))
    filled = Display("list", ())
    for item in items:
        filled = filled.and_then(item)
    assert filled == Display("list", items)
    assert filled.depth == Display("list", items).depth == 8


def test_what_a_list_was_is_left_alone() -> None:
    before = Display("list", (X,))
    before.and_then(deep(5))
    assert before == Display("list", (X,))
    assert before.depth == 2


def test_a_list_does_not_grow_deeper_than_a_tree_may_be() -> None:
    assert Display("list", ()).and_then(deep(MAX_DEPTH - 1)).depth == MAX_DEPTH
    with pytest.raises(Untraceable, match="deeper"):
        Display("list", (X,)).and_then(deep(MAX_DEPTH))
