"""Examining and planning, with checks made for the occasion."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from kdoctor.check import Check, Finding, Need, Repair, Safety, Severity, check
from kdoctor.document import ABSENT, Document, Json
from kdoctor.edit import Edit
from kdoctor.engine import MAX_ROUNDS, Failure, Plan, Report, Verdict, attempt, examine, plan
from kdoctor.errors import KdoctorError
from kdoctor.pointer import Pointer
from kdoctor.target import Target
from kdoctor.testing import KERAS_3, document

ROOT = Pointer("config")


def finds(*findings: Finding, code: str = "X001", severity: Severity = Severity.ERROR, mild: Severity | None = None) -> Check:
    """A check that always finds the same."""

    @check(code, severity, since="0", mild=mild)
    def always(document: Document, target: Target) -> Iterator[Finding]:
        """Always."""
        yield from findings

    return always


def turns(name: str, old: Json, new: Json, *, code: str, safety: Safety = Safety.SAFE, severity: Severity = Severity.ERROR) -> Check:
    """A check that finds ``name`` to be ``old`` and repairs it to ``new``."""

    @check(code, severity, since="0")
    def turning(document: Document, target: Target) -> Iterator[Finding]:
        """Turn."""
        if document.at(ROOT / name) == old:
            yield Finding(ROOT / name, f"{name} is {old}", Repair(f"{name} = {new}", (Edit(ROOT / name, old, new),), safety))

    return turning


@check("X900", Severity.ERROR, since="0")
def crashing(document: Document, target: Target) -> Iterator[Finding]:
    """A check with a bug, after a first finding."""
    yield Finding(ROOT, "lost with the crash")
    raise ZeroDivisionError("division by zero")


BAD = finds(Finding(ROOT, "bad"))
ODD = finds(Finding(ROOT, "odd"), code="X002", severity=Severity.WARNING)


def verdict(*checks: Check) -> tuple[Verdict, bool | None]:
    report = examine(document({}), KERAS_3, checks)
    return report.verdict, report.loads


def test_a_file_without_findings_is_healthy_and_loads() -> None:
    assert verdict() == (Verdict.HEALTHY, True)


def test_a_warning_makes_no_file_sick() -> None:
    assert verdict(ODD) == (Verdict.HEALTHY, True)


def test_an_error_makes_a_file_sick() -> None:
    assert verdict(BAD, ODD) == (Verdict.SICK, False)


def test_a_check_that_crashes_makes_the_verdict_unknown_never_healthy() -> None:
    assert verdict(crashing, ODD) == (Verdict.UNKNOWN, None)


def test_a_crash_hides_no_error_that_another_check_found() -> None:
    assert verdict(crashing, BAD) == (Verdict.SICK, False)


def test_a_crash_is_told_with_the_checks_code_and_the_error() -> None:
    report = examine(document({}), KERAS_3, [crashing])
    assert report.failures == (Failure("X900", "ZeroDivisionError: division by zero"),)
    assert report.findings == ()


def test_a_crash_while_the_users_classes_are_told_from_kerass_makes_the_verdict_unknown_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kdoctor.custom.namesakes.as_given", lambda document, target: 1 / 0)
    target = Target(KERAS_3.release, custom=frozenset({"Mine"}))
    report = examine(document({}), target, [])
    assert (report.verdict, report.loads) == (Verdict.UNKNOWN, None)
    assert plan(document({}), target, []).after.verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("yielded", ["config", None, Finding("config", "a text for a place")])  # type: ignore[arg-type]
def test_a_check_that_yields_no_finding_has_crashed_too(yielded: object) -> None:
    report = examine(document({}), KERAS_3, [finds(yielded)])  # type: ignore[arg-type]
    assert report.verdict is Verdict.UNKNOWN
    assert report.failures[0].error.startswith("TypeError: it yields ")


def test_a_finding_may_say_that_loading_cannot_be_told() -> None:
    doubtful = finds(Finding(ROOT, "who knows", undecided=True), code="X003", severity=Severity.WARNING)
    assert verdict(doubtful) == (Verdict.HEALTHY, None)
    assert verdict(doubtful, BAD) == (Verdict.SICK, False)


def test_findings_come_worst_first_then_by_code() -> None:
    both = finds(Finding(ROOT, "mild", mild=True), Finding(ROOT, "bad"), code="X000", mild=Severity.INFO)
    report = examine(document({}), KERAS_3, [both, ODD, BAD])
    assert [(found.check.code, str(found.severity)) for found in report.findings] == [
        ("X000", "error"),
        ("X001", "error"),
        ("X002", "warning"),
        ("X000", "info"),
    ]
    assert report.worst() is Severity.ERROR


def test_nothing_found_has_no_worst_severity() -> None:
    assert examine(document({}), KERAS_3, []).worst() is None


def test_an_attempt_tells_an_explained_error_by_its_text_alone() -> None:
    def explained() -> None:
        raise KdoctorError("the disk is gone")

    assert attempt("archive", explained) == Failure("archive", "the disk is gone")


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_an_attempt_does_not_swallow_the_users_wish_to_stop(error: type[BaseException]) -> None:
    def interrupted() -> None:
        raise error

    with pytest.raises(error):
        attempt("archive", interrupted)


def planned(checks: Sequence[Check], config: Json, *, unsafe: bool = False) -> Plan:
    return plan(document(config), KERAS_3, checks, unsafe=unsafe)


def titles(made: Plan) -> list[str]:
    return [one.repair.title for one in made.applied]


def test_a_plan_for_a_healthy_file_changes_nothing() -> None:
    made = planned([turns("a", 1, 2, code="X001")], {"a": 0})
    assert (made.changes, made.after) == (False, made.before)


def test_a_plan_repairs_what_it_can_and_examines_the_result() -> None:
    made = planned([turns("a", 1, 2, code="X001"), turns("b", 1, 2, code="X002")], {"a": 1, "b": 1})
    assert made.after.document.config == {"a": 2, "b": 2}
    assert (made.before.verdict, made.after.verdict) == (Verdict.SICK, Verdict.HEALTHY)
    assert titles(made) == ["a = 2", "b = 2"]


def test_a_plan_leaves_the_document_that_was_read_as_it_is() -> None:
    before = document({"a": 1})
    made = plan(before, KERAS_3, [turns("a", 1, 2, code="X001")])
    assert made.before.document is before
    assert before.config == {"a": 1}


def test_a_cure_may_uncover_the_next_sickness() -> None:
    made = planned([turns("a", 1, 2, code="X001"), turns("a", 2, 3, code="X002")], {"a": 1})
    assert titles(made) == ["a = 2", "a = 3"]


def test_of_two_repairs_at_one_place_the_worse_finding_goes_first_and_the_other_is_looked_at_again() -> None:
    made = planned([turns("a", 1, 2, code="X001", severity=Severity.WARNING), turns("a", 1, 3, code="X002")], {"a": 1})
    assert titles(made) == ["a = 3"]


def test_what_is_to_be_made_first_is_made_alone_whatever_places_the_others_touch() -> None:
    @check("X030", Severity.WARNING, since="0")
    def moves(document: Document, target: Target) -> Iterator[Finding]:
        """The numbers are another's."""
        if document.config["owner"] == "b":
            yield Finding(ROOT / "owner", "elsewhere", Repair("move", (Edit(ROOT / "owner", "b", "a"),), first=True))

    @check("X020", Severity.ERROR, since="0")
    def computes(document: Document, target: Target) -> Iterator[Finding]:
        """What is written depends on whose they are."""
        if document.config["sum"] is None:
            yield Finding(ROOT / "sum", "no sum", Repair("add up", (Edit(ROOT / "sum", None, document.config["owner"]),)))

    assert planned([computes, moves], {"owner": "b", "sum": None}).after.document.config == {"owner": "a", "sum": "a"}


