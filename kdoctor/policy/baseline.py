"""What was found and accepted before, so that only what is new fails: findings with their numbers, in a JSON file.

A finding is known again by file, target, code, place and message. What can run code (K4, K8) is accepted in the very bytes that were
seen and in no others: a file that was changed since is another file.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias

from kdoctor.errors import UsageError
from kdoctor.file_report import FileReport, Found

SCHEMA: Final = "kdoctor-baseline/1"
BOUND: Final = ("K4", "K8")
Key: TypeAlias = tuple[str, ...]
FIELDS: Final = ("path", "target", "code", "where", "message", "sha256")


def key(report: FileReport, found: Found, path: str) -> Key | None:
    """What a finding is known again by; None for one that cannot be accepted."""
    sha256 = ""
    if found.code.startswith(BOUND):
        if report.sha256 is None:
            return None
        sha256 = report.sha256
    where = f"{found.where.part}:{found.where.layer or found.where.pointer}"
    return (path, report.target, found.code, where, found.message, sha256)


class Baseline(NamedTuple):
    """How many findings of each kind are accepted."""

    counts: Mapping[Key, int] = MappingProxyType({})
    source: str = ""

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def read_baseline(path: Path) -> Baseline:
    """Raises `UsageError` for a file that is no baseline."""
    try:
        found = json.loads(path.read_text("utf-8"))
        if found["schema"] != SCHEMA:
            raise ValueError(f"schema {found['schema']!r}")
        counts: Counter[Key] = Counter()
        for one in found["findings"]:
            counts[tuple(str(one[name]) for name in FIELDS)] += int(one["count"])
    except OSError as error:
        raise UsageError(f"--baseline {path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UsageError(f"--baseline {path}: no baseline of kdoctor ({error}); --write-baseline makes one") from error
    return Baseline(counts, str(path))


def rendered(counts: Mapping[Key, int]) -> str:
    """The text of a baseline: sorted, one finding a line, so that changes to it can be read."""
    entries: list[dict[str, Any]] = [{**dict(zip(FIELDS, one, strict=True)), "count": counts[one]} for one in sorted(counts)]
    lines = ",\n".join(f"  {json.dumps(entry)}" for entry in entries)
    return f'{{\n "schema": "{SCHEMA}",\n "findings": [\n{lines}\n ]\n}}\n'
