"""What the layers claim beside what the file holds, where findings say that the two differ."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from kdoctor.abundance import shortened
from kdoctor.engine import Report
from kdoctor.report.differing import told
from kdoctor.report.printable import printable
from kdoctor.weights.stored import written

MOST = 20  # rows
MOST_LETTERS = 200  # of a layer's name


def sides(report: Report) -> Table | None:
    """The table, or None where no finding is about it or the sides agree."""
    rows = told(report)
    if not rows:
        return None
    view = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", show_edge=False)
    for heading in ("layer", "claims", "the file has"):
        view.add_column(heading, overflow="fold")
    for row in rows[:MOST]:
        claim = f"{row.role} {written(row.claimed)}" if row.role else "nothing"
        present = f"{written(row.present)} in {row.path}" if row.path else "nothing"
        view.add_row(printable(shortened(row.layer, MOST_LETTERS)) or Text("nobody", "dim"), printable(claim), printable(present))
    if len(rows) > MOST:
        view.add_row(Text(f"… {len(rows) - MOST} more", "dim"))
    return view
