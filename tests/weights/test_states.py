"""The arrays of optimizers in two ``.h5`` files, whose names were counted on."""

from __future__ import annotations

from collections.abc import Iterable

from kdoctor.weights.states import same_states


def pairs(one: Iterable[str], other: Iterable[str]) -> list[tuple[str, str]]:
    return sorted(same_states(dict.fromkeys(one, (2,)), dict.fromkeys(other, (2,))))


def test_an_optimizer_and_cells_that_were_counted_on_are_the_same() -> None:
    assert pairs(["adam_1/dense_m"], ["adam/dense_m"]) == [("adam_1/dense_m", "adam/dense_m")]
    cell = [("Adam/ls/lstm_cell/kernel/m:0", "Adam/ls/lstm_cell_7/kernel/m:0")]
    assert pairs([cell[0][0], "Adam/iter:0"], [cell[0][1], "Adam/iter:0"]) == [("Adam/iter:0", "Adam/iter:0"), *cell]


def test_names_that_moved_on_by_one_are_told_apart_by_their_order() -> None:
    assert pairs(["a/dense_m", "a/dense_1_m"], ["a/dense_1_m", "a/dense_2_m"]) == [
        ("a/dense_1_m", "a/dense_2_m"),
        ("a/dense_m", "a/dense_1_m"),
    ]


def test_of_groups_with_more_arrays_on_one_side_only_the_same_names_are_the_same() -> None:
    assert pairs(["a/dense_m", "a/dense_1_m"], ["a/dense_m", "a/dense_1_m", "a/dense_2_m"]) == [
        ("a/dense_1_m", "a/dense_1_m"),
        ("a/dense_m", "a/dense_m"),
    ]


def test_other_names_are_the_same_by_their_order_where_the_shapes_are() -> None:
    assert pairs(["a/old_m", "a/old_v"], ["a/new_m", "a/new_v"]) == [("a/old_m", "a/new_m"), ("a/old_v", "a/new_v")]
    assert list(same_states({"a/old_m": (2,), "a/old_v": (3,)}, {"b/m": (3,), "b/v": (2,)})) == []
