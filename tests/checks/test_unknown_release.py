"""K613: a target that is newer than what kdoctor knows."""

from __future__ import annotations

import pytest

from kdoctor.check import Severity
from kdoctor.document import Format
from kdoctor.keras_api.catalogue import releases
from kdoctor.target import Target
from kdoctor.testing import document, examine, find_check, layer, model

MODEL = model(layer("Dense"))
NEWEST = Target(releases()[-1])


@pytest.mark.parametrize("later", [f"{NEWEST.minor[0]}.{NEWEST.minor[1] + 1}.0", "4.0"])
def test_a_later_minor_release_leaves_the_answer_open(later: str) -> None:
    (finding,) = examine("K613", MODEL, Target(later))
    assert finding.message == f"Keras {later} is newer than this kdoctor knows; judged as Keras {NEWEST.release} would load it"
    assert (finding.undecided, find_check("K613").severity_of(finding)) == (True, Severity.INFO)


def test_known_releases_and_their_later_patches_are_not_news() -> None:
    for release in (*releases(), f"{NEWEST.minor[0]}.{NEWEST.minor[1]}.99"):
        assert examine("K613", MODEL, Target(release)) == []


def test_what_is_no_keras_file_is_none_of_its_business() -> None:
    assert examine("K613", document(format=Format.OTHER), Target("4.0")) == []
