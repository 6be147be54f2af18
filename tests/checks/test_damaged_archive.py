"""K109: bytes that changed, or that stand around the archive."""

from __future__ import annotations

import pytest

from kdoctor.check import Safety
from kdoctor.document import Fault
from kdoctor.edit import apply
from kdoctor.testing import document, examine, find_check, layer, model, sequential


def test_a_checksum_that_does_not_fit_has_no_cure() -> None:
    sick = document(sequential(), faults=(Fault("crc-mismatch", "weights", {"name": "model.weights.h5", "expected": 1, "found": 2}),))
    (finding,) = examine("K109", sick)
    assert finding.keras_says == "BadZipFile: Bad CRC-32 for file 'model.weights.h5'"
    assert str(find_check("K109").severity_of(finding)) == "error"
    assert finding.repair is not None
    assert finding.repair.safety is Safety.ADVICE
    assert [need.flag for need in finding.needs] == ["FILE"]


@pytest.mark.parametrize(("kind", "where"), [("leading-bytes", "before"), ("trailing-bytes", "after")])
def test_bytes_around_the_archive_are_an_info_and_cut_off(kind: str, where: str) -> None:
    sick = document(sequential(), faults=(Fault(kind, detail={"count": 1234}),))
    (finding,) = examine("K109", sick)
    assert finding.message == f"1,234 bytes that do not belong stand {where} the archive"
    assert str(find_check("K109").severity_of(finding)) == "info"
    assert finding.repair is not None
    assert examine("K109", apply(sick, finding.repair.edits)) == []


def test_a_whole_archive_is_healthy() -> None:
    assert examine("K109", model(layer("Dense"))) == []
