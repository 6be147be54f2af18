"""What the outcome of an examination depends on, as short texts: the file as its folder describes it, its content, and everything else."""

from __future__ import annotations

import dataclasses
import functools
import json
import os
import stat
import time
from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kdoctor import __version__
from kdoctor.archive import Place, RemoteFile
from kdoctor.installed import GROUP, packages_with, told_apart
from kdoctor.limits import Limits
from kdoctor.target import Target

if TYPE_CHECKING:
    from kdoctor.document import Document

YOUNG_NS = 100_000_000  # a file changed so shortly ago may change again without its times showing it


def signature(path: Place, now_ns: int | None = None) -> str | None:
    """Tells a file from what it was before, by asking for its status alone: size, times, and number in its file system.

    The time of the last change of status cannot be set by whoever may write the file, as the time of modification can. None for what a
    status does not tell enough of: a folder, a file that is not there, one that was changed a moment ago. A remote file has those of its listing.
    """
    if isinstance(path, RemoteFile):
        return path.signature
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    now = time.time_ns() if now_ns is None else now_ns
    if not stat.S_ISREG(found.st_mode) or now - max(found.st_ctime_ns, found.st_mtime_ns) < YOUNG_NS:
        return None
    return f"{found.st_size}:{found.st_mtime_ns}:{found.st_ctime_ns}:{found.st_ino}"


def content(document: Document) -> str | None:
    """The digest of everything that a check can see: checks are functions of the document, so equal digests have equal findings.

    It covers config, training state, metadata, the members of an archive, the headers of HDF5, the file's name and what is wrong with its
    bytes. None where a part holds what cannot be written down.
    """
    try:
        text = json.dumps([document.format.value, document.digest, dict(document.parts)], default=_plain)
    except (TypeError, ValueError, RecursionError):
        return None
    import hashlib  # which a scan that opens no file does not need

    return hashlib.sha256(text.encode()).hexdigest()


def circumstances(target: Target, limits: Limits) -> str:
    """What is not in the file, in words: kdoctor's own code and facts, the packs of checks, the target and its options, limits."""
    return json.dumps([__version__, [*_code()], _plain(target), limits], default=_said, sort_keys=True)


def _said(value: Any) -> Any:
    """What has no plain form, in Python's words: where they are others in every process, the cache is of no use, but it never lies."""
    try:
        return _plain(value)
    except TypeError:
        return [type(value).__name__, repr(value)]


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = (field.name for field in dataclasses.fields(value))
        return [type(value).__name__, *(_sayable(getattr(value, name)) for name in fields)]
    if isinstance(value, Enum):
        return [type(value).__name__, value.name]
    if isinstance(value, (set, frozenset)):
        return sorted(map(str, value))
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} cannot be written down")


def _sayable(value: Any) -> Any:
    """A mapping with keys that are no texts, as a list."""
    if isinstance(value, Mapping) and not all(isinstance(key, str) for key in value):
        return [[key, inner] for key, inner in value.items()]
    return value


@functools.lru_cache(maxsize=1)
def _code() -> tuple[Any, ...]:
    """What is installed: kdoctor and every pack of checks, each with what tells the list of its files apart, which has a digest of each.

    Of kdoctor in an editable installation no file is in the list: the sources' sizes and times are told instead.
    """
    packs = packages_with(GROUP)
    root = Path(__file__).parents[1]
    edited = [] if any("kdoctor/engine.py" in record for _, record in packs) else [*_sources(root, root.parent / "checks")]
    return (*((name, *told_apart(record)) for name, record in packs), *edited)


def _sources(*folders: Path) -> Iterator[str]:
    for folder in folders:
        for path in sorted(folder.rglob("*.*")):
            if path.suffix in (".py", ".json"):
                found = path.stat()
                yield f"{path.name}:{found.st_size}:{found.st_mtime_ns}\n"
