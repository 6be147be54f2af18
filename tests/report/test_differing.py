"""The table of both sides, claimed against present, as programs get it."""

from __future__ import annotations

import json

from weight_documents import NATIVE, archive

from kdoctor.document import Document
from kdoctor.engine import Report, examine
from kdoctor.file_report import FileReport
from kdoctor.packs import load_checks
from kdoctor.report.differing import MOST, sides_object
from kdoctor.report.json import report_object
from kdoctor.testing import KERAS_3

KERNEL, BIAS = "layers/dense_1/vars/0", "layers/dense_1/vars/1"


def examined(document: Document) -> Report:
    return examine(document, KERAS_3, load_checks(), "model.keras")


def test_each_side_stands_in_a_row_of_its_own_or_both_in_one() -> None:
    others = {path: shape for path, shape in NATIVE.items() if path != BIAS}
    assert sides_object(examined(archive({**others, KERNEL: (3, 5), "lost/found": (7,)}))) == {
        "count": 3,
        "rows": [
            {"layer": "two", "role": "kernel", "claimed": [5, 3], "path": KERNEL, "present": [3, 5]},
            {"layer": "two", "role": "bias", "claimed": [3], "path": None, "present": None},
            {"layer": None, "role": None, "claimed": None, "path": "lost/found", "present": [7]},
        ],
    }


def test_a_report_without_such_a_finding_has_no_table() -> None:
    assert "sides" not in report_object(examined(archive(NATIVE)))


def test_the_table_survives_the_journey_from_a_worker() -> None:
    told = report_object(examined(archive({**NATIVE, KERNEL: (3, 5)})))
    assert json.loads(json.dumps(FileReport.from_object(told).as_object()))["sides"] == told["sides"]


def test_a_table_of_any_length_is_counted_and_cut() -> None:
    sides = sides_object(examined(archive({**NATIVE, **{f"lost/{number}": (7,) for number in range(2 * MOST)}})))
    assert sides is not None
    assert (sides["count"], len(sides["rows"])) == (2 * MOST, MOST)
