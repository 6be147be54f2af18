"""K606: a form that still loads."""

from __future__ import annotations

import pytest

from kdoctor.check import Safety
from kdoctor.document import Document, Format
from kdoctor.engine import examine as examined
from kdoctor.packs import load_checks
from kdoctor.target import Target
from kdoctor.testing import KERAS_3, document, examine, find_check, layer, model, sequential

STACK = sequential(layer("InputLayer", name="in", batch_shape=[None, 4]), layer("Flatten"))
OLDER = document(STACK, metadata={"keras_version": "2.15.0"})


@pytest.mark.parametrize("old", [document(STACK, format=Format.H5_MODEL), OLDER])
def test_an_older_form_is_told_with_the_command_that_writes_todays(old: Document) -> None:
    (finding,) = examine("K606", old)
    assert finding.repair is not None
    assert (finding.repair.safety, finding.repair.title) == (Safety.ADVICE, "kdoctor convert FILE --to keras")


def test_it_is_no_error_and_changes_no_verdict() -> None:
    checks = load_checks()
    without = [check for check in checks if check is not find_check("K606")]
    said, unsaid = examined(OLDER, KERAS_3, checks), examined(OLDER, KERAS_3, without)
    assert (said.loads, said.verdict, said.errors) == (unsaid.loads, unsaid.verdict, unsaid.errors)


def test_an_archive_of_keras_3_is_todays_form() -> None:
    assert examine("K606", model(layer("Flatten"))) == []


def test_a_file_without_a_model_is_not_spoken_of() -> None:
    assert examine("K606", document(format=Format.H5_MODEL)) == []


def test_keras_2_has_no_other_form() -> None:
    assert examine("K606", document(STACK, format=Format.H5_MODEL), Target("2.15.0")) == []
