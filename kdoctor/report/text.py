"""The page for people: who saved the model, its layers, and what is wrong, worst first."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from kdoctor.abundance import shortened
from kdoctor.check import Severity
from kdoctor.document import ABSENT, Json, Weight
from kdoctor.edit import Edit
from kdoctor.engine import Diagnosis, Plan, Report
from kdoctor.graph.summary import Row, summarize
from kdoctor.report import page, paragraphs, phrases
from kdoctor.report.counted import counted_rows
from kdoctor.report.outlooks import strip
from kdoctor.report.paragraphs import STYLES
from kdoctor.report.printable import printable
from kdoctor.report.sides import sides
from kdoctor.structure.layers import layer_at
from kdoctor.structure.sequential import Shape

SIGNS = {Severity.ERROR: "✗", Severity.WARNING: "!", Severity.INFO: "·"}
MOST_AXES = 32
WHOLE_TABLE = 40  # layers; a longer table shows its ends and the first layers with findings
MOST_MARKED = 40


def render(reports: Sequence[Report], *, width: int = 100, color: bool = False, all_layers: bool = False) -> str:
    """The pages of all reports, one below the other."""
    console, printed = page.blank(width, color)
    for report in reports:
        _page(console, report, all_layers)
    return printed.getvalue()


def render_plan(
    plan: Plan, outcome: str, before_loading: Sequence[str] = (), *, width: int = 100, color: bool = False, all_layers: bool = False
) -> str:
    """The page of the sick file, what the repair does, its outcome in a sentence, and the Python that has to run before it is loaded."""
    console, printed = page.blank(width, color)
    _page(console, plan.before, all_layers, plan.after if plan.changes else None)
    for one in plan.applied:
        console.print(Text.assemble("  ", ("✓", "green"), f" {one.check.code} {printable(shortened(one.repair.title))}"), soft_wrap=True)
    console.print(Text.assemble("\n", (printable(outcome), "bold")), soft_wrap=True)
    if plan.lost:
        console.print("\nWhat did not survive:")
        for lost in plan.lost:
            console.print(Text(printable(f"    {phrases.lost(lost)}")), soft_wrap=True)
    if before_loading:
        console.print("\nTo load it:")
        for line in before_loading:
            console.print(Text(f"    {printable(line)}"), soft_wrap=True)
    if left := _left(plan):
        console.print("\nWhat remains:")
        paragraphs.write(console, plan.after, left, every=all_layers)
    return printed.getvalue()


def _left(plan: Plan) -> list[Diagnosis]:
    """The errors of the result, and the warnings that were none of the sick file, or could not be told of it yet."""
    told = {(one.check.code, one.finding.message) for one in plan.before.findings}
    news = [one for one in plan.after.findings if one.severity is Severity.WARNING and (one.check.code, one.finding.message) not in told]
    return [*plan.after.errors, *news] if plan.changes else []


def render_diff(edits: Sequence[Edit]) -> str:
    """The changes that a repair would write, one place after the other."""
    lines = []
    for edit in edits:
        lines.append(f"@ {edit.at}")
        lines += [f"- {_json(edit.old)}"] if edit.old is not ABSENT else []
        lines += [f"+ {_json(edit.new)}"] if edit.new is not ABSENT else []
    return "".join(f"{printable(line)}\n" for line in lines)


def _json(value: Json) -> str:
    import json

    if isinstance(value, Weight):
        return f"{value.dtype}{list(value.shape)} from {value.source}"
    return json.dumps(value, ensure_ascii=False, default=str)


def _page(console: Console, report: Report, all_layers: bool, after: Report | None = None) -> None:
    _heading(console, report)
    table = counted_rows(report.document)
    if table:
        console.print(Padding(_table(report, table, all_layers), (0, 0, 1, 2)))
    if report.outlooks:
        console.print(strip(report.outlooks))
    paragraphs.write(console, report, report.findings, every=all_layers)
    if balance := sides(report):
        console.print(Padding(balance, (0, 0, 1, 2)))
    for failure in report.failures:
        error = printable(failure.error, lines=True)
        console.print(Text.assemble(("unknown", "bold magenta"), f" {failure.check}: {error}\n"), soft_wrap=True)
    console.print(Text(f"{phrases.tally(report, after)} · {report.seconds * 1000:.0f} ms\n", "dim"), soft_wrap=True)


def _heading(console: Console, report: Report) -> None:
    summary, name = summarize(report.document), report.document.file.get("name") or report.path
    first = " · ".join(part for part in (phrases.headline(summary), phrases.size(report.document.file.get("size"))) if part)
    style = {True: "green", False: "red", None: "yellow"}[report.loads]
    console.print(
        Panel(
            Text(f"{printable(first)}\n{printable(phrases.origin(report))}"),
            title=Text(printable(str(name)), "bold"),
            subtitle=Text(phrases.verdict(report), style),
            title_align="left",
            subtitle_align="right",
        )
    )


def _table(report: Report, table: Sequence[Row], all_layers: bool) -> Table:
    view = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", show_edge=False)
    for heading, justify in (("", "left"), ("layer", "left"), ("class", "left"), ("shape", "left"), ("parameters", "right"), ("", "left")):
        view.add_column(heading, justify=justify)  # type: ignore[arg-type]
    marked = _codes_by_layer(report)
    whole, last = all_layers or len(table) <= WHOLE_TABLE, len(table) - 5
    shown, skipped, sick = 0, 0, 0
    for index, row in enumerate(table):
        codes = marked.get(row.layer.at, [])
        if not whole and 10 <= index < last and (not codes or shown >= MOST_MARKED):
            skipped, sick = skipped + 1, sick + bool(codes)
            continue
        if skipped:
            view.add_row("", Text(f"… {skipped} more" + (f", {sick} with findings" if sick else ""), "dim"))
            skipped, sick = 0, 0
        _row(view, row, codes)
        shown += bool(codes)
    return view


def _row(view: Table, row: Row, codes: list[Diagnosis]) -> None:
    worst = max((found.severity for found in codes), default=None)
    sign = Text() if worst is None else Text(SIGNS[worst], STYLES[worst])
    named = " ".join(dict.fromkeys(found.check.code for found in codes))
    name = "  " * row.layer.depth + printable(row.layer.name)
    view.add_row(sign, name, printable(row.layer.class_name), _shape(row.shape), f"{row.parameters:,}", Text(named, "dim"))


def _shape(shape: Shape | None) -> str:
    """``(None, 10, 4)``; a shape of more axes than any array has is cut."""
    if shape is None:
        return "?"
    return "(" + ", ".join(str(length) for length in shape[:MOST_AXES]) + (", …)" if len(shape) > MOST_AXES else ")")


def _codes_by_layer(report: Report) -> dict[object, list[Diagnosis]]:
    marked: dict[object, list[Diagnosis]] = {}
    for found in report.findings:
        layer = layer_at(report.document, found.finding.at)
        if layer is not None:
            marked.setdefault(layer.at, []).append(found)
    return marked
