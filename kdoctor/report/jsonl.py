"""One JSON object per line, for programs that read a stream: what runs, each report, the totals. ``type`` says which."""

from __future__ import annotations

import json
from typing import Any

from kdoctor import __version__
from kdoctor.file_report import FileReport
from kdoctor.report.json import REPORT, target_object
from kdoctor.report.printable import escaped
from kdoctor.report.run import Run
from kdoctor.totals import Totals

SEPARATOR = ""


def begin(run: Run) -> str:
    return _line("run", {"schema": REPORT, "kdoctor": __version__, "target": target_object(run.targets[0])})


def each(run: Run, report: FileReport) -> tuple[str, ...]:
    return (_line("report", report.as_object()),)


def end(run: Run, totals: Totals) -> str:
    return _line("totals", totals.as_object())


def _line(kind: str, value: dict[str, Any]) -> str:
    return escaped(json.dumps({"type": kind, **value}, ensure_ascii=False)) + "\n"
