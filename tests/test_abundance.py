"""What is said of one file is bounded, and nothing graver than what is said is left out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kdoctor.abundance import LETTERS, LISTED, bounded
from kdoctor.check import Finding, Need, Repair, Severity, check
from kdoctor.document import Document, Format
from kdoctor.engine import examine
from kdoctor.pointer import Pointer
from kdoctor.target import Target

MANY = LISTED + 500
EMPTY = Document(Format.KERAS_ZIP, {})


def found(number: int, mild: bool = False, **more: object) -> Finding:
    return Finding(Pointer("config", (number,)), f"finding {number}", mild=mild, **more)  # type: ignore[arg-type]


@check("X001", Severity.ERROR, mild=Severity.INFO, since="0.1.0")
def abundant(document: Document, target: Target) -> Iterator[Finding]:
    """Thousands of mild findings, and a grave one behind them."""
    yield from (found(number, mild=True) for number in range(MANY))
    yield found(MANY)


def test_a_grave_finding_behind_thousands_of_mild_ones_is_told() -> None:
    report = examine(EMPTY, Target("3.15.1"), [abundant], whole=False)
    assert [one.finding.message for one in report.errors] == [f"finding {MANY}"]
    assert report.loads is False


def test_the_rest_is_counted_and_as_grave() -> None:
    kept = bounded(abundant, [found(number) for number in range(MANY)])
    assert kept[:LISTED] == [found(number) for number in range(LISTED)]
    (rest,) = kept[LISTED:]
    assert rest.message == f"500 more like these: finding {LISTED}"
    assert not rest.mild
    assert rest.at == Pointer("config")


def test_a_repair_still_sees_all_of_them() -> None:
    assert len(examine(EMPTY, Target("3.15.1"), [abundant]).findings) == MANY + 1


def test_what_is_undecided_or_wanted_in_the_rest_is_kept() -> None:
    need = Need("FILE", "x", "y")
    listed = [found(number, needs=(need,), repair=Repair("cure it")) for number in range(MANY)]
    *_, rest = bounded(abundant, [*listed, found(MANY, undecided=True)])
    assert rest.undecided
    assert rest.needs == (need,)
    assert rest.repair is not None
    assert rest.repair.title == "cure it"


@pytest.mark.parametrize(("limits", "told"), [((3000, 5000), 5000), ((3000, None), None)])
def test_a_recursion_limit_is_told_of_the_rest_where_all_of_it_needs_no_more(limits: tuple[int | None, ...], told: int | None) -> None:
    listed = [found(number, recursion_limit=3000) for number in range(LISTED)]
    *_, rest = bounded(abundant, [*listed, *(found(LISTED + number, recursion_limit=limit) for number, limit in enumerate(limits))])
    assert rest.recursion_limit == told


def test_a_name_of_a_megabyte_is_cut_in_its_middle() -> None:
    (cut,) = bounded(abundant, [Finding(Pointer("config"), "a" * 10**6 + "z", Repair("c" * 10**6), keras_says="b" * 10**6)])
    assert len(cut.message) < LETTERS + 100
    assert cut.message.startswith("aaa")
    assert cut.message.endswith("aaz")
    assert cut.keras_says is not None
    assert len(cut.keras_says) < LETTERS + 100
    assert cut.repair is not None
    assert len(cut.repair.title) < LETTERS + 100
