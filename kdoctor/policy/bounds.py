"""The bounds of a policy on files as a whole, told as findings with codes of their own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Final

from kdoctor.file_report import FileReport, Found, Where
from kdoctor.outcomes import NotChecked
from kdoctor.policy.policy import Policy
from kdoctor.verdict import Severity

SIZE: Final = "P101"
AGE: Final = "P102"
# code -> name, severity, page
PAGES: Final = {
    SIZE: (
        "file-too-large",
        Severity.ERROR,
        "The file is larger than the policy's max-size.\n\nA model that has grown unnoticed does not fit where it is deployed to. Save it without the "
        "optimizer's state (include_optimizer=False, or compile=None), quantize it, or raise max-size.",
    ),
    AGE: (
        "file-too-old",
        Severity.ERROR,
        "The file was saved longer ago than the policy's max-age-days.\n\nThe day is the one that the file states (.keras archives do, .h5 files do "
        "not: these are not checked, which is not the same as clean). Train it anew, or give it a rule with a reason and an expiry date.",
    ),
}


def active(policy: Policy) -> tuple[str, ...]:
    """The codes of the bounds that the policy has."""
    return tuple(code for code, bound in ((SIZE, policy.max_size), (AGE, policy.max_age_days)) if bound is not None)


def crossed(report: FileReport, policy: Policy, today: date) -> Iterator[Found | NotChecked]:
    """What the file is over, and what cannot be told."""
    if policy.max_size is not None:
        if report.size is None:
            yield NotChecked("the size of the file is not known", (SIZE,))
        elif report.size > policy.max_size:
            yield _found(SIZE, f"the file has {report.size:,} bytes, and the policy allows {policy.max_size:,}")
    if policy.max_age_days is not None:
        saved = _day(report.saved_by.date)
        if saved is None:
            yield NotChecked("the file does not say when it was saved", (AGE,))
        elif (today - saved).days > policy.max_age_days:
            yield _found(AGE, f"the file was saved {(today - saved).days} days ago, and the policy allows {policy.max_age_days}")


def _found(code: str, message: str) -> Found:
    name, severity, _ = PAGES[code]
    return Found(code, name, severity, message, Where("file", ""))


def _day(text: str | None) -> date | None:
    try:
        return datetime.fromisoformat((text or "").replace("@", " ")).date()
    except ValueError:
        return None
