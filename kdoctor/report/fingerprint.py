"""What tells one finding from another over time: stable while the file keeps its path and the layer its name.

Neither the message nor a position among the layers belongs to it: a new release may word it better, a new layer may stand before it.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

from kdoctor.file_report import FileReport, Found

REMOTE = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


def place(one: Found) -> str:
    """The layer's name where there is one, else the pointer."""
    return f"{one.where.part}:{one.where.layer or one.where.pointer}"


def fingerprints(report: FileReport) -> Iterator[tuple[Found, str]]:
    """Each finding that counts with its fingerprint (hexadecimal); findings of one check at one place are numbered."""
    path = shown_path(report.path)
    yield from _numbered(report.findings, f"{path}\0{report.target}")


def _numbered(findings: Iterable[Found], owner: str) -> Iterator[tuple[Found, str]]:
    seen: Counter[str] = Counter()
    for one in findings:
        key = f"{owner}\0{one.code}\0{place(one)}"
        yield one, digest(f"{key}\0{seen[key]}")
        seen[key] += 1


def digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def shown_path(path: str) -> str:
    """The path as a platform knows it: relative to the working folder where it lies in it, with slashes."""
    if REMOTE.match(path):
        return path
    relative = os.path.relpath(path) if os.path.isabs(path) and os.path.splitdrive(path)[0] == os.path.splitdrive(os.getcwd())[0] else path
    return Path(path if relative.startswith("..") else os.path.normpath(relative)).as_posix()


def uri(path: str) -> str:
    """The same as a URI reference; bytes that are no UTF-8 are kept by their numbers."""
    if REMOTE.match(path):
        return quote(os.fsencode(path), safe=":/?#[]@!$&'()*+,;=%~")
    shown = shown_path(path)
    if os.path.isabs(shown):
        return "file://" + quote(os.fsencode(shown if shown.startswith("/") else f"/{shown}"))
    return quote(os.fsencode(shown))
