"""Reports as the formats get them, made by hand."""

from __future__ import annotations

from typing import Any

from kdoctor.check import Need, Severity
from kdoctor.document import SavedBy
from kdoctor.engine import Failure, Verdict
from kdoctor.file_report import Cure, FileReport, Found, Model, Where
from kdoctor.outcomes import NotChecked, Outcomes
from kdoctor.report.run import Rule, Run
from kdoctor.target import Target

KERAS = Target("3.15.1")
RULES = (
    Rule("K401", "lambda-code", Severity.ERROR, "Python bytecode in the file.\n\nSafe mode refuses it."),
    Rule("K501", "not-compiled", Severity.WARNING, "No training state.\n\nIt cannot be trained."),
    Rule("K801", "foreign-module", Severity.ERROR, "An object from outside.\n\nLoading it may run anything."),
)
RUN = Run((KERAS,), RULES)
# What a hostile file may call a layer: each line tries another reader.
HOSTILE = '=HYPERLINK("http://evil")\n::error::pwned\r\x1b[2J| `x` |](http://evil) <b>&"]]> {0} \u202e\udcff\ufffe,@all'


def found(code: str = "K401", severity: Severity = Severity.ERROR, message: str = "it is bytecode", layer: str | None = "crop") -> Found:
    names = {rule.code: rule.name for rule in RULES}
    where = Where("config", "/config/layers/1/config/function", layer)
    return Found(
        code,
        names.get(code, "other"),
        severity,
        message,
        where,
        "ValueError: no",
        Cure("write it anew", "safe"),
        (Need("--bind", "X", "why"),),
    )


def report(path: str = "models/a.keras", *findings: Found, **more: Any) -> FileReport:
    """A report whose counts fit its findings."""
    codes = tuple(sorted({one.code for one in findings}))
    failures = tuple(Failure(code, text) for code, text in more.pop("failures", {}).items())
    lost = tuple(NotChecked(one.error, (one.check,)) for one in failures)
    checks = Outcomes(len(RULES) - len(codes) - len(lost), codes, lost)
    worst = max((one.severity for one in findings), default=None)
    verdict = Verdict.SICK if worst is Severity.ERROR else Verdict.UNKNOWN if failures else Verdict.HEALTHY
    values = {
        "path": path, "sha256": "0" * 64, "size": 17, "format": "keras-zip", "saved_by": SavedBy("3.6.0"), "model": Model("Sequential", 2, 6, 24),
        "verdict": verdict, "loads": verdict is Verdict.HEALTHY, "findings": findings, "failures": failures, "checks": checks, "target": "3.15.1",
    }  # fmt: skip
    return FileReport(**{**values, **more}).judged(Severity.ERROR)


SICK = report("models/sick.h5", found(), found("K501", Severity.WARNING, "no training state", None))
LOST = report("models/lost.keras", failures={"K801": "ZeroDivisionError: division by zero"})
HEALTHY = report("models/fine.keras")
MEAN = report(f"models/{HOSTILE}.keras", found(message=HOSTILE, layer=HOSTILE))
ALL = (SICK, LOST, HEALTHY, MEAN)
