"""Where what layers claim and what the file holds differ, if a finding is about that: for every form of report."""

from __future__ import annotations

from typing import Any, Final

from kdoctor.engine import Report
from kdoctor.keras_api.layouts import layout_of
from kdoctor.weights.balance import Difference, differences

ABOUT_WEIGHTS: Final = frozenset({"K607", "K701", "K702", "K703", "K705", "K707"})
MOST: Final = 200  # rows that a program gets: reports stay small for models of any size


def told(report: Report) -> tuple[Difference, ...]:
    """Where the sides differ, if a finding is about that."""
    asked = any(found.check.code in ABOUT_WEIGHTS for found in report.findings)
    return differences(report.document, layout_of(report.target)) if asked else ()


def sides_object(report: Report) -> dict[str, Any] | None:
    """The table as the JSON contract has it, None where the sides agree; ``count`` is how many rows there are in all."""
    rows = told(report)
    return {"count": len(rows), "rows": [_row(row) for row in rows[:MOST]]} if rows else None


def _row(row: Difference) -> dict[str, Any]:
    return {
        "layer": row.layer or None,
        "role": row.role or None,
        "claimed": None if row.claimed is None else list(row.claimed),
        "path": row.path,
        "present": None if row.present is None else list(row.present),
    }
