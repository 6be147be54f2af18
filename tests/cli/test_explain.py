"""``kdoctor explain`` and ``kdoctor checks``: what is examined, and why."""

from __future__ import annotations

import pytest
from cli.command import Run

from kdoctor.packs import load_checks


@pytest.mark.parametrize("word", ["K201", "k201", "input-shape-conflict", "INPUT-SHAPE-CONFLICT"])
def test_a_check_is_explained_by_code_or_name(kdoctor: Run, word: str) -> None:
    ended = kdoctor("explain", word)
    assert ended.code == 0
    assert ended.out.startswith("K201 input-shape-conflict (error, at times info; since 0.1.0)\n\nA Sequential model states")


def test_every_check_has_a_page_that_says_more_than_its_name(kdoctor: Run) -> None:
    for check in load_checks():
        assert len(kdoctor("explain", check.code).out.splitlines()) > 4, check.code


def test_a_check_that_does_not_exist_is_wrong_usage(kdoctor: Run) -> None:
    ended = kdoctor("explain", "K000")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == "kdoctor: there is no check 'K000'; `kdoctor checks` lists them\n"


def test_all_checks_are_listed_by_code_one_in_a_line(kdoctor: Run) -> None:
    ended = kdoctor("checks")
    assert ended.code == 0
    assert [line.split()[:3:2] for line in ended.out.splitlines()] == [[check.code, str(check.severity)] for check in load_checks()]
