"""The sentences that text reports share: sizes, verdicts, cures."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Collection
from functools import lru_cache

from kdoctor.archive.remote.address import is_remote
from kdoctor.asked import installed_keras
from kdoctor.check import Finding, Need, Repair, Safety, Severity
from kdoctor.document import Format
from kdoctor.engine import Diagnosis, Lost, Report
from kdoctor.graph.summary import Summary
from kdoctor.target import Target

INFERENCE = "inference"
OFTEN = frozenset({"--bind", "--custom", "--set", "--hub-path"})  # flags of which each names a thing of its own
FORMATS = {
    Format.KERAS_ZIP: ".keras zip",
    Format.KERAS_DIR: "unzipped .keras folder",
    Format.H5_MODEL: "HDF5 model (.h5)",
    Format.H5_WEIGHTS: "HDF5 weights",
    Format.OTHER: "no Keras file",
}


def size(count: int | None) -> str:
    """Bytes as people read them: ``51.2 kB`` (1 kB = 1,000 bytes)."""
    if count is None:
        return "size unknown"
    for unit, scale in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= scale:
            return f"{count / scale:.1f} {unit}"
    return f"{count} bytes"


def verdict(report: Report) -> str:
    """What the file's reader wants to know first."""
    if report.failures and not report.errors:
        return "could not be examined completely"
    if report.loads is None:
        return f"may not load in {report.target}: see below"
    return f"loads in {report.target}" if report.loads else f"will not load in {report.target}, or not as saved"


def headline(summary: Summary) -> str:
    """``Sequential "forecaster" · 4 layers · 4,802 parameters``."""
    parts = []
    if summary.class_name:
        parts.append(f'{summary.class_name} "{summary.name}"' if summary.name else summary.class_name)
        parts.append(f"{summary.layers:,} layer{'s' if summary.layers != 1 else ''}")
    if summary.class_name or summary.parameters:
        parts.append(f"{summary.parameters:,} parameters")
    return " · ".join(parts)


def origin(report: Report) -> str:
    """``saved by Keras 3.6.0 (tensorflow), 2024-12-09 · .keras zip``."""
    document, saved = report.document, report.document.saved_by()
    release = f"saved by Keras {saved.keras}" if saved.keras else ""
    backend = f" ({saved.backend})" if saved.backend and release else ""
    date = f", {saved.date.split(' ')[0]}" if saved.date and release else ""
    return " · ".join(part for part in (release + backend + date, FORMATS[document.format]) if part)


def cure(path: str, finding: Finding, target: Target) -> str | None:
    """The command that cures a finding for the target, or what is needed first; None when nothing helps."""
    repair = finding.repair
    fix = f"download it, then kdoctor fix {shlex.quote(path.rpartition('/')[2])}" if is_remote(path) else f"kdoctor fix {shlex.quote(path)}"
    fix += _aim(target)
    given = {flag for flag, _ in target.given.typed if flag not in OFTEN} if repair is not None else ()
    needs = [need for need in finding.needs if need.flag not in given]  # the others are answered: the repair says so
    if needs:
        asked = [need for need in needs if need.flag.startswith("--")]
        fix += _again(target, {need.flag for need in asked})
        flags = " ".join(f"{need.flag} {_value(need)}".rstrip() for need in asked)
        lacking = "; ".join(f"{need.name}: {need.why}" for need in needs if need not in asked)
        return " · ".join(part for part in (f"{fix} {flags}" if asked else "", f"needs {lacking}" if lacking else "") if part)
    if repair is None:
        return None
    if repair.safety is Safety.ADVICE or not repair.changes:
        return repair.title.replace(" FILE ", f" {shlex.quote(path)} ")
    return f"{fix}{_again(target)}{' --unsafe' if repair.safety is Safety.UNSAFE else ''}   ({repair.title})"


@lru_cache(maxsize=16)
def _aim(target: Target) -> str:
    """What a command is told so that it means the same target: nothing of what it takes for granted."""
    release = "" if target.label == installed_keras() else f" --target {target.label}"
    return release + ("" if target.purpose == INFERENCE else f" --for {target.purpose}")


def _again(target: Target, asked: Collection[str] = ()) -> str:
    """What the user has given already, for the same command once more; ``asked``: flags whose value is asked for anew."""
    kept = [(flag, value) for flag, value in target.given.typed if flag in OFTEN or flag not in asked]
    return "".join(f" {flag} {shlex.quote(value)}" if value else f" {flag}" for flag, value in kept)


def _value(need: Need) -> str:
    """What stands behind the flag; nothing where the flag says all."""
    if not need.name:
        return ""
    return f"{need.name}=…" if need.flag == "--bind" else shlex.quote(need.name) if "…" not in need.name else f"'{need.name}'"


def releaseless(found: Diagnosis, target: Target) -> str:
    """A finding's message without the release, so that releases with the same reason stand together."""
    return found.finding.message.replace(f" of {target}", "").replace(str(target), "it")


def tally(report: Report, after: Report | None = None) -> str:
    """``1 error to cure with your help, 1 cured by `kdoctor fix`, 1 warning``; of errors that were gone ``after`` the repair, whatever cured them."""
    counts: Counter[str] = Counter()
    gone = after is not None and not after.errors
    for found in report.findings:
        if found.severity is Severity.ERROR:
            fate = _fate(found.finding.repair, bool(found.finding.needs))
            counts[ALONG if gone and fate in FATES[:2] else fate] += 1
        else:
            counts[str(found.severity)] += 1
    parts = [f"{counts[fate]} {_errors(counts[fate])} {fate}" for fate in FATES if counts[fate]]
    parts += [
        f"{counts[word]} {word}{'s' if counts[word] > 1 and word == 'warning' else ''}" for word in ("warning", "info") if counts[word]
    ]
    parts += [f"{len(report.failures)} could not be examined"] if report.failures else []
    return ", ".join(parts) or "nothing found"


ALONG = "cured along with the others"
FATES = ("without a cure", "to cure with your help", "cured by `kdoctor fix`", "cured by `kdoctor fix --unsafe`", ALONG)


def _fate(repair: Repair | None, needs: bool) -> str:
    if needs:
        return FATES[1]
    if repair is None or not repair.changes:
        return FATES[0]
    return FATES[3] if repair.safety is Safety.UNSAFE else FATES[2]


def _errors(count: int) -> str:
    return "error" if count == 1 else "errors"


def lost(one: Lost) -> str:
    """An array that did not survive."""
    whose = f" ({one.role} of {one.layer})" if one.layer else f" ({one.role})" if one.role else ""
    shape = "" if one.shape is None else f" {one.dtype} ({', '.join(map(str, one.shape))})"
    return f"{one.path}{shape}{whose}: {one.why}"
