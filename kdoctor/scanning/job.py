"""What is asked of those who examine, and what they answer: values that travel between processes."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from kdoctor.target import Target

MIB = 2**20


class WorkerLimits(NamedTuple):
    """What one file may cost: wall-clock seconds, and bytes of address space (enforced on POSIX systems; Windows has no such limit)."""

    seconds: float = 60.0
    memory_bytes: int = 2048 * MIB


class Job(NamedTuple):
    """What is the same for every file of a scan."""

    target: Target
    limits: WorkerLimits = WorkerLimits()
    remembers: bool = False  # whether anyone wants to know signature and content
    cache: tuple[Path, str] | None = None  # where a worker may find what was seen before: a file, and the circumstances


class Examined(NamedTuple):
    """What became of one file: the text of its report object (see `kdoctor.report.json`), and whether it was examined without a failure.

    signature: the file's, when it had been examined; content: the digest of what the findings depend on (see `kdoctor.scanning.identity`).
    """

    report: str
    whole: bool
    signature: str | None = None
    content: str | None = None