def test_repairs_that_undo_each_other_end_after_ten_rounds() -> None:
    made = planned([turns("a", 1, 2, code="X001"), turns("a", 2, 1, code="X002")], {"a": 1})
    assert len(made.applied) == MAX_ROUNDS
    assert made.after.verdict is Verdict.SICK


@pytest.mark.parametrize(("unsafe", "left"), [(False, 1), (True, 2)])
def test_an_unsafe_repair_is_made_only_when_asked_for(unsafe: bool, left: int) -> None:
    assert planned([turns("a", 1, 2, code="X001", safety=Safety.UNSAFE)], {"a": 1}, unsafe=unsafe).after.document.config == {"a": left}


def test_advice_is_never_applied() -> None:
    assert not planned([turns("a", 1, 2, code="X001", safety=Safety.ADVICE)], {"a": 1}, unsafe=True).changes


def test_a_repair_without_edits_is_not_applied() -> None:
    assert not planned([finds(Finding(ROOT, "bad", Repair("get the file again")))], {}).changes


@check("X010", Severity.ERROR, since="0")
def drops_the_first(document: Document, target: Target) -> Iterator[Finding]:
    """The first of two equal items goes."""
    items = document.config["items"]
    if items[0] == items[1]:
        yield Finding(ROOT / "items" / 0, "twice", Repair("drop it", (Edit(ROOT / "items" / 0, items[0], ABSENT),)))


@check("X020", Severity.ERROR, since="0")
def doubles_the_last(document: Document, target: Target) -> Iterator[Finding]:
    """The last but one item counts double."""
    at = len(document.config["items"]) - 2
    if document.config["items"][at] < 10:
        yield Finding(ROOT / "items" / at, "half", Repair("double", (Edit(ROOT / "items" / at, document.config["items"][at], 10),)))


def test_a_repair_behind_a_dropped_item_waits_until_its_place_is_known_again() -> None:
    made = planned([drops_the_first, doubles_the_last], {"items": [1, 1, 2, 2, 2]})
    assert made.after.document.config == {"items": [1, 2, 10, 2]}


def test_a_repair_that_does_not_fit_the_document_is_a_failure_of_its_check_and_changes_nothing() -> None:
    edits = (Edit(ROOT / "a", 1, 5), Edit(ROOT / "b", "what is not there", 2))
    wrong = finds(Finding(ROOT, "bad", Repair("half of it", edits)))
    made = planned([wrong, turns("c", 1, 2, code="X002")], {"a": 1, "b": 1, "c": 1})
    assert made.after.document.config == {"a": 1, "b": 1, "c": 2}
    assert titles(made) == ["c = 2"]
    assert [failure.check for failure in made.after.failures] == ["X001"]
    assert "config#/b is not what the repair expects" in made.after.failures[0].error


def test_a_plan_asks_for_each_thing_once_and_only_for_errors() -> None:
    bind, shape = Need("--bind", "WIDTH", "the Lambda reads it"), Need("--input-shape", "None,…", "nothing tells it")
    asking = finds(Finding(ROOT, "one", needs=(bind,)), Finding(ROOT, "two", needs=(bind,)))
    made = planned([asking, finds(Finding(ROOT, "odd", needs=(shape,)), code="X002", severity=Severity.WARNING)], {})
    assert made.needs == (bind,)


def test_a_report_without_examination_is_what_its_failures_say() -> None:
    assert Report("x.keras", document(), KERAS_3, failures=(Failure("archive", "gone"),)).verdict is Verdict.UNKNOWN
