"""K107: entries of the zip directory that do not belong, or under names that Keras does not find."""

from __future__ import annotations

from typing import Any

import pytest

from kdoctor.check import Finding, Safety
from kdoctor.document import Document, Fault, Member
from kdoctor.edit import apply
from kdoctor.testing import document, examine, find_check, layer, model, sequential


def archive(kind: str, *members: tuple[str, str], **detail: Any) -> Document:
    listed = {index: Member(name, role, 10, 10, 0, index) for index, (name, role) in enumerate(members)}
    return document(sequential(), faults=(Fault(kind, detail=detail),), members=listed)


def severity(finding: Finding) -> str:
    return str(find_check("K107").severity_of(finding))


def test_backslashes_hide_the_config_and_are_turned() -> None:
    sick = archive("backslash-names", names=["m\\config.json", "m\\model.weights.h5"])
    (finding,) = examine("K107", sick)
    assert severity(finding) == "error"
    assert "There is no item named 'config.json'" in str(finding.keras_says)
    assert finding.repair is not None
    assert examine("K107", apply(sick, finding.repair.edits)) == []


def test_backslashes_in_the_assets_alone_hide_a_vocabulary() -> None:
    (finding,) = examine("K107", archive("backslash-names", names=["assets\\layers\\string_lookup\\vocabulary.txt"]))
    assert "objects could not be loaded" in str(finding.keras_says)


def test_equal_copies_are_an_info_and_one_is_kept() -> None:
    sick = archive("duplicate-member", ("config.json", "config"), name="config.json", count=2, identical=True)
    (finding,) = examine("K107", sick)
    assert (severity(finding), finding.message) == ("info", "'config.json' stands 2 times in the archive, all the same")
    assert finding.repair is not None
    assert examine("K107", apply(sick, finding.repair.edits)) == []


def test_copies_that_differ_are_left_to_who_made_them() -> None:
    sick = archive("duplicate-member", ("config.json", "config"), ("config.json", "config"), name="config.json", count=2, identical=False)
    (finding,) = examine("K107", sick)
    assert severity(finding) == "error"
    assert finding.repair is not None
    assert (finding.repair.safety, finding.repair.edits) == (Safety.ADVICE, ())


def test_copies_of_what_is_no_part_of_the_model_harm_nobody() -> None:
    name = "__MACOSX/._config.json"
    (finding,) = examine("K107", archive("duplicate-member", (name, "stray"), (name, "stray"), name=name, count=2, identical=False))
    assert severity(finding) == "info"


def test_stray_files_are_an_info_and_left_out() -> None:
    sick = archive("stray-members", names=["a", "b", "c", "d", "e"])
    (finding,) = examine("K107", sick)
    assert (severity(finding), finding.message) == ("info", "entries that are no part of a Keras archive: 'a', 'b', 'c' and 2 more")
    assert finding.repair is not None
    assert examine("K107", apply(sick, finding.repair.edits)) == []


@pytest.mark.parametrize(
    ("name", "role", "title"),
    [
        ("config.json\0.txt", "stray", "leave them out"),
        ("/config.json", "config", "write the parts of the model under plain names"),
    ],
)
def test_names_that_lead_elsewhere_are_an_error_and_the_parts_are_kept(name: str, role: str, title: str) -> None:
    sick = archive("irregular-names", (name, role), names=[name])
    (finding,) = examine("K107", sick)
    assert severity(finding) == "error"
    assert finding.repair is not None
    assert finding.repair.title == title
    assert examine("K107", apply(sick, finding.repair.edits)) == []


def test_a_member_that_cannot_be_read_has_no_cure() -> None:
    (finding,) = examine("K107", archive("unreadable-member", name="config.json", why="it is encrypted"))
    assert finding.message == "the member 'config.json' cannot be read: it is encrypted"
    assert finding.repair is not None
    assert finding.repair.edits == ()


def test_in_a_cut_archive_an_unreadable_member_is_no_second_cause() -> None:
    faults = (Fault("truncated"), Fault("unreadable-member", detail={"name": "model.weights.h5", "why": "it ends early"}))
    assert examine("K107", document(sequential(), faults=faults)) == []


def test_an_archive_with_its_three_parts_is_healthy() -> None:
    assert examine("K107", model(layer("Dense"))) == []
