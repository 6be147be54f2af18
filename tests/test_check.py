"""What a check is, and what it may say."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from kdoctor.check import Check, Finding, Repair, Safety, Severity, check, remove_faults
from kdoctor.document import ABSENT, Document, Fault
from kdoctor.edit import Edit
from kdoctor.errors import PackError
from kdoctor.pointer import Pointer
from kdoctor.target import Target
from kdoctor.testing import KERAS_3, document

AT = Pointer("config")


def wrong_thing(document: Document, target: Target) -> Iterator[Finding]:
    """Something is wrong.

    This is why.
    """
    yield Finding(AT, f"wrong in {target}")


def without_page(document: Document, target: Target) -> Iterator[Finding]:
    yield Finding(AT, "never")


def made(**more: Severity) -> Check:
    return check("X101", Severity.ERROR, since="0.1.0", **more)(wrong_thing)


def test_the_functions_name_is_the_offence_and_its_docstring_the_page() -> None:
    assert (made().name, made().page, made().summary) == ("wrong-thing", "Something is wrong.\n\nThis is why.", "Something is wrong.")


def test_a_check_finds_what_its_function_yields() -> None:
    assert list(made().run(document(), KERAS_3)) == [Finding(AT, "wrong in Keras 3.15.1")]


def test_the_severity_belongs_to_the_check_and_a_finding_can_only_choose_the_milder_one() -> None:
    mild = Finding(AT, "not so bad", mild=True)
    assert made(mild=Severity.INFO).severity_of(mild) is Severity.INFO
    assert made(mild=Severity.INFO).severity_of(Finding(AT, "bad")) is Severity.ERROR


def test_a_check_without_a_milder_severity_has_one_severity() -> None:
    assert made().severity_of(Finding(AT, "bad", mild=True)) is Severity.ERROR


@pytest.mark.parametrize(("code", "function"), [("x101", wrong_thing), ("X1", wrong_thing), ("X1011", wrong_thing), ("X101", without_page)])
def test_a_check_without_a_proper_code_or_without_a_page_is_refused(
    code: str, function: Callable[[Document, Target], Iterator[Finding]]
) -> None:
    with pytest.raises(PackError, match=code):
        check(code, Severity.ERROR, since="0.1.0")(function)


def test_severities_are_ordered_and_print_as_words() -> None:
    assert sorted(Severity, reverse=True) == [Severity.ERROR, Severity.WARNING, Severity.INFO]
    assert [str(severity) for severity in Severity] == ["info", "warning", "error"]


def test_a_repair_is_safe_unless_it_says_otherwise() -> None:
    assert Repair("do it").safety is Safety.SAFE


def test_removing_faults_asks_for_a_file_without_them() -> None:
    faults = document(faults=(Fault("json-bom", "config"), Fault("wrapped"))).faults_of("json-bom", "wrapped")
    repair = remove_faults("write it again", *faults, safety=Safety.UNSAFE)
    assert repair.edits == tuple(Edit(Pointer("faults", (key,)), fault, ABSENT) for key, (_, fault) in enumerate(faults))
    assert repair.safety is Safety.UNSAFE
