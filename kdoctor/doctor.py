"""Files in, reports and plans out: what the commands, the scan and the Python interface share."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from kdoctor.archive import open_document
from kdoctor.check import Check
from kdoctor.document import Document, Format
from kdoctor.engine import Failure, Plan, Report, attempt, examine, plan
from kdoctor.keras_api.catalogue import releases
from kdoctor.limits import Limits
from kdoctor.prognosis import foresee
from kdoctor.target import Target

NOTHING = Document(Format.OTHER, {})


def installed_keras() -> str:
    """The release of the Keras beside kdoctor, or the newest one known where none is installed. Keras is not imported."""
    try:
        return version("keras")
    except PackageNotFoundError:
        return releases()[-1]


def examine_file(path: Path, target: Target, checks: Sequence[Check], limits: Limits | None = None, *, everywhere: bool = False) -> Report:
    """Open and examine one file, ``everywhere`` with an outlook for every release. Whatever happens to the reader becomes a failure."""
    start = time.perf_counter()
    document = attempt("archive", lambda: open_document(path, limits or Limits()))
    if isinstance(document, Failure):
        report = Report(str(path), NOTHING, target, failures=(document,))
    else:
        report = examine(document, target, checks, str(path))
        if everywhere:
            report = replace(report, outlooks=foresee(document, target, checks))
    return replace(report, seconds=time.perf_counter() - start)


def plan_file(path: Path, target: Target, checks: Sequence[Check], *, unsafe: bool = False) -> Plan:
    """Open, examine and plan the repair of one file."""
    start = time.perf_counter()
    document = attempt("archive", lambda: open_document(path))
    if isinstance(document, Failure):
        report = Report(str(path), NOTHING, target, failures=(document,))
        return Plan(report, report, ())
    made = plan(document, target, checks, str(path), unsafe=unsafe)
    return replace(made, before=replace(made.before, seconds=time.perf_counter() - start))
