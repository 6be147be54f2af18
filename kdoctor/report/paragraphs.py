"""What is wrong, in paragraphs for people: each says what and where, what Keras says, and the command that cures it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from kdoctor.abundance import shortened
from kdoctor.check import Excerpt, Severity
from kdoctor.engine import Diagnosis, Report
from kdoctor.report import phrases
from kdoctor.report.printable import printable
from kdoctor.structure.layers import layer_at

STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
MOST_OF_ONE = 20  # paragraphs of one check: nobody reads the thousandth
MOST_QUOTED = 40_000  # letters of an excerpt, which is all of a function
INDENT, LABEL, GAP = 2, 10, 2  # columns
MOST_LETTERS = 400  # of a place: a name may be as long as the file


def write(console: Console, report: Report, findings: Sequence[Diagnosis], *, every: bool = False) -> None:
    """A paragraph for all findings that say the same; of one check and severity the first ones, how many more there are, and the last, unless
    ``every`` is asked for. (Of thousands the last says how many are not listed at all: `kdoctor.abundance`.)"""
    groups = _alike(findings)
    of_check = Counter(_check(group) for group in groups)
    written: Counter[tuple[str, Severity]] = Counter()
    for group in groups:
        check = _check(group)
        written[check] += 1
        left = of_check[check] - MOST_OF_ONE - 1
        if every or left <= 0 or written[check] <= MOST_OF_ONE or written[check] == of_check[check]:
            _finding(console, report, group[0], group[1:])
        elif written[check] == MOST_OF_ONE + 1:
            more = f"… {left} more of {check[0]} {group[0].check.name}: `kdoctor inspect --all-layers` shows them\n"
            console.print(Text(more, "dim"), soft_wrap=True)


def _check(group: Sequence[Diagnosis]) -> tuple[str, Severity]:
    return group[0].check.code, group[0].severity


def _alike(findings: Sequence[Diagnosis]) -> list[list[Diagnosis]]:
    """Findings that say the same of different places, together: seventeen layers with one superfluous argument are one paragraph."""
    groups: dict[tuple[object, ...], list[Diagnosis]] = {}
    for found in findings:
        title = found.finding.repair.title if found.finding.repair else None
        key = (found.check.code, found.severity, found.finding.message, title, found.finding.needs)
        groups.setdefault(key, []).append(found)
    return list(groups.values())


def _finding(console: Console, report: Report, found: Diagnosis, others: Sequence[Diagnosis] = ()) -> None:
    finding = found.finding
    layer = layer_at(report.document, finding.at)
    named = finding.layer or (layer.name if layer is not None else None)
    where = " · ".join(part for part in (f"layer {named}" if named else "", _place(finding.at)) if part)
    title = Text.assemble((str(found.severity), STYLES[found.severity]), " ", (found.check.code, "bold"), f" {found.check.name}")
    console.print(title.append(f" · {printable(shortened(where, MOST_LETTERS))}" if where else "", "dim"), soft_wrap=True)
    _indented(console, printable(shortened(finding.message)))
    if others:
        _indented(console, printable(_also(report, others)))
    if finding.excerpt is not None:
        console.print(Padding(Text(printable(shortened(_quoted(finding.excerpt), MOST_QUOTED), lines=True)), (0, 0, 0, 4)), soft_wrap=True)
    for label, text in (("Keras says", finding.keras_says), ("Cure", phrases.cure(report.path, finding, report.target))):
        if text:
            _indented(console, printable(shortened(text), lines=True), label)
    console.print()


def _also(report: Report, others: Sequence[Diagnosis]) -> str:
    """``and 16 more: block_1_depthwise, block_2_depthwise, …``"""
    layers = [layer_at(report.document, other.finding.at) for other in others]
    names = list(dict.fromkeys(layer.name for layer in layers if layer is not None))
    shown = ", ".join(shortened(name, MOST_LETTERS) for name in names[:6]) + (", …" if len(names) > 6 else "")
    return f"and {len(others)} more" + (f": {shown}" if shown else "")


def _place(at: object) -> str:
    text = str(at)
    return "" if text.startswith("faults#") else text


def _indented(console: Console, text: str, label: str = "") -> None:
    """The text wrapped, beside its label where it has one. (A table of rich's does the same in ten times the time.)"""
    indent = INDENT + (LABEL + GAP if label else 0)
    margin = Text(" " * indent)
    lines = Text(text).wrap(console, max(console.width - indent, 1), overflow="fold")
    page = Text("\n").join(margin + line for line in lines)
    if label:
        page = Text.assemble(" " * INDENT, (f"{label:<{LABEL}}", "dim"), " " * GAP) + page[indent:]
    console.print(page, soft_wrap=True)


def _quoted(excerpt: Excerpt) -> str:
    """The text with carets under its marked spans, and the remark after the last."""
    if not excerpt.marks or "\n" in excerpt.text:
        return excerpt.text + (f"\n{excerpt.remark}" if excerpt.remark else "")
    under = [" "] * max(end for _, end in excerpt.marks)
    for start, end in excerpt.marks:
        under[start:end] = "^" * (end - start)
    return f"{excerpt.text}\n{''.join(under).rstrip()} {excerpt.remark}".rstrip()
