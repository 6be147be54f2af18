"""Comparing the outputs of two models."""

from __future__ import annotations

import numpy as np

from kdoctor.verify.compare import compare


def test_rounding_is_the_same_and_more_is_not() -> None:
    ours = [np.array([[1.0, 1000.0]])]
    assert compare(ours, [ours[0] + 5e-3], half=False).same
    found = compare(ours, [ours[0] + 5e-2], half=False)
    assert not found.same
    assert found.sentence == "output 1 differs by up to 0.05 (0.01 would be rounding)"


def test_small_outputs_are_judged_as_if_they_were_one() -> None:
    assert compare([np.array([1e-7])], [np.array([2e-7])], half=False).same


def test_half_precision_rounds_more() -> None:
    ours, theirs = [np.array([1.0], np.float32)], [np.array([1.01], np.float32)]
    assert compare(ours, theirs, half=True).same
    assert not compare(ours, theirs, half=False).same


def test_another_number_of_outputs_is_a_sentence() -> None:
    found = compare([np.zeros(2)], [np.zeros(2), np.zeros(2)], half=False)
    assert (found.same, found.max_abs_diff, found.sentence) == (False, None, "1 outputs here, 2 in the other file")


def test_another_shape_is_a_sentence() -> None:
    found = compare([np.zeros((2, 3))], [np.zeros((2, 4))], half=False)
    assert (found.same, found.max_abs_diff) == (False, None)
    assert found.sentence == "output 1 has shape (2, 3) here, (2, 4) in the other file"


def test_nan_equals_nan_and_nothing_else() -> None:
    nan = [np.array([np.nan, np.inf, 1.0])]
    assert compare(nan, nan, half=False).same
    found = compare(nan, [np.array([0.0, np.inf, 1.0])], half=False)
    assert (found.same, found.max_abs_diff) == (False, np.inf)


def test_words_are_compared_as_words() -> None:
    words = [np.array([b"cat", b"dog"], dtype=object)]
    assert compare(words, words, half=False).same
    assert not compare(words, [np.array([b"cat", b"cow"], dtype=object)], half=False).same


def test_whole_numbers_and_truth_values_are_numbers() -> None:
    assert compare([np.array([True, False])], [np.array([True, False])], half=False).max_abs_diff == 0.0
    assert compare([np.array([0], np.uint8)], [np.array([255], np.uint8)], half=False).max_abs_diff == 255.0


def test_empty_outputs_are_the_same() -> None:
    assert compare([np.zeros((0, 3))], [np.zeros((0, 3))], half=False).same
