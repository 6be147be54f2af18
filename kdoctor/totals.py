"""What a run comes to: one count of files, checks and findings that every format repeats."""

from __future__ import annotations

from collections import Counter
from typing import Any

from kdoctor.file_report import FileReport, Gate
from kdoctor.verdict import Severity

EXIT_CODES = {Gate.PASSED: 0, Gate.FAILED: 1, Gate.UNKNOWN: 3}


class Totals:
    """Counts that grow with each report; ``complete`` is false for a run that was interrupted."""

    def __init__(self) -> None:
        self.reports = 0
        self.complete = True
        self.verdicts: Counter[str] = Counter()
        self.gates: Counter[str] = Counter()
        self.checks: Counter[str] = Counter()
        self.findings: Counter[str] = Counter()
        self.suppressed: Counter[str] = Counter()
        self.undecided = 0  # healthy by all that was found, and yet nobody can tell whether they load

    def add(self, report: FileReport) -> None:
        self.reports += 1
        self.verdicts[report.verdict.value] += 1
        self.gates[report.gate.value] += 1
        self.checks["passed"] += report.checks.passed
        self.checks["found"] += len(report.checks.found)
        self.checks["not_checked"] += report.checks.unchecked
        for found in report.findings:
            self.findings[str(found.severity)] += 1
        for one in report.suppressed:
            self.suppressed[one.by] += 1
        self.undecided += report.loads is None and report.verdict.value == "healthy"

    @property
    def exit_code(self) -> int:
        """1 where a file failed, else 3 where one could not be examined, else 0."""
        for gate in (Gate.FAILED, Gate.UNKNOWN):
            if self.gates[gate.value]:
                return EXIT_CODES[gate]
        return EXIT_CODES[Gate.PASSED]

    def as_object(self) -> dict[str, Any]:
        """The JSON object of the contract."""
        return {
            "reports": self.reports,
            "complete": self.complete,
            "verdicts": {word: self.verdicts[word] for word in ("healthy", "sick", "unknown")},
            "gate": {gate.value: self.gates[gate.value] for gate in Gate},
            "checks": {word: self.checks[word] for word in ("passed", "found", "not_checked")},
            "findings": {str(severity): self.findings[str(severity)] for severity in reversed(Severity)},
            "suppressed": {word: self.suppressed[word] for word in ("policy", "rule", "baseline")},
        }

    def sentence(self) -> str:
        """``12 checks passed, 1 found something, 3 not checked; 2 findings suppressed``."""
        checks = (
            f"{self.checks['passed']:,} checks passed, {self.checks['found']:,} found something, {self.checks['not_checked']:,} not checked"
        )
        suppressed = sum(self.suppressed.values())
        return checks + (f"; {suppressed:,} findings suppressed" if suppressed else "")
