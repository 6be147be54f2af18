"""docs/functions.md: the functions that were counted in public repositories stand in the table."""

from __future__ import annotations

import re
from pathlib import Path

from kdoctor.translate.table import row_of

PAGE = Path(__file__).parents[2] / "docs" / "functions.md"


def test_at_least_150_functions_that_people_use_have_a_row() -> None:
    counted = re.findall(r"\| `([\w.]+)` \| \d+ \| \d+ ", PAGE.read_text("utf-8"))
    assert len(set(counted)) == len(counted) >= 150
    assert [name for name in counted if row_of(name) is None] == []
